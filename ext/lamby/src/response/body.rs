//! The body of a Rack response.

use lamby_core::{Error as CoreError, memory, response::Head};
use magnus::{RArray, RString, Ruby, Value, prelude::*, rb_sys::AsRawValue as _};

use super::invalid;
use crate::{error::NativeError, string};

/// A response's body. Its bytes are in one String, or were copied from several Strings.
pub enum Body {
    /// One String. Lamby does not copy it, because it may be several megabytes long.
    Lent(RString),
    /// The bytes of several Strings, joined.
    Joined(Vec<u8>),
}

impl Body {
    /// Reads a String, or an Array of Strings. Before it joins several Strings, it calls `check` with their total
    /// length.
    pub fn new(
        ruby: &Ruby,
        body: Value,
        check: impl FnOnce(usize) -> Result<(), CoreError>,
    ) -> Result<Self, NativeError> {
        if let Some(string) = RString::from_value(body) {
            return Ok(Self::Lent(string));
        }
        let invalid = |chunk| invalid(ruby, "body", chunk, "one that yields Strings");
        let Some(chunks) = RArray::from_value(body) else { return Err(invalid(body)) };
        let mut length = 0_usize;
        for index in 0..chunks.len() {
            let chunk: Value = chunks.entry(index as isize)?;
            match RString::from_value(chunk) {
                Some(only) if chunks.len() == 1 => return Ok(Self::Lent(only)),
                // All elements may be the same String, so the total length may exceed the size of the memory.
                Some(chunk) => length = length.saturating_add(chunk.len()),
                None if chunk.is_nil() => {}
                None => return Err(invalid(chunk)),
            }
        }
        check(length)?;
        // The Strings may have different encodings. Only their bytes are sent.
        let mut bytes = memory::with_capacity(length)?;
        for index in 0..chunks.len() {
            if let Some(chunk) = RString::from_value(chunks.entry(index as isize)?) {
                string::lend(chunk, |chunk| memory::extend(&mut bytes, chunk))?;
            }
        }
        Ok(Self::Joined(bytes))
    }

    /// Decodes the body if the application itself encoded it in chunks (`Transfer-Encoding: chunked`).
    pub fn without_frames(self, head: &Head<'_>) -> Result<Self, NativeError> {
        let content = self.lend(|bytes| head.content(bytes))?;
        Ok(content.map_or(self, Self::Joined))
    }

    /// Lends the body's bytes to `read`.
    pub fn lend<R: Send>(&self, read: impl FnOnce(&[u8]) -> R + Send) -> R {
        match self {
            Self::Lent(string) => string::lend(*string, read),
            Self::Joined(bytes) => read(bytes),
        }
    }

    /// Returns the String itself if the payload can share its bytes. An instance of a subclass must be copied, because
    /// the payload must contain a plain String. Compares classes by identity, because the application may define `==`.
    pub fn string(&self, ruby: &Ruby) -> Option<RString> {
        match self {
            Self::Lent(string) if string.class().as_raw() == ruby.class_string().as_raw() => Some(*string),
            _ => None,
        }
    }
}
