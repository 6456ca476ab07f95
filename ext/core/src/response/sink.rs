//! The fields of a payload, and their order. A [`PayloadSink`] converts them to JSON or to a Ruby Hash.

use super::{Encoding, Field, FieldValue, Headers, Multi, Payload};

/// A field of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadKey {
    /// `statusCode`.
    StatusCode,
    /// `statusDescription`, for load balancers.
    StatusDescription,
    /// `headers`: one value for each name.
    Headers,
    /// `multiValueHeaders`: all values of each name.
    MultiValueHeaders,
    /// `cookies`: the values of Set-Cookie.
    Cookies,
    /// `isBase64Encoded`: whether the body is base64.
    IsBase64Encoded,
    /// `body`.
    Body,
}

impl PayloadKey {
    /// All keys, in the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::StatusCode,
        Self::StatusDescription,
        Self::Headers,
        Self::MultiValueHeaders,
        Self::Cookies,
        Self::IsBase64Encoded,
        Self::Body,
    ];

    /// Returns the name of the field in the payload.
    ///
    /// ```
    /// assert_eq!(lamby_core::response::PayloadKey::MultiValueHeaders.name(), "multiValueHeaders");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StatusCode => "statusCode",
            Self::StatusDescription => "statusDescription",
            Self::Headers => "headers",
            Self::MultiValueHeaders => "multiValueHeaders",
            Self::Cookies => "cookies",
            Self::IsBase64Encoded => "isBase64Encoded",
            Self::Body => "body",
        }
    }
}

/// The value of a payload's field. The values of headers and cookies are UTF-8.
#[derive(Debug, Clone, Copy)]
pub enum PayloadValue<'v> {
    /// A number.
    Number(u16),
    /// A text.
    Text(&'v str),
    /// True or false.
    Boolean(bool),
    /// An object with one text for each header.
    Single(&'v [Field<'v>]),
    /// An object with an array of texts for each header.
    Multi(&'v [Multi<'v>]),
    /// An array of texts.
    Array(&'v [FieldValue<'v>]),
    /// The body. The payload does not contain the body, so the sink adds it in the encoding that [`Payload::encoding`]
    /// names.
    Body,
}

/// Receives the fields of a payload.
pub trait PayloadSink {
    /// The error that `put` returns.
    type Error;

    /// Adds a field to the payload. Lamby calls this method at most once for each key.
    ///
    /// # Errors
    ///
    /// The sink's errors. After an error, `put` is not called again.
    fn put(&mut self, key: PayloadKey, value: PayloadValue<'_>) -> Result<(), Self::Error>;
}

impl Payload<'_> {
    /// Puts all fields into a sink. The body is the last field.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use lamby_core::{Integration, response::{Head, Payload, PayloadKey, PayloadSink, PayloadValue}};
    ///
    /// struct Names(Vec<&'static str>);
    /// impl PayloadSink for Names {
    ///     type Error = Infallible;
    ///     fn put(&mut self, key: PayloadKey, _value: PayloadValue<'_>) -> Result<(), Infallible> {
    ///         Ok(self.0.push(key.name()))
    ///     }
    /// }
    ///
    /// let payload = Payload::new(Integration::HttpApiV2, Head::new(200)?, false, b"hello")?;
    /// let mut names = Names(Vec::new());
    /// let Ok(()) = payload.put_into(&mut names);
    /// assert_eq!(names.0, ["statusCode", "headers", "isBase64Encoded", "body"]);
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The sink's errors.
    #[inline]
    pub fn put_into<S: PayloadSink>(&self, sink: &mut S) -> Result<(), S::Error> {
        put_head(sink, self.status, self.description.as_deref(), &self.headers)?;
        sink.put(PayloadKey::IsBase64Encoded, PayloadValue::Boolean(self.encoding == Encoding::Base64))?;
        sink.put(PayloadKey::Body, PayloadValue::Body)
    }
}

/// Puts the fields that do not depend on the body. A streamed response has only these fields.
#[inline]
pub(super) fn put_head<S: PayloadSink>(
    sink: &mut S,
    status: u16,
    description: Option<&str>,
    headers: &Headers<'_>,
) -> Result<(), S::Error> {
    sink.put(PayloadKey::StatusCode, PayloadValue::Number(status))?;
    if let Some(description) = description {
        sink.put(PayloadKey::StatusDescription, PayloadValue::Text(description))?;
    }
    if headers.sends_single() {
        sink.put(PayloadKey::Headers, PayloadValue::Single(&headers.single))?;
    }
    if headers.sends_multi() {
        sink.put(PayloadKey::MultiValueHeaders, PayloadValue::Multi(&headers.multi))?;
    }
    if !headers.cookies.is_empty() {
        sink.put(PayloadKey::Cookies, PayloadValue::Array(&headers.cookies))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_are_in_the_order_of_their_declaration() {
        for (index, key) in PayloadKey::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, index, "{key:?}");
        }
    }
}
