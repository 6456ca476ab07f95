//! Where an event comes from: JSON bytes here, a Ruby Hash in the binding.
//! One schema serves both, so each quirk of a payload is handled once.

use serde::{Deserialize, Deserializer};
use serde_path_to_error::Segment;

use crate::{Error, memory};

/// Something that an [`Event`](super::Event) can be read from.
pub trait Source<'a> {
    /// Reads `T` in one pass, borrowing from the source.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnObject`], [`Error::InvalidEvent`], [`Error::OutOfMemory`].
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error>;

    /// Bytes of all that was read, or a few more.
    fn size(&self) -> usize;
}

/// An event as JSON bytes, as the Runtime API delivers it.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(pub &'a [u8]);

/// Bytes of an event with a body that is not worth a second thought.
const SMALL: usize = 64 * 1024;

impl<'a> Source<'a> for Json<'a> {
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        // serde would take an array for a struct's fields in their order.
        match self.0.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => {}
            found => return Err(Error::NotAnObject { found: describe(found).to_owned() }),
        }
        // A text with escapes is put together in a buffer that doubles as it grows.
        memory::check(self.0.len(), 2)?;
        // Checked for UTF-8 once instead of string by string, reading takes a sixth less
        // time; of megabytes, whose body is read as bytes, it would take more.
        let text = if self.0.len() <= SMALL { str::from_utf8(self.0).ok() } else { None };
        let read = match text {
            Some(text) => serde_json::from_str(text),
            None => serde_json::from_slice(self.0),
        };
        read.map_err(|_| diagnose::<T>(&mut serde_json::Deserializer::from_slice(self.0)))
    }

    fn size(&self) -> usize {
        self.0.len()
    }
}

/// The error of a source that could not be read as `T`: read again for the error
/// alone, as only then it is worth knowing the field.
pub fn diagnose<'a, T: Deserialize<'a>>(source: impl Deserializer<'a>) -> Error {
    match serde_path_to_error::deserialize::<_, T>(source) {
        Err(error) => {
            let path = error.path().to_string();
            // Where a name itself is broken the path ends in a "?"; what it is in says more.
            let field = match error.path().iter().next_back() {
                Some(Segment::Unknown) => path.trim_end_matches('?').trim_end_matches('.'),
                _ => &path,
            };
            Error::foreign(field, &error.inner().to_string())
        }
        // What is wrong comes behind the object.
        Ok(_) => Error::field("", "it goes on after the end of its JSON object"),
    }
}

pub(super) const EMPTY: &str = "empty";
pub(super) const NOT_JSON: &str = "something that is not JSON";

fn describe(first: Option<&u8>) -> &'static str {
    match first {
        None => EMPTY,
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => NOT_JSON,
    }
}
