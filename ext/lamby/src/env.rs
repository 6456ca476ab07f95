//! A Rack env's pairs, on their way from an event's bytes to a Ruby Hash.

use lamby_core::{
    Error as CoreError,
    env::{Constant, Key, Sink, Value as EnvValue, Variable},
    header::Header,
    memory,
};
use magnus::{
    Error, RArray, RHash, RString, Ruby, Value,
    rb_sys::{AsRawValue as _, protect},
};
use rb_sys::VALUE;

use crate::{intern, protected};

/// The pairs of an env, copied out of the event: as long as an event's bytes are lent, no Ruby
/// object can be made.
pub struct Pairs {
    pairs: Vec<(Name, Content)>,
    /// The bytes of names and values, one after another.
    bytes: Vec<u8>,
    error: Option<CoreError>,
}

/// A key; `Other` has a length in [`Pairs::bytes`].
#[derive(Clone, Copy)]
enum Name {
    Variable(Variable),
    Header(Header),
    Other(usize),
}

/// A value; `Bytes` has a length in [`Pairs::bytes`].
#[derive(Clone, Copy)]
enum Content {
    /// The object that is the value of the pair before.
    Same,
    Constant(Constant),
    Bytes(usize),
}

/// Enough for the request of a browser.
const USUAL_PAIRS: usize = 64;
const USUAL_BYTES: usize = 4096;

impl Pairs {
    pub fn new() -> Self {
        Self { pairs: Vec::with_capacity(USUAL_PAIRS), bytes: Vec::with_capacity(USUAL_BYTES), error: None }
    }

    /// Reports a pair that there was no memory for.
    pub fn check(&mut self) -> Result<(), CoreError> {
        self.error.take().map_or(Ok(()), Err)
    }

    fn push(&mut self, key: Key<'_>, value: EnvValue<'_>) -> Result<(), CoreError> {
        let name = match key {
            Key::Variable(it) => Name::Variable(it),
            Key::Header(it) => Name::Header(it),
            Key::Other(name) => {
                memory::extend(&mut self.bytes, name)?;
                Name::Other(name.len())
            }
        };
        let content = match value {
            EnvValue::Constant(it) => Content::Constant(it),
            EnvValue::Bytes(bytes) => {
                memory::extend(&mut self.bytes, bytes)?;
                Content::Bytes(bytes.len())
            }
        };
        memory::push(&mut self.pairs, (name, content))
    }

    /// Puts the pairs into a Hash; then `objects`, and then `more`, an Array of keys and values.
    /// All in bulk, so that the Hash grows once.
    pub fn insert(&self, ruby: &Ruby, hash: RHash, objects: &[(RString, Value)], more: RArray) -> Result<(), Error> {
        // Nothing in here has a destructor: what is raised leaves by a jump. NoMemoryError and
        // FrozenError are; others would come from an application's own `Hash#hash`, `String#eql?`, ….
        protect(|| {
            let mut buffer =
                Buffer { hash: hash.as_raw(), values: [rb_sys::Qnil as VALUE; BUFFER], used: 0, flushed: false };
            let mut rest = &*self.bytes;
            let mut take = |length| {
                let (bytes, after) = rest.split_at_checked(length).unwrap_or_default();
                rest = after;
                bytes
            };
            let mut previous = rb_sys::Qnil as VALUE;
            for &(name, content) in &self.pairs {
                let key = match name {
                    Name::Variable(it) => intern::key(ruby, Key::Variable(it)),
                    Name::Header(it) => intern::key(ruby, Key::Header(it)),
                    Name::Other(length) => intern::key(ruby, Key::Other(take(length))),
                };
                let value = match content {
                    Content::Same => previous,
                    Content::Constant(it) => intern::value(ruby, EnvValue::Constant(it)).as_raw(),
                    Content::Bytes(length) => intern::value(ruby, EnvValue::Bytes(take(length))).as_raw(),
                };
                buffer.insert(key.as_raw(), value);
                previous = value;
            }
            for (key, object) in objects {
                buffer.insert(key.as_raw(), object.as_raw());
            }
            let more = more.as_raw();
            // SAFETY: it is an Array; where it ends, `rb_ary_entry` returns nil.
            let (length, entry) = unsafe { (rb_sys::RARRAY_LEN(more), |at| rb_sys::rb_ary_entry(more, at)) };
            for at in (0..length - 1).step_by(2) {
                buffer.insert(entry(at), entry(at + 1));
            }
            buffer.flush();
            hash.as_raw()
        })?;
        Ok(())
    }
}

impl Sink for Pairs {
    fn put(&mut self, key: Key<'_>, value: EnvValue<'_>) {
        if self.error.is_none() {
            self.error = self.push(key, value).err();
        }
    }

    // One object for both, as Puma has it.
    fn put_both(&mut self, [first, second]: [Key<'_>; 2], value: EnvValue<'_>) {
        self.put(first, value);
        self.put(second, EnvValue::Bytes(b""));
        if let Some((_, content)) = self.pairs.last_mut() {
            *content = Content::Same;
        }
    }
}

/// 64 pairs, which is more than a browser's request has: one insertion does.
const BUFFER: usize = 128;

/// Keys and values, on the stack, where the garbage collector sees them.
struct Buffer {
    hash: VALUE,
    values: [VALUE; BUFFER],
    used: usize,
    /// Whether the Hash has the first pairs already.
    flushed: bool,
}

impl Buffer {
    fn insert(&mut self, key: VALUE, value: VALUE) {
        self.values[self.used] = key;
        self.values[self.used + 1] = value;
        self.used += 2;
        if self.used == BUFFER {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.flushed {
            // A bulk insertion indexes the whole Hash again: one after another, they would take time
            // in the square of a client's headers. Pair by pair is slower than one, and faster than many.
            for pair in self.values[..self.used].chunks_exact(2) {
                protected::set(self.hash, pair[0], pair[1]);
            }
        } else {
            // SAFETY: it is a Hash, and so many values are there. `Pairs::insert` catches what is raised.
            unsafe { rb_sys::rb_hash_bulk_insert(self.used as _, self.values.as_ptr(), self.hash) };
        }
        self.flushed = true;
        self.used = 0;
    }
}
