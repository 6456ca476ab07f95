//! A destination for bytes, such as memory that is not initialised.

use std::fmt;

pub use base64_simd::Out;

/// The error if bytes were not written. Either there was no room for them, or they do not have the length that was
/// computed for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWritten;

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes do not have the length that was computed for them")
    }
}

impl std::error::Error for NotWritten {}

/// Memory that is written from its start to its end.
///
/// ```
/// use lamby_core::output::{NotWritten, Output};
///
/// fn greet(out: &mut impl Output) -> Result<(), NotWritten> {
///     out.append(b"hello ")?;
///     out.append_with(8, |free| Some(base64_simd::STANDARD.encode(b"world", free)))
/// }
///
/// let mut out = Vec::new();
/// greet(&mut out)?;
/// assert_eq!(out, b"hello d29ybGQ=");
/// # Ok::<(), NotWritten>(())
/// ```
pub trait Output {
    /// Appends the bytes.
    ///
    /// # Errors
    ///
    /// [`NotWritten`] if there is no room.
    fn append(&mut self, bytes: &[u8]) -> Result<(), NotWritten>;

    /// Passes the next `length` bytes of the memory to `write`, and appends the bytes that `write` returns. The
    /// returned bytes must be initialised, and must start at the first of the passed bytes.
    ///
    /// # Errors
    ///
    /// [`NotWritten`] if there is no room, or `write` returns `None`.
    fn append_with(
        &mut self,
        length: usize,
        write: impl FnOnce(Out<'_, [u8]>) -> Option<&mut [u8]>,
    ) -> Result<(), NotWritten>;
}

/// A `Vec` grows as needed, so tools and tests need not compute the length first.
impl Output for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), NotWritten> {
        self.try_reserve(bytes.len()).map_err(|_| NotWritten)?;
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn append_with(
        &mut self,
        length: usize,
        write: impl FnOnce(Out<'_, [u8]>) -> Option<&mut [u8]>,
    ) -> Result<(), NotWritten> {
        self.try_reserve(length).map_err(|_| NotWritten)?;
        let start = self.len();
        self.resize(start + length, 0);
        let free = Out::from_slice(self.get_mut(start..).unwrap_or_default());
        let written = write(free).map(|bytes| bytes.len());
        self.truncate(start + written.unwrap_or(0));
        written.map(drop).ok_or(NotWritten)
    }
}
