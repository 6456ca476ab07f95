//! Frozen, shared strings and symbols: those known beforehand are made once, at load.

use std::sync::OnceLock;

use lamby_core::{
    Integration,
    env::{Constant, Key, Value as EnvValue, Variable},
    header::Header,
};
use magnus::{
    RString, Ruby,
    rb_sys::{AsRawValue as _, FromRawValue as _},
    value::{Opaque, StaticSymbol},
};
use rb_sys::VALUE;

struct Table {
    variables: Vec<Opaque<RString>>,
    headers: Vec<Opaque<RString>>,
    constants: Vec<Opaque<RString>>,
    integrations: Vec<Opaque<StaticSymbol>>,
    own: Vec<Opaque<RString>>,
    payload: Vec<Opaque<StaticSymbol>>,
    empty: Opaque<RString>,
}

static TABLE: OnceLock<Table> = OnceLock::new();

/// Makes the table.
pub fn init(ruby: &Ruby) {
    let intern = |text: &str| {
        let string = interned(ruby, text.as_bytes());
        ruby.gc_register_mark_object(string);
        Opaque::from(string)
    };
    TABLE.get_or_init(|| Table {
        variables: Variable::ALL.iter().map(|it| intern(it.as_str())).collect(),
        headers: Header::ALL.iter().map(|it| intern(it.rack_key())).collect(),
        constants: Constant::ALL.iter().map(|it| intern(it.as_str())).collect(),
        integrations: Integration::ALL.iter().map(|it| ruby.sym_new(it.name()).into()).collect(),
        own: OWN_KEYS.iter().map(|it| intern(it)).collect(),
        payload: PAYLOAD_KEYS.iter().map(|it| ruby.sym_new(*it).into()).collect(),
        empty: intern(""),
    });
}

fn table() -> &'static Table {
    TABLE.get().expect("init has run: Ruby calls nothing of this library before")
}

/// The env's key, interned.
pub fn key(ruby: &Ruby, key: Key<'_>) -> RString {
    match key {
        Key::Variable(it) => ruby.get_inner(table().variables[it as usize]),
        Key::Header(it) => ruby.get_inner(table().headers[it as usize]),
        Key::Other(name) => interned(ruby, name),
    }
}

/// The env's value: shared where it is one of a fixed few, else a string of its own.
pub fn value(ruby: &Ruby, value: EnvValue<'_>) -> RString {
    match value {
        EnvValue::Constant(it) => ruby.get_inner(table().constants[it as usize]),
        EnvValue::Bytes(bytes) => ruby.str_from_slice(bytes),
    }
}

/// Keys whose values are Ruby objects, of this gem and of the Rack SPEC.
pub const OWN_KEYS: [&str; 6] =
    ["rack.input", "rack.errors", "rack.response_finished", "rack.after_reply", "lambda.event", "lambda.context"];

/// A key of [`OWN_KEYS`], by its place there.
pub fn own_keys(ruby: &Ruby) -> [RString; OWN_KEYS.len()] {
    std::array::from_fn(|index| ruby.get_inner(table().own[index]))
}

/// A key of a payload that is a Hash.
#[derive(Clone, Copy)]
pub enum PayloadKey {
    StatusCode,
    StatusDescription,
    Headers,
    MultiValueHeaders,
    Cookies,
    IsBase64Encoded,
    Body,
}

/// In the order of [`PayloadKey`].
const PAYLOAD_KEYS: [&str; 7] =
    ["statusCode", "statusDescription", "headers", "multiValueHeaders", "cookies", "isBase64Encoded", "body"];

/// The symbol of a payload's key.
pub fn payload_key(ruby: &Ruby, key: PayloadKey) -> VALUE {
    ruby.get_inner(table().payload[key as usize]).as_raw()
}

/// A header's name in a response: the same few come again and again.
pub fn name(ruby: &Ruby, name: &[u8]) -> RString {
    intern(ruby, name, Encoding::Utf8)
}

/// The empty string, frozen and binary.
pub fn empty(ruby: &Ruby) -> RString {
    ruby.get_inner(table().empty)
}

/// The symbol of an integration.
pub fn symbol(ruby: &Ruby, integration: Integration) -> StaticSymbol {
    ruby.get_inner(table().integrations[integration as usize])
}

/// The integration of a [`symbol`].
pub fn integration(ruby: &Ruby, symbol: StaticSymbol) -> Option<Integration> {
    let same = |it: &Opaque<StaticSymbol>| ruby.get_inner(*it).as_raw() == symbol.as_raw();
    let index = table().integrations.iter().position(same)?;
    Integration::ALL.get(index).copied()
}

/// The string of those bytes that Ruby keeps once, frozen and binary.
fn interned(ruby: &Ruby, bytes: &[u8]) -> RString {
    intern(ruby, bytes, Encoding::Binary)
}

enum Encoding {
    Binary,
    Utf8,
}

fn intern(ruby: &Ruby, bytes: &[u8], encoding: Encoding) -> RString {
    // An empty slice's pointer dangles, and Ruby would read through it.
    let pointer = if bytes.is_empty() { c"".as_ptr() } else { bytes.as_ptr().cast() };
    // SAFETY: the pointer is valid for `bytes.len()` bytes, which are few, so the
    // length fits; the encoding is a built-in one, so nothing is raised. The
    // result is a String.
    let string = unsafe {
        let encoding = match encoding {
            Encoding::Binary => rb_sys::rb_ascii8bit_encoding(),
            Encoding::Utf8 => rb_sys::rb_utf8_encoding(),
        };
        magnus::Value::from_raw(rb_sys::rb_enc_interned_str(pointer, bytes.len() as _, encoding))
    };
    RString::from_value(string).unwrap_or_else(|| ruby.str_from_slice(bytes))
}
