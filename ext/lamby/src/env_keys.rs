//! Keeps Hashes with the keys of earlier envs.
//!
//! Requests from the same kind of client have the same headers, so most envs have the same keys as an earlier env.
//! Copying a Hash that has these keys, and replacing its values, takes 10,000 instructions less than inserting the
//! pairs, because Ruby neither hashes nor compares a key. See docs/decisions/012-keys-of-earlier-envs.md.

use std::sync::{Mutex, MutexGuard, PoisonError};

use magnus::{Error, RArray, RHash, Ruby, Value, prelude::*, rb_sys::AsRawValue as _, value::Lazy};
use rb_sys::VALUE;

use crate::{intern, protected};

/// A key of an env.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A String of [`Table`](crate::intern::Table), which lives as long as the process.
    Known(VALUE),
    /// Bytes in [`Keys::bytes`], which follow the bytes of the previous name. The field is the number of bytes.
    Bytes(usize),
}

/// The keys of an env, in order.
#[derive(Default, PartialEq, Eq)]
pub struct Keys {
    /// A hash of the names.
    hash: usize,
    pub names: Vec<Name>,
    /// The bytes of the names that are not in the table, one after another.
    pub bytes: Vec<u8>,
}

/// How many Hashes are kept. Each takes about 2 KB.
const KEPT: usize = 64;
/// Longest [`Keys::bytes`] of a Hash that is kept.
const MOST_BYTES: usize = 1024;

/// The keys that belong to each position of [`HASHES`].
static KEYS: Mutex<[Keys; KEPT]> = Mutex::new([const { Keys::new() }; KEPT]);

/// Two Hashes for each position: the template, and its copy with the keys of [`KEYS`]. Both are nil if these keys have
/// occurred only once.
static HASHES: Lazy<RArray> = Lazy::new(|ruby| ruby.ary_from_iter((0..KEPT * 2).map(|_| ruby.qnil())));

impl Keys {
    const fn new() -> Self {
        Self { hash: 0, names: Vec::new(), bytes: Vec::new() }
    }

    /// Adds a name. The caller has reserved the memory.
    #[inline]
    pub fn push(&mut self, name: Name, bytes: &[u8]) {
        self.names.push(name);
        match name {
            Name::Known(string) => self.mix(string as usize),
            Name::Bytes(_) => {
                self.bytes.extend_from_slice(bytes);
                bytes.iter().for_each(|byte| self.mix(usize::from(*byte)));
            }
        }
    }

    // The hash only chooses the position, so it may have collisions.
    #[inline]
    fn mix(&mut self, word: usize) {
        self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b1);
    }

    pub fn clear(&mut self) {
        self.hash = 0;
        self.names.clear();
        self.bytes.clear();
    }

    /// Returns the size of the larger of the two vectors, in bytes.
    pub fn size(&self) -> usize {
        (self.names.capacity() * size_of::<Name>()).max(self.bytes.capacity())
    }

    /// Makes the Strings of the names. Ruby may raise NoMemoryError by `longjmp`.
    pub fn strings(&self) -> impl Iterator<Item = VALUE> {
        let mut rest = &*self.bytes;
        self.names.iter().map(move |name| match *name {
            Name::Known(string) => string,
            Name::Bytes(length) => {
                let (bytes, after) = rest.split_at_checked(length).unwrap_or_default();
                rest = after;
                intern::binary(bytes)
            }
        })
    }

    fn position(&self) -> usize {
        (self.hash >> 20) % KEPT
    }

    /// Returns the Hash that was made of `template` and these keys; `None` if there is none.
    pub fn find(&self, ruby: &Ruby, template: RHash) -> Result<Option<RHash>, Error> {
        let position = self.position();
        if kept_keys()[position] != *self {
            return Ok(None);
        }
        let hashes = ruby.get_inner(&HASHES);
        let kept: Value = hashes.entry(position as isize * 2)?;
        if kept.as_raw() != template.as_raw() {
            return Ok(None);
        }
        hashes.entry(position as isize * 2 + 1)
    }

    /// Keeps a copy of `env` without its values, if these keys have occurred before. If they have not, only remembers
    /// them, because some clients send other headers with each request.
    ///
    /// `env` has the pairs of `template`, of these keys, and `more` pairs.
    pub fn keep(&self, ruby: &Ruby, template: RHash, env: RHash, more: usize) -> Result<(), Error> {
        let (position, first) = (self.position(), template.len());
        // If a key occurred twice, the pairs of another env would not match these keys. A frozen template cannot change
        // after it was copied.
        let is_usual = env.len() == first + self.names.len() + more && template.is_frozen();
        if !is_usual || self.bytes.len() > MOST_BYTES {
            return Ok(());
        }
        let hashes = ruby.get_inner(&HASHES);
        let (template, keys_only) = if kept_keys()[position].hash == self.hash {
            let keys_only = protected::copied_hash(env, |copy| protected::replace_values(copy, first, &[]))?;
            (template.as_value(), keys_only.as_value())
        } else {
            (ruby.qnil().as_value(), ruby.qnil().as_value())
        };
        hashes.store(position as isize * 2, template)?;
        hashes.store(position as isize * 2 + 1, keys_only)?;
        let Keys { hash, names, bytes } = self;
        kept_keys()[position] = Keys { hash: *hash, names: names.clone(), bytes: bytes.clone() };
        Ok(())
    }
}

/// The lock is never held while Ruby code runs.
fn kept_keys() -> MutexGuard<'static, [Keys; KEPT]> {
    KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}
