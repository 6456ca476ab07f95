//! A destination for bytes, such as memory that is not initialised.

pub use base64_simd::Out;

/// Memory that is written from its start to its end.
pub trait Output {
    /// Appends the bytes, and returns whether they fit.
    #[must_use]
    fn append(&mut self, bytes: &[u8]) -> bool;

    /// Lends the next `length` bytes to `write`, and appends the bytes that it returns: those that it has
    /// initialised, from the first on. Returns false if there was no room, or `write` returned `None`.
    #[must_use]
    fn append_with(&mut self, length: usize, write: impl FnOnce(Out<'_, [u8]>) -> Option<&mut [u8]>) -> bool;
}

/// Grows as needed. For tools and tests.
impl Output for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> bool {
        let fits = self.try_reserve(bytes.len()).is_ok();
        if fits {
            self.extend_from_slice(bytes);
        }
        fits
    }

    fn append_with(&mut self, length: usize, write: impl FnOnce(Out<'_, [u8]>) -> Option<&mut [u8]>) -> bool {
        if self.try_reserve(length).is_err() {
            return false;
        }
        let start = self.len();
        self.resize(start + length, 0);
        let free = Out::from_slice(self.get_mut(start..).unwrap_or_default());
        let written = write(free).map(|bytes| bytes.len());
        self.truncate(start + written.unwrap_or(0));
        written.is_some()
    }
}
