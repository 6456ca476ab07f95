//! Converts a payload to a Ruby Hash.

use std::convert::Infallible;

use lamby_core::response::{Field, FieldValue, Multi, Payload, PayloadKey, PayloadSink, PayloadValue};
use magnus::{RHash, Ruby, rb_sys::AsRawValue as _};
use rb_sys::VALUE;

use crate::{error::NativeError, intern, pair_buffer::PairBuffer, protected, response::Body, string};

/// Returns the payload as a Hash with symbol keys.
pub fn to_hash(ruby: &Ruby, payload: &Payload<'_>, body: &Body) -> Result<RHash, NativeError> {
    let body = match body.string(ruby) {
        // `shared` does not copy megabytes of text: both Strings share the bytes until one of them changes.
        Some(string) if payload.sends_verbatim(string.len()) => protected::shared(string)?,
        _ => string::utf8_of(ruby, payload.encoded_body_length(), |string| {
            body.lend(|bytes| payload.write_body(bytes, &mut string.writer()))
        })?,
    };
    Ok(protected::hash(|hash| {
        let Ok(()) = payload.put_into(&mut HashSink { ruby, hash, body: body.as_raw() });
    })?)
}

/// Sets fields in a Hash. Use it only under `rb_protect`, because it can raise by `longjmp`. The sink owns nothing that
/// a `longjmp` would leak.
struct HashSink<'r> {
    ruby: &'r Ruby,
    hash: VALUE,
    body: VALUE,
}

impl PayloadSink for HashSink<'_> {
    type Error = Infallible;

    fn put(&mut self, key: PayloadKey, value: PayloadValue<'_>) -> Result<(), Infallible> {
        let value = match value {
            PayloadValue::Number(number) => protected::integer(number.into()),
            PayloadValue::Text(text) => protected::utf8(text.as_bytes()),
            PayloadValue::Boolean(boolean) => protected::boolean(boolean),
            PayloadValue::Single(headers) => {
                let pair = |field: &Field<'_>| (intern::utf8(&field.name), protected::utf8(field.value.as_bytes()));
                map(headers.iter().map(pair))
            }
            PayloadValue::Multi(headers) => {
                let values = |header: &Multi<'_>| strings(1 + header.more.len(), header.values());
                map(headers.iter().map(|header| (intern::utf8(&header.first.name), values(header))))
            }
            PayloadValue::Array(values) => strings(values.len(), values),
            PayloadValue::Body => self.body,
        };
        protected::set(self.hash, intern::payload_key(self.ruby, key), value);
        Ok(())
    }
}

/// Makes a Hash of these pairs. Call it only under `rb_protect`.
fn map(pairs: impl Iterator<Item = (VALUE, VALUE)>) -> VALUE {
    let map = protected::new_hash();
    let mut buffer = PairBuffer::new(map);
    for (key, value) in pairs {
        buffer.insert(key, value);
    }
    buffer.flush();
    map
}

/// Makes an Array of UTF-8 Strings. Call it only under `rb_protect`.
fn strings<'v>(count: usize, values: impl IntoIterator<Item = &'v FieldValue<'v>>) -> VALUE {
    let array = protected::new_array(count);
    for value in values {
        protected::push(array, protected::utf8(value.as_bytes()));
    }
    array
}
