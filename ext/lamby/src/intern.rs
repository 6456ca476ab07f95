//! Frozen, shared Strings and Symbols. If their text is known at compile time, they are created once, when Ruby loads
//! the library.

use std::sync::OnceLock;

use lamby_core::{
    Integration,
    env::{Constant, Variable},
    request::headers::Header,
    response::PayloadKey,
};
use magnus::{
    RString, Ruby,
    rb_sys::{AsRawValue as _, FromRawValue as _},
    value::{Opaque, StaticSymbol},
};
use rb_sys::VALUE;

/// Objects that live as long as the process. The garbage collector never moves them.
pub struct Table {
    variables: Vec<VALUE>,
    headers: Vec<VALUE>,
    constants: Vec<VALUE>,
    integrations: Vec<Opaque<StaticSymbol>>,
    own: Vec<Opaque<RString>>,
    payload: Vec<Opaque<StaticSymbol>>,
    empty: Opaque<RString>,
}

static TABLE: OnceLock<Table> = OnceLock::new();

/// Creates the table.
pub fn init(ruby: &Ruby) {
    let intern = |text: &str| {
        let string = string(ruby, binary(text.as_bytes()));
        ruby.gc_register_mark_object(string);
        string
    };
    TABLE.get_or_init(|| Table {
        variables: Variable::ALL.iter().map(|it| intern(it.as_str()).as_raw()).collect(),
        headers: Header::ALL.iter().map(|it| intern(it.rack_key()).as_raw()).collect(),
        constants: Constant::ALL.iter().map(|it| intern(it.as_str()).as_raw()).collect(),
        integrations: Integration::ALL.iter().map(|it| ruby.sym_new(it.name()).into()).collect(),
        own: OWN_KEYS.iter().map(|it| intern(it).into()).collect(),
        payload: PayloadKey::ALL.iter().map(|it| ruby.sym_new(it.name()).into()).collect(),
        empty: intern("").into(),
    });
}

pub fn table() -> &'static Table {
    TABLE.get().expect("init runs before Ruby can call this library")
}

/// Each method returns a frozen, binary String.
impl Table {
    pub fn variable(&self, it: Variable) -> VALUE {
        self.variables[it as usize]
    }

    pub fn header(&self, it: Header) -> VALUE {
        self.headers[it as usize]
    }

    pub fn constant(&self, it: Constant) -> VALUE {
        self.constants[it as usize]
    }
}

/// The keys whose values in an env are Ruby objects, not bytes of the event.
pub const OWN_KEYS: [&str; 6] =
    ["rack.input", "rack.errors", "rack.response_finished", "rack.after_reply", "lambda.event", "lambda.context"];

/// Returns the Strings of [`OWN_KEYS`], in the same order.
pub fn own_keys(ruby: &Ruby) -> [RString; OWN_KEYS.len()] {
    std::array::from_fn(|index| ruby.get_inner(table().own[index]))
}

/// Returns the Symbol for a key of a payload.
pub fn payload_key(ruby: &Ruby, key: PayloadKey) -> VALUE {
    ruby.get_inner(table().payload[key as usize]).as_raw()
}

/// Returns an empty String that is frozen and binary.
pub fn empty(ruby: &Ruby) -> RString {
    ruby.get_inner(table().empty)
}

/// Returns the Symbol that names an integration.
pub fn symbol(ruby: &Ruby, integration: Integration) -> StaticSymbol {
    ruby.get_inner(table().integrations[integration as usize])
}

/// Returns the integration that a Symbol names, or `None` if there is no such integration.
pub fn integration(ruby: &Ruby, symbol: StaticSymbol) -> Option<Integration> {
    let same = |it: &Opaque<StaticSymbol>| ruby.get_inner(*it).as_raw() == symbol.as_raw();
    let index = table().integrations.iter().position(same)?;
    Integration::ALL.get(index).copied()
}

/// Returns Ruby's interned String of these bytes, which is frozen and binary. Ruby may raise an exception by `longjmp`:
/// see protected.rs.
pub fn binary(bytes: &[u8]) -> VALUE {
    // SAFETY: `rb_ascii8bit_encoding` returns one of Ruby's encodings.
    unsafe { interned(bytes, rb_sys::rb_ascii8bit_encoding()) }
}

/// Returns Ruby's interned String of these bytes in UTF-8. Use it for names of response headers, because most responses
/// have the same few names.
pub fn utf8(bytes: &[u8]) -> VALUE {
    // SAFETY: `rb_utf8_encoding` returns one of Ruby's encodings.
    unsafe { interned(bytes, rb_sys::rb_utf8_encoding()) }
}

/// Returns Ruby's interned String of these bytes in an encoding.
///
/// # Safety
///
/// `encoding` must point to one of Ruby's encodings.
unsafe fn interned(bytes: &[u8], encoding: *mut rb_sys::rb_encoding) -> VALUE {
    // The pointer of an empty slice points to no memory, and Ruby would read from it.
    let pointer = if bytes.is_empty() { c"".as_ptr() } else { bytes.as_ptr().cast() };
    // SAFETY: the pointer is valid for this many bytes. The caller guarantees that `encoding` is valid.
    unsafe { rb_sys::rb_enc_interned_str(pointer, bytes.len() as _, encoding) }
}

fn string(ruby: &Ruby, value: VALUE) -> RString {
    // SAFETY: Ruby has just returned the value, so it is alive.
    let string = RString::from_value(unsafe { magnus::Value::from_raw(value) });
    string.unwrap_or_else(|| ruby.str_new(""))
}
