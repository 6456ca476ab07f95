//! A payload as JSON, written once into a buffer of exactly its size.

mod escape;

use super::{Encoding, Headers, Payload, text};

pub(super) use escape::length as escaped_length;

/// A payload's JSON: all but the body is written, the body is counted.
#[derive(Debug)]
pub struct Json<'a> {
    /// Up to the body's opening quote.
    start: Vec<u8>,
    payload: &'a Payload<'a>,
    body_length: usize,
}

impl<'a> Json<'a> {
    pub(super) fn new(payload: &'a Payload<'a>) -> Self {
        let mut start = Writer { out: Vec::with_capacity(512) };
        start.payload(payload);
        Self {
            start: start.out,
            payload,
            body_length: match payload.encoding {
                Encoding::Text => payload.escaped_length,
                Encoding::Base64 => payload.encoded_body_length(),
            },
        }
    }

    const END: &'static [u8] = b"\"}";

    /// Length in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // It is an object, so it has two at least.
    pub fn len(&self) -> usize {
        self.start.len() + self.body_length + Self::END.len()
    }

    /// Writes the JSON into a buffer of exactly [`len`](Self::len) bytes, and
    /// tells whether it was that.
    #[must_use]
    pub fn write(&self, out: &mut [u8]) -> bool {
        let Some((start, rest)) = out.split_at_mut_checked(self.start.len()) else { return false };
        let Some((body, end)) = rest.split_at_mut_checked(self.body_length) else { return false };
        if end.len() != Self::END.len() {
            return false;
        }
        start.copy_from_slice(&self.start);
        end.copy_from_slice(Self::END);
        match self.payload.encoding {
            Encoding::Text => escape::write(self.payload.body, body),
            Encoding::Base64 => self.payload.write_body(body),
        }
    }

    /// The JSON.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = vec![0; self.len()];
        let written = self.write(&mut out);
        debug_assert!(written);
        out
    }
}

/// The head of a streamed answer as JSON: status and headers alone.
pub(super) fn head(status: u16, headers: &Headers<'_>) -> Vec<u8> {
    let mut json = Writer { out: Vec::with_capacity(512) };
    json.raw("{\"statusCode\":");
    json.raw(&status.to_string());
    json.headers(headers);
    json.raw("}");
    json.out
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn payload(&mut self, payload: &Payload<'_>) {
        self.raw("{\"statusCode\":");
        self.raw(&payload.status.to_string());
        if let Some(description) = &payload.description {
            self.raw(",\"statusDescription\":");
            self.string(description.as_bytes());
        }
        self.headers(&payload.headers);
        self.raw(",\"isBase64Encoded\":");
        self.raw(if payload.encoding == Encoding::Base64 { "true" } else { "false" });
        self.raw(",\"body\":\"");
    }

    fn headers(&mut self, headers: &Headers<'_>) {
        if headers.sends_single() {
            self.raw(",\"headers\":{");
            self.separated(&headers.single, |out, (_, name, value)| {
                out.string(name);
                out.raw(":");
                out.string(value);
            });
            self.raw("}");
        }
        if headers.sends_multi() {
            self.raw(",\"multiValueHeaders\":{");
            self.separated(&headers.multi, |out, (_, name, values)| {
                out.string(name);
                out.raw(":[");
                out.separated(values, |out, value| out.string(value));
                out.raw("]");
            });
            self.raw("}");
        }
        if !headers.cookies.is_empty() {
            self.raw(",\"cookies\":[");
            self.separated(&headers.cookies, |out, cookie| out.string(cookie));
            self.raw("]");
        }
    }

    fn separated<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
    }

    fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    fn string(&mut self, bytes: &[u8]) {
        let text = text(bytes);
        let at = self.out.len() + 1;
        let length = escape::length(text.as_bytes());
        self.out.push(b'"');
        self.out.resize(at + length, 0);
        let written = self.out.get_mut(at..).is_some_and(|out| escape::write(text.as_bytes(), out));
        debug_assert!(written);
        self.out.push(b'"');
    }
}
