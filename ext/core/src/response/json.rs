//! Writes a payload as JSON into memory of exactly its size, so that no byte is copied twice.

use super::{Encoding, Headers, Payload, PayloadKey, PayloadSink, PayloadValue, escape, sink};
use crate::{
    Error, memory,
    output::{NotWritten, Output},
};

/// The JSON of a payload. Everything before the body is already written, and the length of the body is known.
#[derive(Debug)]
pub struct Json<'a> {
    /// The JSON up to the body's opening quote.
    start: Vec<u8>,
    payload: &'a Payload<'a>,
    body_length: usize,
}

impl<'a> Json<'a> {
    pub(super) fn new(payload: &'a Payload<'a>) -> Result<Self, Error> {
        let mut start = JsonSink::default();
        payload.put_into(&mut start)?;
        Ok(Self {
            start: start.out,
            payload,
            body_length: match payload.encoding {
                Encoding::Text => payload.escaped_length,
                Encoding::Base64 => payload.encoded_body_length(),
            },
        })
    }

    const END: &'static [u8] = b"\"}";

    /// Returns the length in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // A JSON object has at least two bytes.
    pub fn len(&self) -> usize {
        self.start.len() + self.body_length + Self::END.len()
    }

    /// Appends the JSON, [`len`](Self::len) bytes. `body` must be the body that the payload was made from.
    ///
    /// # Errors
    ///
    /// [`NotWritten`] if there is no room, or the body does not have the length of the payload's body.
    pub fn write(&self, body: &[u8], out: &mut impl Output) -> Result<(), NotWritten> {
        out.append(&self.start)?;
        match self.payload.encoding {
            Encoding::Text => escape::write(self.payload.sent(body)?, out)?,
            Encoding::Base64 => self.payload.write_body(body, out)?,
        }
        out.append(Self::END)
    }

    /// Returns the JSON. `body` must be the body that the payload was made from.
    ///
    /// # Errors
    ///
    /// The errors of [`write`](Self::write).
    pub fn to_vec(&self, body: &[u8]) -> Result<Vec<u8>, NotWritten> {
        let mut out = Vec::new();
        self.write(body, &mut out)?;
        Ok(out)
    }
}

/// Returns the start of a streamed response as JSON: only status and headers.
pub(super) fn head(status: u16, headers: &Headers<'_>) -> Result<Vec<u8>, Error> {
    let mut json = JsonSink::default();
    sink::put_head(&mut json, status, None, headers)?;
    json.raw("}")?;
    Ok(json.out)
}

/// Writes fields as the members of a JSON object, up to the opening quote of the body.
struct JsonSink {
    out: Vec<u8>,
}

impl Default for JsonSink {
    fn default() -> Self {
        Self { out: Vec::with_capacity(512) }
    }
}

impl PayloadSink for JsonSink {
    type Error = Error;

    fn put(&mut self, key: PayloadKey, value: PayloadValue<'_>) -> Result<(), Error> {
        self.raw(if self.out.is_empty() { "{\"" } else { ",\"" })?;
        self.raw(key.name())?;
        self.raw("\":")?;
        match value {
            PayloadValue::Number(number) => self.raw(&number.to_string()),
            PayloadValue::Text(text) => self.string(text.as_bytes()),
            PayloadValue::Boolean(boolean) => self.raw(if boolean { "true" } else { "false" }),
            PayloadValue::Single(headers) => self.list("{", headers, "}", |json, (_, name, value)| {
                json.string(name)?;
                json.raw(":")?;
                json.string(value)
            }),
            PayloadValue::Multi(headers) => self.list("{", headers, "}", |json, (_, name, values)| {
                json.string(name)?;
                json.raw(":")?;
                json.list("[", values, "]", |json, value| json.string(value))
            }),
            PayloadValue::Array(values) => self.list("[", values, "]", |json, value| json.string(value)),
            PayloadValue::Body => self.raw("\""),
        }
    }
}

impl JsonSink {
    /// Writes items with commas between them.
    fn list<T>(
        &mut self,
        start: &str,
        items: &[T],
        end: &str,
        mut write: impl FnMut(&mut Self, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.raw(start)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",")?;
            }
            write(self, item)?;
        }
        self.raw(end)
    }

    /// Writes UTF-8 as a string.
    fn string(&mut self, text: &[u8]) -> Result<(), Error> {
        self.raw("\"")?;
        let length = escape::length(text);
        if length == text.len() {
            memory::extend(&mut self.out, text)?;
        } else {
            memory::reserve(&mut self.out, length)?;
            escape::write(text, &mut self.out).map_err(|NotWritten| Error::OutOfMemory { bytes: length })?;
        }
        self.raw("\"")
    }

    /// Writes JSON.
    fn raw(&mut self, json: &str) -> Result<(), Error> {
        memory::extend(&mut self.out, json.as_bytes())
    }
}
