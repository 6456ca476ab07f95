//! Fills a Rack env: pairs are collected on the stack and inserted in bulk.

use lamby_core::env::{Key, Sink, Value as EnvValue};
use magnus::{Error, RHash, Ruby, Value, value::ReprValue as _};

use crate::intern;

/// 64 pairs, which is more than a browser's request has: one insertion does.
const BUFFER: usize = 128;

/// Puts the pairs that the core writes into a Hash.
pub struct Env<'r> {
    ruby: &'r Ruby,
    hash: RHash,
    /// On the stack, where the garbage collector sees them.
    buffer: [Value; BUFFER],
    used: usize,
    error: Option<Error>,
}

impl<'r> Env<'r> {
    pub fn new(ruby: &'r Ruby, hash: RHash) -> Self {
        Self { ruby, hash, buffer: [ruby.qnil().as_value(); BUFFER], used: 0, error: None }
    }

    /// Inserts what is still on the stack.
    pub fn finish(mut self) -> Result<(), Error> {
        self.flush();
        self.error.map_or(Ok(()), Err)
    }

    fn flush(&mut self) {
        // Fails only on a frozen Hash; the first failure is the one to tell.
        if let Err(error) = self.hash.bulk_insert(&self.buffer[..self.used]) {
            self.error.get_or_insert(error);
        }
        self.used = 0;
    }

    /// Takes a pair of Ruby values.
    pub fn insert(&mut self, key: Value, value: Value) {
        self.buffer[self.used] = key;
        self.buffer[self.used + 1] = value;
        self.used += 2;
        if self.used == BUFFER {
            self.flush();
        }
    }
}

impl Sink for Env<'_> {
    fn put(&mut self, key: Key<'_>, value: EnvValue<'_>) {
        let key = intern::key(self.ruby, key);
        let value = intern::value(self.ruby, value);
        self.insert(key.as_value(), value.as_value());
    }

    // One object for both, as Puma has it.
    fn put_both(&mut self, keys: [Key<'_>; 2], value: EnvValue<'_>) {
        let value = intern::value(self.ruby, value);
        for key in keys {
            self.insert(intern::key(self.ruby, key).as_value(), value.as_value());
        }
    }
}
