//! An event that is a Ruby Hash, as AWS's Ruby client hands it over: a serde
//! source that borrows from the Hash's strings.

use std::{cell::Cell, fmt};

use lamby_core::{
    Error,
    event::{Source, diagnose},
};
use magnus::{
    Float, Integer, RArray, RHash, RString, Symbol, Value,
    prelude::*,
    r_hash::ForEach,
    value::{Qfalse, Qtrue},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor, value::MapDeserializer, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use crate::string;

/// Strings that were lent from a Hash, where the garbage collector sees them.
///
/// It finds them because this stands on the stack, and what it finds there it
/// neither frees nor moves. An event's Hash keeps its strings alive, but
/// compaction could move the short ones, whose bytes are inside of the object.
pub struct Pins {
    slots: [Cell<Option<RString>>; Self::SLOTS],
    used: Cell<usize>,
}

impl Pins {
    /// A request of a browser takes some sixty.
    const SLOTS: usize = 256;

    pub const fn new() -> Self {
        Self { slots: [const { Cell::new(None) }; Self::SLOTS], used: Cell::new(0) }
    }

    /// Whether there was room for it.
    fn pin(&self, string: RString) -> bool {
        match self.slots.get(self.used.get()) {
            Some(slot) => {
                slot.set(Some(string));
                self.used.set(self.used.get() + 1);
                true
            }
            None => false,
        }
    }
}

/// An event to be read from a Ruby Hash.
#[derive(Clone, Copy)]
pub struct HashSource<'a> {
    event: Value,
    pins: &'a Pins,
}

impl<'a> HashSource<'a> {
    pub fn new(event: Value, pins: &'a Pins) -> Self {
        Self { event, pins }
    }
}

impl<'a> Source<'a> for HashSource<'a> {
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        if RHash::from_value(self.event).is_none() {
            return Err(Error::NotAnObject { found: class_name(self.event) });
        }
        let node = Node { value: self.event, pins: self.pins };
        T::deserialize(node).map_err(|_| diagnose::<T>(node))
    }
}

/// A value somewhere in the Hash.
///
/// Nothing below allocates a Ruby object or calls a Ruby method, so while the
/// event is read there is no garbage collection.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: Value,
    pins: &'a Pins,
}

impl<'a> Node<'a> {
    fn visit_string<V: Visitor<'a>>(self, string: RString, visitor: V) -> Result<V::Value, ReadError> {
        // SAFETY: no Ruby code runs before the request is done with, so nothing
        // changes the string; it is pinned, or else its bytes are copied at once.
        let bytes = unsafe { string::bytes(string) };
        match self.pins.pin(string) {
            true => visitor.visit_borrowed_bytes(bytes),
            false => visitor.visit_bytes(bytes),
        }
    }

    fn visit_hash<V: Visitor<'a>>(self, hash: RHash, visitor: V) -> Result<V::Value, ReadError> {
        let mut entries = Vec::with_capacity(hash.len());
        let node = |value| Node { value, pins: self.pins };
        hash.foreach(|key: Value, value: Value| {
            entries.push((Key(node(key)), node(value)));
            Ok(ForEach::Continue)
        })
        .map_err(|error| ReadError(error.to_string()))?;
        visitor.visit_map(MapDeserializer::new(entries.into_iter()))
    }

    fn visit_array<V: Visitor<'a>>(self, array: RArray, visitor: V) -> Result<V::Value, ReadError> {
        // SAFETY: no Ruby code runs, so the array stays as it is.
        let items: Vec<_> = unsafe { array.as_slice() }.iter().map(|&value| Node { value, pins: self.pins }).collect();
        visitor.visit_seq(SeqDeserializer::new(items.into_iter()))
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let value = self.value;
        if let Some(string) = RString::from_value(value) {
            self.visit_string(string, visitor)
        } else if value.is_nil() {
            visitor.visit_unit()
        } else if Qtrue::from_value(value).is_some() || Qfalse::from_value(value).is_some() {
            visitor.visit_bool(value.to_bool())
        } else if let Some(hash) = RHash::from_value(value) {
            self.visit_hash(hash, visitor)
        } else if let Some(array) = RArray::from_value(value) {
            self.visit_array(array, visitor)
        } else if let Some(integer) = Integer::from_value(value) {
            let number = integer.to_i64().map_err(|_| ReadError("the number is too large".to_owned()))?;
            visitor.visit_i64(number)
        } else if let Some(float) = Float::from_value(value) {
            visitor.visit_f64(float.to_f64())
        } else if let Some(symbol) = Symbol::from_value(value) {
            let name = symbol.name().map_err(|error| ReadError(error.to_string()))?;
            visitor.visit_str(&name)
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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// The key of a Hash: read as `str`, which is what an error's path is made of.
struct Key<'a>(Node<'a>);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Some(key) = RString::from_value(self.0.value) else { return self.0.deserialize_any(visitor) };
        // SAFETY: as in `visit_string`.
        match str::from_utf8(unsafe { string::bytes(key) }) {
            Ok(text) if self.0.pins.pin(key) => visitor.visit_borrowed_str(text),
            Ok(text) => visitor.visit_str(text),
            Err(_) => self.0.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> de::IntoDeserializer<'a, ReadError> for Key<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'a> de::IntoDeserializer<'a, ReadError> for Node<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Such as "an object of class Array".
fn class_name(value: Value) -> String {
    // SAFETY: the name is copied before anything else happens.
    format!("an object of class {}", unsafe { value.classname() })
}

/// Why a Hash could not be read.
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
