//! Copies the pairs of a Rack env from an event's bytes, and makes a Ruby Hash of them.

use std::{cell::Cell, mem};

use lamby_core::{
    Error as CoreError,
    env::{Key, Sink, Value as EnvValue},
    memory,
};
use magnus::{Error, RHash, RString, Value, rb_sys::AsRawValue as _};
use rb_sys::VALUE;

use crate::{
    intern::{self, Table},
    protected,
};

/// The pairs of an env, copied from the event, because no Ruby object may be created while the event's bytes are
/// lent.
pub struct Pairs {
    table: &'static Table,
    stored: Stored,
    error: Option<CoreError>,
}

#[derive(Default)]
struct Stored {
    pairs: Vec<(Text, Text)>,
    /// The bytes of the names and values that are not in [`Table`], one after another.
    bytes: Vec<u8>,
}

/// A name or a value.
#[derive(Clone, Copy)]
enum Text {
    /// A String of [`Table`], which lives as long as the process.
    Known(VALUE),
    /// Bytes in [`Stored::bytes`], which follow the bytes of the previous name or value. The field is the number of
    /// bytes.
    Bytes(usize),
    /// The same String as the value of the previous pair.
    Same,
}

// Each event needs a `Stored` only for a short time. A thread keeps one `Stored` and uses it again for the next event.
thread_local! {
    static SPARE: Cell<Stored> = Cell::default();
}

/// Maximum size, in bytes, of each of the two vectors in the [`Stored`] that a thread keeps.
const MOST_KEPT: usize = 64 * 1024;

impl Pairs {
    pub fn new() -> Self {
        Self { table: intern::table(), stored: SPARE.take(), error: None }
    }

    /// Returns an error if there was no memory for a pair.
    pub fn check(&mut self) -> Result<(), CoreError> {
        self.error.take().map_or(Ok(()), Err)
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        if self.error.is_none() {
            let Stored { pairs, bytes: all } = &mut self.stored;
            self.error = memory::reserve(pairs, 1).and_then(|()| memory::reserve(all, bytes)).err();
        }
    }

    /// Returns an env: a copy of `template`, with the pairs and `objects`.
    pub fn to_env(&self, template: RHash, objects: &[(RString, Value)]) -> Result<RHash, Error> {
        // Nothing in this closure has a destructor, because an exception leaves the closure by `longjmp`, which runs no
        // destructors. Ruby may raise NoMemoryError, and an application that replaces `String#hash` or `String#eql?`
        // may raise anything.
        protected::copied_hash(template, |env| {
            let mut buffer = Buffer { hash: env, values: [protected::NIL; BUFFER], used: 0, flushed: false };
            let mut rest = &*self.stored.bytes;
            let mut take = |length| {
                let (bytes, after) = rest.split_at_checked(length).unwrap_or_default();
                rest = after;
                bytes
            };
            let mut previous = protected::NIL;
            for &(name, value) in &self.stored.pairs {
                let name = match name {
                    Text::Known(name) => name,
                    Text::Bytes(length) => intern::binary(take(length)),
                    Text::Same => previous,
                };
                let value = match value {
                    Text::Known(value) => value,
                    Text::Bytes(length) => protected::binary(take(length)),
                    Text::Same => previous,
                };
                buffer.insert(name, value);
                previous = value;
            }
            for (key, object) in objects {
                buffer.insert(key.as_raw(), object.as_raw());
            }
            buffer.flush();
        })
    }
}

impl Drop for Pairs {
    fn drop(&mut self) {
        let mut stored = mem::take(&mut self.stored);
        stored.pairs.clear();
        stored.bytes.clear();
        if stored.bytes.capacity() <= MOST_KEPT && stored.pairs.capacity() <= MOST_KEPT / size_of::<(Text, Text)>() {
            SPARE.set(stored);
        }
    }
}

impl Sink for Pairs {
    // The core calls this method about thirty times for each event. The method reserves the memory for the whole pair
    // first, so that it cannot run out of memory after half of the pair.
    #[inline]
    fn put(&mut self, key: Key<'_>, value: EnvValue<'_>) {
        let name = if let Key::Other(name) = key { name } else { b"" };
        let bytes = if let EnvValue::Bytes(bytes) = value { bytes } else { b"" };
        let length = name.len() + bytes.len(); // Both slices are in memory, so the sum cannot overflow.
        if self.stored.pairs.capacity() == self.stored.pairs.len()
            || self.stored.bytes.capacity() - self.stored.bytes.len() < length
        {
            self.grow(length);
        }
        if self.error.is_some() {
            return;
        }
        let key = match key {
            Key::Variable(it) => Text::Known(self.table.variable(it)),
            Key::Header(it) => Text::Known(self.table.header(it)),
            Key::Other(_) => Text::Bytes(name.len()),
        };
        let value = match value {
            EnvValue::Constant(it) => Text::Known(self.table.constant(it)),
            EnvValue::Bytes(_) => Text::Bytes(bytes.len()),
        };
        if !name.is_empty() {
            self.stored.bytes.extend_from_slice(name);
        }
        self.stored.bytes.extend_from_slice(bytes);
        self.stored.pairs.push((key, value));
    }

    // Both keys get the same String object as their value, as in Puma.
    fn put_both(&mut self, [first, second]: [Key<'_>; 2], value: EnvValue<'_>) {
        self.put(first, value);
        self.put(second, EnvValue::Bytes(b""));
        if let Some((_, value)) = self.stored.pairs.last_mut() {
            *value = Text::Same;
        }
    }
}

/// Number of Ruby objects in the buffer: the keys and the values of 64 pairs. A browser's request has fewer pairs, so
/// one insertion is enough.
const BUFFER: usize = 128;

/// Keys and values, on the stack, where the garbage collector sees them.
struct Buffer {
    hash: VALUE,
    values: [VALUE; BUFFER],
    used: usize,
    /// Whether the bulk insertion has been done.
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
            // Each bulk insertion indexes the whole Hash again. A client decides how many headers it sends, and many
            // bulk insertions would take quadratic time in the number of headers. Inserting pair by pair is slower than
            // one bulk insertion, but faster than many bulk insertions.
            for pair in self.values[..self.used].chunks_exact(2) {
                protected::set(self.hash, pair[0], pair[1]);
            }
        } else {
            // SAFETY: `self.hash` is a Hash, and `self.values` holds `self.used` values. `Pairs::to_env` catches
            // exceptions.
            unsafe { rb_sys::rb_hash_bulk_insert(self.used as _, self.values.as_ptr(), self.hash) };
        }
        self.flushed = true;
        self.used = 0;
    }
}
