//! Converts a payload to a Ruby Hash.

use std::{borrow::Cow, convert::Infallible};

use lamby_core::response::{Payload, PayloadKey, PayloadSink, PayloadValue};
use magnus::{RHash, Ruby, rb_sys::AsRawValue as _};
use rb_sys::VALUE;

use crate::{error::NativeError, intern, protected, response::Body, string};

/// Returns the payload as a Hash with symbol keys.
pub fn to_hash(ruby: &Ruby, payload: &Payload<'_>, body: &Body) -> Result<RHash, NativeError> {
    let body = match body.string(ruby) {
        // Megabytes of text are not copied, because Ruby's strings share their bytes until one of them changes.
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
                let map = protected::new_hash();
                for (_, name, value) in headers {
                    protected::set(map, intern::utf8(name), protected::utf8(value));
                }
                map
            }
            PayloadValue::Multi(headers) => {
                let map = protected::new_hash();
                for (_, name, values) in headers {
                    protected::set(map, intern::utf8(name), strings(values));
                }
                map
            }
            PayloadValue::Array(values) => strings(values),
            PayloadValue::Body => self.body,
        };
        protected::set(self.hash, intern::payload_key(self.ruby, key), value);
        Ok(())
    }
}

/// Makes an Array of UTF-8 Strings. Call it only under `rb_protect`.
fn strings(values: &[Cow<'_, [u8]>]) -> VALUE {
    let array = protected::new_array(values.len());
    for value in values {
        protected::push(array, protected::utf8(value));
    }
    array
}
