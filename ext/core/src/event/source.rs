//! The sources of an event: JSON bytes in this module, and a Ruby Hash in the binding. Both are read into the same
//! structs, so each special case of an event is handled in only one place.

use serde::{Deserialize, Deserializer};
use serde_path_to_error::Segment;

use super::{EventSource, reader};
use crate::{Error, memory};

/// Data from which an [`Event`](super::Event) can be read.
pub trait Source<'a> {
    /// Reads `T` in one pass, borrowing from the source.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnObject`] if the source is not an object. [`Error::InvalidEvent`] if it cannot be read as `T`.
    /// [`Error::OutOfMemory`] if there is not enough memory.
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error>;

    /// Returns an upper bound for the size of the event, in bytes. Call it after [`read`](Self::read), because a source
    /// may count the bytes while it reads them.
    fn size(&self) -> usize;
}

/// An event as JSON bytes, as the Runtime API delivers it.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(pub &'a [u8]);

/// Size in bytes of the largest event that is checked for UTF-8 as a whole.
const SMALL: usize = 64 * 1024;

impl<'a> Source<'a> for Json<'a> {
    fn read<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        // serde would also accept an array, and read its elements as the fields of the struct.
        match self.0.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => {}
            first => {
                let (found, is_json) = describe(first);
                // Only a direct invocation, for example by EventBridge Pipes, has JSON that is not an object.
                let kind = is_json.then_some(EventSource::Direct);
                return Err(Error::NotAnObject { found: found.to_owned(), kind });
            }
        }
        // To decode escapes, serde_json uses a buffer that doubles its capacity when it is full. So the buffer may
        // need twice the size of the event.
        memory::check(self.0.len(), 2)?;
        // Lamby checks a small event for UTF-8 once, instead of once for each string. For a large event, one check
        // would be slower, because it would include the body, which is read as bytes and needs no check.
        if self.0.len() <= SMALL
            && (self.0.is_ascii() || str::from_utf8(self.0).is_ok())
            && let Ok(value) = reader::read(self.0)
        {
            return Ok(value);
        }
        serde_json::from_slice(self.0).map_err(|_| diagnose::<T>(&mut serde_json::Deserializer::from_slice(self.0)))
    }

    fn size(&self) -> usize {
        self.0.len()
    }
}

/// Reads a source a second time after it could not be read as `T`. Returns the error with the field's path. The first
/// read does not track the path, because that costs time.
///
/// ```
/// use lamby_core::event::{Event, diagnose};
///
/// let json = br#"{"requestContext":{"http":1}}"#;
/// let error = diagnose::<Event<'_>>(&mut serde_json::Deserializer::from_slice(json));
/// assert!(error.to_string().starts_with("the event's field requestContext.http cannot be read: "));
/// ```
pub fn diagnose<'a, T: Deserialize<'a>>(source: impl Deserializer<'a>) -> Error {
    match serde_path_to_error::deserialize::<_, T>(source) {
        Err(error) => {
            let path = error.path().to_string();
            // If the name of a field is invalid, the path ends with "?". Then the error names the surrounding object.
            let field = match error.path().iter().next_back() {
                Some(Segment::Unknown) => path.trim_end_matches('?').trim_end_matches('.'),
                _ => &path,
            };
            Error::foreign(field, &error.inner().to_string())
        }
        // The object itself is valid, so the error was caused by bytes after its end.
        Ok(_) => Error::field("", "there is more text after the end of its JSON object"),
    }
}

/// Describes a text that is not a JSON object, by its first byte. Also returns whether the text may be another JSON
/// value, such as an array.
const fn describe(first: Option<&u8>) -> (&'static str, bool) {
    match first {
        None => ("empty", false),
        Some(b'[') => ("an array", true),
        Some(b'"') => ("a string", true),
        Some(b'n') => ("null", true),
        Some(b't' | b'f') => ("a boolean", true),
        Some(b'-' | b'0'..=b'9') => ("a number", true),
        Some(_) => ("something that is not JSON", false),
    }
}
