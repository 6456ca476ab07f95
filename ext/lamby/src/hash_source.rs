//! Reads an event that is a Ruby Hash, as AWS's Ruby client parses it. [`HashSource`] is a serde deserializer that
//! borrows from the Hash's Strings.

use std::{cell::Cell, fmt, vec};

use lamby_core::{
    Error,
    event::{EventSource, Source, diagnose},
    memory,
};
use magnus::{
    Float, Integer, RArray, RHash, RString, Symbol, Value,
    prelude::*,
    r_hash::ForEach,
    rb_sys::{AsRawValue as _, FromRawValue as _},
    value::{Qfalse, Qtrue},
};
use rb_sys::rb_gc_guard;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use crate::helpers::describe;

/// Lends an event to `read`, which cannot run Ruby code: see string.rs. Returns the result of `read`, and the String of
/// the event's body, which the caller may want to read again. The body is the last String that is read as bytes.
///
/// `read` reads the event with this module, which makes no Ruby object and calls no method. So no garbage
/// collection runs, and nothing in the Hash is changed, freed or moved until `read` has returned.
pub fn lend<R: Send>(event: Value, read: impl for<'a> FnOnce(HashSource<'a>) -> R + Send) -> (R, Option<RString>) {
    let progress = Progress::default();
    let result = read(HashSource { event, progress: &progress });
    let event = event.as_raw();
    rb_gc_guard!(event);
    (result, progress.last_bytes.get())
}

/// Records what `read` has read of an event.
#[derive(Default)]
struct Progress {
    last_bytes: Cell<Option<RString>>,
    /// Total length of the Strings that were read, in bytes.
    size: Cell<usize>,
}

/// An event that is read from a Ruby Hash.
#[derive(Clone, Copy)]
pub struct HashSource<'a> {
    event: Value,
    progress: &'a Progress,
}

impl HashSource<'_> {
    /// Returns whether `part` begins at the first byte of the String that was last read as bytes.
    pub fn is_in_last_bytes(&self, part: &[u8]) -> bool {
        // SAFETY: nothing changes a string while the event is borrowed.
        self.progress
            .last_bytes
            .get()
            .is_some_and(|string| std::ptr::eq(unsafe { bytes(string) }.as_ptr(), part.as_ptr()))
    }
}

impl<'a> Source<'a> for HashSource<'a> {
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        if RHash::from_value(self.event).is_none() {
            return Err(Error::NotAnObject { found: class_name(self.event), kind: Some(EventSource::Direct) });
        }
        let node = Node { value: self.event, progress: self.progress, depth: 0, keys: Keys::Bytes };
        T::deserialize(node).map_err(|_| diagnose::<T>(Node { keys: Keys::Text, ..node }))
    }

    fn size(&self) -> usize {
        self.progress.size.get()
    }
}

/// Returns a String's bytes.
///
/// # Safety
///
/// Nothing may change the string while its bytes are in use.
#[allow(clippy::disallowed_methods)] // `lend` above explains why nothing changes the string.
unsafe fn bytes<'a>(string: RString) -> &'a [u8] {
    // SAFETY: the caller guarantees that nothing changes the string.
    let bytes = unsafe { string.as_slice() };
    // SAFETY: `as_slice` gives the slice the lifetime of `string`, which is only a local copy of the handle. The bytes
    // live as long as the Ruby String.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) }
}

/// A value somewhere in the Hash.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: Value,
    progress: &'a Progress,
    depth: u8,
    keys: Keys,
}

/// How the keys of Hashes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// As bytes, which need no check for UTF-8.
    Bytes,
    /// As `str` if they are UTF-8. An error message needs `str`, because it shows the path to a field as text.
    Text,
}

/// The deepest nesting that Lamby reads, the same as in serde_json. The limit also stops the reading of a Hash that
/// contains itself.
const DEEPEST: u8 = 127;

impl<'a> Node<'a> {
    fn within(self, value: Value) -> Self {
        Node { value, depth: self.depth + 1, ..self }
    }

    fn check_depth(self) -> Result<(), ReadError> {
        match self.depth < DEEPEST {
            true => Ok(()),
            false => Err(ReadError("it is nested too deep".to_owned())),
        }
    }

    /// Returns the bytes of a String; `None` for another object.
    fn text(self) -> Option<&'a [u8]> {
        // SAFETY: nothing changes a string while the event is borrowed.
        let bytes = unsafe { bytes(RString::from_value(self.value)?) };
        self.progress.size.set(self.progress.size.get().saturating_add(bytes.len()));
        Some(bytes)
    }

    /// Returns a Symbol's name, a String that lives as long as the Symbol.
    #[cold]
    fn symbol_name(self) -> Option<Self> {
        let symbol = Symbol::from_value(self.value)?;
        // SAFETY: the argument is a Symbol, and `rb_sym2str` creates no object.
        let name = unsafe { Value::from_raw(rb_sys::rb_sym2str(symbol.as_raw())) };
        Some(Node { value: name, ..self })
    }

    fn visit_hash<V: Visitor<'a>>(self, hash: RHash, visitor: V) -> Result<V::Value, ReadError> {
        self.check_depth()?;
        let mut entries = memory::with_capacity(hash.len()).map_err(de::Error::custom)?;
        hash.foreach(|key: Value, value: Value| {
            Ok(match memory::push(&mut entries, (key, value)) {
                Ok(()) => ForEach::Continue,
                Err(_) => ForEach::Stop, // This does not happen, because there is room for the whole Hash.
            })
        })
        .map_err(|error| ReadError(error.to_string()))?;
        visitor.visit_map(Entries { rest: entries.into_iter(), value: None, hash: self })
    }

    fn visit_array<V: Visitor<'a>>(self, array: RArray, visitor: V) -> Result<V::Value, ReadError> {
        self.check_depth()?;
        // SAFETY: no Ruby code runs, so the array stays as it is.
        let items = unsafe { array.as_slice() }.iter();
        visitor.visit_seq(SeqDeserializer::new(items.map(|&value| self.within(value))))
    }
}

/// The entries of a Hash, on the heap. The garbage collector does not see them there, but the Hash keeps them
/// alive.
struct Entries<'a> {
    rest: vec::IntoIter<(Value, Value)>,
    value: Option<Value>,
    hash: Node<'a>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Key(self.hash.within(key))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let value = self.value.take().ok_or_else(|| ReadError("a key has no value".to_owned()))?;
        seed.deserialize(self.hash.within(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Converts an Integer of at most 64 bits; returns `None` for a larger one. magnus' conversion would raise an
/// exception, which is a new Ruby object, and this module must not make objects.
fn to_i64(integer: Integer) -> Option<i64> {
    let mut number = 0_i64;
    let flags = rb_sys::INTEGER_PACK_2COMP | rb_sys::INTEGER_PACK_NATIVE_BYTE_ORDER;
    // SAFETY: `number` has room for one word of `size_of::<i64>()` bytes.
    let sign = unsafe {
        let to = std::ptr::from_mut(&mut number).cast();
        rb_sys::rb_integer_pack(integer.as_raw(), to, 1, size_of::<i64>() as _, 0, flags as _)
    };
    // If `sign` is 2 or -2, the number does not fit in 64 bits. If `sign` is 1 or -1, the number fits only if its
    // highest bit agrees with the sign.
    (sign.abs() < 2 && sign.signum() as i64 == number.signum()).then_some(number)
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let value = self.value;
        if let Some(text) = self.text() {
            visitor.visit_borrowed_bytes(text)
        } else if value.is_nil() {
            visitor.visit_unit()
        } else if Qtrue::from_value(value).is_some() || Qfalse::from_value(value).is_some() {
            visitor.visit_bool(value.to_bool())
        } else if let Some(hash) = RHash::from_value(value) {
            self.visit_hash(hash, visitor)
        } else if let Some(array) = RArray::from_value(value) {
            self.visit_array(array, visitor)
        } else if let Some(integer) = Integer::from_value(value) {
            visitor.visit_i64(to_i64(integer).ok_or_else(|| ReadError("the number is too large".to_owned()))?)
        } else if let Some(float) = Float::from_value(value) {
            visitor.visit_f64(float.to_f64())
        } else if let Some(name) = self.symbol_name() {
            Key(name).deserialize_any(visitor)
        } else {
            Err(ReadError(format!("there is {}", class_name(value))))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.value.is_nil() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.progress.last_bytes.set(RString::from_value(self.value));
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// The key of a Hash.
struct Key<'a>(Node<'a>);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.0.keys == Keys::Text
            && let Some(Ok(text)) = self.0.text().map(str::from_utf8)
        {
            return visitor.visit_borrowed_str(text);
        }
        // A Symbol is read as its name.
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> de::IntoDeserializer<'a, ReadError> for Node<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Describes an object by its class, for example "an object of class Array".
fn class_name(value: Value) -> String {
    match describe::class_name(value) {
        Some(name) => format!("an object of class {name}"),
        None => "an object of an anonymous class".to_owned(),
    }
}

/// The reason why a Hash could not be read.
#[derive(Debug)]
struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
