//! Inserts pairs into a Hash, many at once.

use rb_sys::VALUE;

use super::protected::{self, NIL};

/// Collects keys and values on the stack, where the garbage collector sees them, and inserts all of them at once. Ruby
/// then makes the Hash's table only once, in the right size.
///
/// Its methods can raise by `longjmp`: see protected.rs.
pub struct PairBuffer {
    hash: VALUE,
    values: [VALUE; Self::PAIRS * 2],
    used: usize,
    /// Whether the bulk insertion has been done.
    flushed: bool,
}

impl PairBuffer {
    /// Maximum number of pairs that are inserted at once. A browser's request makes an env of fewer pairs. A response
    /// has fewer headers.
    pub const PAIRS: usize = 64;

    pub fn new(hash: VALUE) -> Self {
        Self { hash, values: [NIL; Self::PAIRS * 2], used: 0, flushed: false }
    }

    pub fn insert(&mut self, key: VALUE, value: VALUE) {
        self.values[self.used] = key;
        self.values[self.used + 1] = value;
        self.used += 2;
        if self.used == self.values.len() {
            self.flush();
        }
    }

    /// Inserts the pairs that were collected since the last call. Call it after the last pair.
    pub fn flush(&mut self) {
        if self.flushed {
            // Each bulk insertion indexes the whole Hash again. A client decides how many headers it sends, and many
            // bulk insertions would take quadratic time in the number of headers. Inserting pair by pair is slower than
            // one bulk insertion, but faster than many bulk insertions.
            for pair in self.values[..self.used].chunks_exact(2) {
                protected::set(self.hash, pair[0], pair[1]);
            }
        } else {
            // SAFETY: `self.hash` is a Hash, and `self.values` holds `self.used` values. The caller catches exceptions.
            unsafe { rb_sys::rb_hash_bulk_insert(self.used as _, self.values.as_ptr(), self.hash) };
        }
        self.flushed = true;
        self.used = 0;
    }
}
