//! Copies the pairs of a Rack env from an event's bytes, and makes a Ruby Hash of them.

use std::{cell::Cell, mem};

use lamby_core::{
    Error as CoreError,
    env::{Key, Sink, Value as EnvValue},
    memory,
};
use magnus::{Error, RHash, RString, Ruby, Value, rb_sys::AsRawValue as _};
use rb_sys::VALUE;

use crate::{
    env_keys::{Keys, Name},
    intern::{self, Table},
    pair_buffer::PairBuffer,
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
    keys: Keys,
    /// The value of each key.
    values: Vec<Text>,
    /// The bytes of the values that are not in [`Table`], one after another.
    bytes: Vec<u8>,
}

/// A value.
#[derive(Clone, Copy)]
enum Text {
    /// A String of [`Table`], which lives as long as the process.
    Known(VALUE),
    /// Bytes in [`Stored::bytes`], which follow the bytes of the previous value. The field is the number of bytes.
    Bytes(usize),
    /// The same String as the value of the previous pair.
    Same,
}

// Each event needs a `Stored` only for a short time. A thread keeps one `Stored` and uses it again for the next event.
thread_local! {
    static SPARE: Cell<Stored> = Cell::default();
}

/// Maximum size, in bytes, of each of the vectors in the [`Stored`] that a thread keeps.
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
    fn grow(&mut self, name: usize, value: usize) {
        if self.error.is_none() {
            let Stored { keys, values, bytes } = &mut self.stored;
            let reserved = memory::reserve(&mut keys.names, 1)
                .and_then(|()| memory::reserve(&mut keys.bytes, name))
                .and_then(|()| memory::reserve(values, 1))
                .and_then(|()| memory::reserve(bytes, value));
            self.error = reserved.err();
        }
    }

    /// Returns an env: a copy of `template`, with the pairs and `objects`.
    pub fn to_env(&self, ruby: &Ruby, template: RHash, objects: &[(RString, Value)]) -> Result<RHash, Error> {
        if self.stored.values.len() + objects.len() > PairBuffer::PAIRS {
            return self.insert_into(template, objects);
        }
        if let Some(with_keys) = self.stored.keys.find(ruby, template)? {
            return self.fill(with_keys, template.len(), objects);
        }
        let env = self.insert_into(template, objects)?;
        self.stored.keys.keep(ruby, template, env, objects.len())?;
        Ok(env)
    }

    /// Returns a copy of `with_keys`, whose pairs after the first `skip` get these values.
    fn fill(&self, with_keys: RHash, skip: usize, objects: &[(RString, Value)]) -> Result<RHash, Error> {
        protected::copied_hash(with_keys, |env| {
            let mut values = [protected::NIL; PairBuffer::PAIRS];
            let objects = objects.iter().map(|(_, object)| object.as_raw());
            for (to, value) in values.iter_mut().zip(self.stored.values().chain(objects)) {
                *to = value;
            }
            protected::replace_values(env, skip, &values);
        })
    }

    /// Returns a copy of `template`, into which the pairs and `objects` are inserted.
    fn insert_into(&self, template: RHash, objects: &[(RString, Value)]) -> Result<RHash, Error> {
        // Nothing in this closure has a destructor, because an exception leaves the closure by `longjmp`, which runs no
        // destructors. Ruby may raise NoMemoryError, and an application that replaces `String#hash` or `String#eql?`
        // may raise anything.
        protected::copied_hash(template, |env| {
            let mut buffer = PairBuffer::new(env);
            for (name, value) in self.stored.keys.strings().zip(self.stored.values()) {
                buffer.insert(name, value);
            }
            for (key, object) in objects {
                buffer.insert(key.as_raw(), object.as_raw());
            }
            buffer.flush();
        })
    }
}

impl Stored {
    /// Makes the values. Ruby may raise NoMemoryError by `longjmp`.
    fn values(&self) -> impl Iterator<Item = VALUE> {
        let mut rest = &*self.bytes;
        let mut previous = protected::NIL;
        self.values.iter().map(move |value| {
            previous = match *value {
                Text::Known(value) => value,
                Text::Bytes(length) => {
                    let (bytes, after) = rest.split_at_checked(length).unwrap_or_default();
                    rest = after;
                    protected::binary(bytes)
                }
                Text::Same => previous,
            };
            previous
        })
    }
}

impl Drop for Pairs {
    fn drop(&mut self) {
        let mut stored = mem::take(&mut self.stored);
        stored.keys.clear();
        stored.values.clear();
        stored.bytes.clear();
        if stored.keys.size().max(stored.bytes.capacity()) <= MOST_KEPT {
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
        let Stored { keys, values, bytes: all } = &mut self.stored;
        if keys.names.capacity() == keys.names.len()
            || keys.bytes.capacity() - keys.bytes.len() < name.len()
            || values.capacity() == values.len()
            || all.capacity() - all.len() < bytes.len()
        {
            self.grow(name.len(), bytes.len());
        }
        if self.error.is_some() {
            return;
        }
        let Stored { keys, values, bytes: all } = &mut self.stored;
        match key {
            Key::Variable(it) => keys.push(Name::Known(self.table.variable(it)), b""),
            Key::Header(it) => keys.push(Name::Known(self.table.header(it)), b""),
            Key::Other(_) => keys.push(Name::Bytes(name.len()), name),
        }
        values.push(match value {
            EnvValue::Constant(it) => Text::Known(self.table.constant(it)),
            EnvValue::Bytes(_) => Text::Bytes(bytes.len()),
        });
        all.extend_from_slice(bytes);
    }

    // Both keys get the same String object as their value, as in Puma.
    fn put_both(&mut self, [first, second]: [Key<'_>; 2], value: EnvValue<'_>) {
        self.put(first, value);
        self.put(second, EnvValue::Bytes(b""));
        if let Some(value) = self.stored.values.last_mut() {
            *value = Text::Same;
        }
    }
}
