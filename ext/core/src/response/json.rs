//! Writes a payload as JSON. The length is computed first, so that the caller can allocate exactly the needed memory.

use super::{Encoding, FieldValue, Headers, Payload, PayloadKey, PayloadSink, PayloadValue, escape, sink};
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

    /// Appends the JSON. It has as many bytes as [`len`](Self::len) returns. `body` must be the body that the payload
    /// was made from.
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
        Self { out: Vec::with_capacity(1024) }
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
            PayloadValue::Text(text) => self.escaped(text.as_bytes()),
            PayloadValue::Boolean(boolean) => self.raw(if boolean { "true" } else { "false" }),
            PayloadValue::Single(headers) => self.list("{", headers, "}", |json, field| {
                json.name(&field.name)?;
                json.value(&field.value)
            }),
            PayloadValue::Multi(headers) => self.list("{", headers, "}", |json, header| {
                json.name(&header.first.name)?;
                json.list("[", header.values(), "]", Self::value)
            }),
            PayloadValue::Array(values) => self.list("[", values, "]", Self::value),
            PayloadValue::Body => self.raw("\""),
        }
    }
}

impl JsonSink {
    /// Writes items with commas between them.
    fn list<T>(
        &mut self,
        start: &str,
        items: impl IntoIterator<Item = T>,
        end: &str,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.raw(start)?;
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(",")?;
            }
            write(self, item)?;
        }
        self.raw(end)
    }

    /// Writes the name of a header. The name is a token, so it has nothing to escape.
    fn name(&mut self, name: &[u8]) -> Result<(), Error> {
        self.plain(name)?;
        self.raw(":")
    }

    /// Writes the value of a header.
    fn value(&mut self, value: &FieldValue<'_>) -> Result<(), Error> {
        if value.is_plain() { self.plain(value.as_bytes()) } else { self.escaped(value.as_bytes()) }
    }

    /// Writes a string that has nothing to escape.
    fn plain(&mut self, text: &[u8]) -> Result<(), Error> {
        memory::reserve(&mut self.out, text.len() + 2)?;
        self.out.push(b'"');
        self.out.extend_from_slice(text);
        self.out.push(b'"');
        Ok(())
    }

    /// Writes UTF-8 as a string.
    fn escaped(&mut self, text: &[u8]) -> Result<(), Error> {
        let length = escape::length(text);
        memory::reserve(&mut self.out, length + 2)?;
        self.out.push(b'"');
        escape::write(text, &mut self.out).map_err(|NotWritten| Error::OutOfMemory { bytes: length })?;
        self.out.push(b'"');
        Ok(())
    }

    /// Writes text that is already JSON.
    fn raw(&mut self, json: &str) -> Result<(), Error> {
        memory::extend(&mut self.out, json.as_bytes())
    }
}
