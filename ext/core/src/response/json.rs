//! Writes a payload as JSON, once, into memory of exactly its size.

use super::{Encoding, Headers, Payload, escape, text};
use crate::{Error, output::Output};

/// The JSON of a payload. Everything before the body is already written; only the body's length is known.
#[derive(Debug)]
pub struct Json<'a> {
    /// The JSON up to the body's opening quote.
    start: Vec<u8>,
    payload: &'a Payload<'a>,
    body_length: usize,
}

impl<'a> Json<'a> {
    pub(super) fn new(payload: &'a Payload<'a>) -> Result<Self, Error> {
        let mut start = Writer::default();
        start.payload(payload);
        Ok(Self {
            start: start.finish()?,
            payload,
            body_length: match payload.encoding {
                Encoding::Text => payload.escaped_length,
                Encoding::Base64 => payload.encoded_body_length(),
            },
        })
    }

    const END: &'static [u8] = b"\"}";

    /// Length in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // A JSON object has at least two bytes.
    pub fn len(&self) -> usize {
        self.start.len() + self.body_length + Self::END.len()
    }

    /// Appends the JSON, [`len`](Self::len) bytes. `body` must be the one that the payload was made of.
    /// Returns false if its length differs, or there is no room.
    #[must_use]
    pub fn write(&self, body: &[u8], out: &mut impl Output) -> bool {
        out.append(&self.start)
            && match self.payload.encoding {
                Encoding::Text => self.payload.sent(body).is_some_and(|body| escape::write(body, out)),
                Encoding::Base64 => self.payload.write_body(body, out),
            }
            && out.append(Self::END)
    }

    /// Returns the JSON. `body` must be the one that the payload was made of.
    #[must_use]
    pub fn to_vec(&self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let written = self.write(body, &mut out);
        debug_assert!(written && out.len() == self.len());
        out
    }
}

/// Returns the start of a streamed response as JSON: only status and headers.
pub(super) fn head(status: u16, headers: &Headers<'_>) -> Result<Vec<u8>, Error> {
    let mut json = Writer::default();
    json.raw("{\"statusCode\":");
    json.raw(&status.to_string());
    json.headers(headers);
    json.raw("}");
    json.finish()
}

struct Writer {
    out: Vec<u8>,
    /// The first error. Nothing is written after it.
    error: Option<Error>,
}

impl Default for Writer {
    fn default() -> Self {
        Self { out: Vec::with_capacity(512), error: None }
    }
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
        self.append(json.as_bytes());
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.error.is_none() && !Output::append(&mut self.out, bytes) {
            self.error = Some(Error::OutOfMemory { bytes: self.out.len() + bytes.len() });
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        self.raw("\"");
        match text(bytes) {
            Ok(text) => self.escaped(text.as_bytes()),
            Err(error) => self.error = Some(error),
        }
        self.raw("\"");
    }

    fn escaped(&mut self, text: &[u8]) {
        let length = escape::length(text);
        if length == text.len() {
            self.append(text);
        } else if self.error.is_none() && !(self.out.try_reserve(length).is_ok() && escape::write(text, &mut self.out))
        {
            self.error = Some(Error::OutOfMemory { bytes: self.out.len() + length });
        }
    }

    fn finish(self) -> Result<Vec<u8>, Error> {
        self.error.map_or(Ok(self.out), Err)
    }
}
