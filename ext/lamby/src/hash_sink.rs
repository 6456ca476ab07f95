//! Makes a Ruby Hash of a payload.

use std::borrow::Cow;

use lamby_core::response::{Encoding, Payload};
use magnus::{RHash, Ruby, rb_sys::AsRawValue as _};
use rb_sys::VALUE;

use crate::{
    error::Failure,
    intern::{self, PayloadKey},
    protected,
    response::Body,
    string::NewString,
};

pub fn to_hash(ruby: &Ruby, mut payload: Payload<'static>, body: &Body) -> Result<RHash, Failure> {
    let headers = &mut payload.headers;
    let single = headers.single.iter_mut().map(|(.., value)| value);
    let multi = headers.multi.iter_mut().flat_map(|(.., values)| values);
    for value in single.chain(multi).chain(&mut headers.cookies) {
        if let Cow::Owned(text) = lamby_core::response::text(value)? {
            *value = Cow::Owned(text.into_bytes());
        }
    }
    let body = match body.string(ruby) {
        // Megabytes of text are not copied, because Ruby's strings share their bytes until one of them changes.
        Some(string) if payload.sends_verbatim(string.len()) => protected::shared(string)?,
        _ => {
            let mut string = NewString::utf8(payload.encoded_body_length())?;
            let written = body.lend(|bytes| payload.write_body(bytes, &mut string.writer()));
            assert!(written && string.is_full(), "the body does not have the length that was computed");
            string.finish(ruby)
        }
    };
    Ok(protected::hash(|hash| {
        let set = |key, value| protected::set(hash, intern::payload_key(ruby, key), value);
        set(PayloadKey::StatusCode, protected::integer(payload.status.into()));
        if let Some(description) = &payload.description {
            set(PayloadKey::StatusDescription, protected::utf8(description.as_bytes()));
        }
        let headers = &payload.headers;
        if headers.sends_single() {
            let map = protected::new_hash();
            for (_, spelling, value) in &headers.single {
                protected::set(map, intern::utf8(spelling), protected::utf8(value));
            }
            set(PayloadKey::Headers, map);
        }
        if headers.sends_multi() {
            let map = protected::new_hash();
            for (_, spelling, values) in &headers.multi {
                protected::set(map, intern::utf8(spelling), strings(values));
            }
            set(PayloadKey::MultiValueHeaders, map);
        }
        if !headers.cookies.is_empty() {
            set(PayloadKey::Cookies, strings(&headers.cookies));
        }
        set(PayloadKey::IsBase64Encoded, protected::boolean(payload.encoding == Encoding::Base64));
        set(PayloadKey::Body, body.as_raw());
    })?)
}

/// Makes an Array of UTF-8 Strings. Call it only under `rb_protect`.
fn strings(values: &[Cow<'_, [u8]>]) -> VALUE {
    let array = protected::new_array(values.len());
    for value in values {
        protected::push(array, protected::utf8(value));
    }
    array
}
