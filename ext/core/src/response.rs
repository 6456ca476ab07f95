//! Converts a Rack response to the payload that its integration expects.

mod body_length;
mod chunked;
mod encoding;
mod escape;
mod field;
mod head;
mod headers;
mod json;
mod places;
mod prelude;
mod sink;

use std::borrow::Cow;

use self::body_length::BodyLength;
use crate::{
    Error, Integration,
    output::{NotWritten, Output},
};

pub use chunked::ChunkedBody;
pub use encoding::Encoding;
pub use field::{Field, FieldValue};
pub use head::{Head, Values};
pub use headers::{Headers, Multi};
pub use json::Json;
pub use prelude::Prelude;
pub use sink::{PayloadKey, PayloadSink, PayloadValue};

/// The response that Lambda passes to the integration, before it is written as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The integration that receives it.
    pub integration: Integration,
    /// Status code, 100 to 999.
    pub status: u16,
    /// `statusDescription`, such as `200 OK`. Only load balancers get one.
    pub description: Option<String>,
    /// The headers, in the form that the integration reads.
    pub headers: Headers<'a>,
    /// Whether the body is sent as text or as base64.
    pub encoding: Encoding,
    /// Length of the body in bytes, before encoding. Zero if the body is not sent.
    body_length: usize,
    /// Length in bytes of a text body inside a JSON string, including escapes, without quotes. Zero for base64.
    escaped_length: usize,
}

impl<'a> Payload<'a> {
    /// Makes the payload of a response. The payload does not borrow the body, so that the caller can allocate memory
    /// for the JSON before it passes the same body to the methods that write it.
    ///
    /// `head_request` says whether the request's method was HEAD. The response to HEAD has the headers of a response to
    /// GET, and no body.
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Encoding, Head, Payload}};
    ///
    /// let mut head = Head::new(200)?;
    /// head.push(b"content-type".into(), b"text/plain".into());
    /// let payload = Payload::new(Integration::Alb, head, false, b"hello")?;
    /// assert_eq!(payload.encoding, Encoding::Text);
    /// assert_eq!(payload.description.as_deref(), Some("200 OK"));
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the integration's format cannot carry the headers; [`Error::OutOfMemory`].
    pub fn new(integration: Integration, head: Head<'a>, head_request: bool, body: &[u8]) -> Result<Self, Error> {
        let status = head.status;
        let length = BodyLength::new(status, head_request, Some(body.len() as u64));
        let body = if length == BodyLength::NoBody { b"" } else { body };
        // With `Transfer-Encoding: chunked`, HTTP ignores the Content-Length. So Lamby keeps the Content-Length only if
        // it equals the number of bytes that are sent.
        let checked = if head.chunked { BodyLength::Known(body.len() as u64) } else { length };
        let mut encoding = Encoding::of(&head, body);
        let mut escaped_length = 0;
        if encoding == Encoding::Text {
            escaped_length = escape::length(body);
            // For a large text with many escapes, base64 is shorter and takes less time. A larger body then fits under
            // the limit. A small text stays text, so that it is readable in logs and tests. REST APIs, and HTTP APIs
            // with payload format 1.0, decode base64 only for the types that an API lists, so their text stays text.
            let decodes_any = !matches!(integration, Integration::RestApi | Integration::HttpApiV1);
            if decodes_any && body.len() >= LARGE_TEXT && escaped_length > base64_length(body.len()) {
                encoding = Encoding::Base64;
            }
        }
        Ok(Self {
            integration,
            status,
            description: matches!(integration, Integration::Alb | Integration::AlbMultiValue)
                .then(|| description(status)),
            headers: head.into_headers(integration, checked)?,
            encoding,
            body_length: body.len(),
            escaped_length,
        })
    }

    /// Checks a body's length before its parts are joined. A payload is at least as long as its body, so the payload's
    /// limit also applies to the body.
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Head, Payload}};
    ///
    /// let head = Head::new(200)?;
    /// let check = |length| Payload::check_body_length(Integration::Alb, &head, false, length);
    /// assert!(check(1_000_000).is_ok());
    /// assert!(check(2_000_000).is_err()); // A load balancer accepts 1 MB.
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BodyTooLarge`].
    pub fn check_body_length(
        integration: Integration,
        head: &Head<'_>,
        head_request: bool,
        length: usize,
    ) -> Result<(), Error> {
        let limit = integration.response_limit();
        // A body with chunked framing is longer than its content, so its content may fit even if the body does not.
        match length > limit && !head_request && !is_bodiless(head.status) && !head.chunked {
            true => Err(Error::BodyTooLarge { size: length, limit, integration: integration.title() }),
            false => Ok(()),
        }
    }

    /// Returns whether the whole body is sent unchanged, as text of this length.
    #[must_use]
    pub fn sends_verbatim(&self, length: usize) -> bool {
        self.encoding == Encoding::Text && self.body_length == length
    }

    /// Returns the length in bytes of the body that [`write_body`](Self::write_body) writes.
    #[must_use]
    pub fn encoded_body_length(&self) -> usize {
        match self.encoding {
            Encoding::Text => self.body_length,
            Encoding::Base64 => base64_length(self.body_length),
        }
    }

    /// Appends the body as text or base64, without the escapes of JSON. `body` must be the same body that was passed to
    /// [`new`](Self::new). The number of appended bytes is [`encoded_body_length`](Self::encoded_body_length).
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Head, Payload}};
    ///
    /// let body = [0xff, 0xfe];
    /// let payload = Payload::new(Integration::FunctionUrl, Head::new(200)?, false, &body)?;
    /// let mut base64 = Vec::new();
    /// payload.write_body(&body, &mut base64)?;
    /// assert_eq!(base64, b"//4=");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotWritten`] if there is no room, or the body does not have the same length.
    pub fn write_body(&self, body: &[u8], out: &mut impl Output) -> Result<(), NotWritten> {
        let body = self.sent(body)?;
        match self.encoding {
            Encoding::Text => out.append(body),
            Encoding::Base64 => out.append_with(self.encoded_body_length(), |free| {
                let fits = free.len() >= base64_length(body.len());
                fits.then(|| base64_simd::STANDARD.encode(body, free))
            }),
        }
    }

    /// Returns the body if the payload sends it, otherwise an empty slice. Returns an error if `body` does not have the
    /// length of the payload's body.
    fn sent<'b>(&self, body: &'b [u8]) -> Result<&'b [u8], NotWritten> {
        match self.body_length {
            0 => Ok(b""),
            length => Some(body).filter(|body| body.len() == length).ok_or(NotWritten),
        }
    }

    /// Prepares the payload as JSON and checks its size.
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Head, Payload}};
    ///
    /// let body = b"say \"hello\"";
    /// let payload = Payload::new(Integration::FunctionUrl, Head::new(200)?, false, body)?;
    /// let json = payload.json()?;
    /// assert_eq!(json.to_vec(body)?, br#"{"statusCode":200,"headers":{},"isBase64Encoded":false,"body":"say \"hello\""}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ResponseTooLarge`], [`Error::OutOfMemory`].
    pub fn json(&self) -> Result<Json<'_>, Error> {
        let json = Json::new(self)?;
        let limit = self.integration.response_limit();
        match json.len() {
            size if size > limit => Err(Error::ResponseTooLarge { size, limit, integration: self.integration.title() }),
            _ => Ok(json),
        }
    }

    /// Checks the size of the payload's JSON, for callers that write the JSON without this crate.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseTooLarge`].
    pub fn check_size(&self) -> Result<(), Error> {
        // The longest escape of a byte has six bytes (`\u0000`). If the payload fits even if every byte had such an
        // escape, Lamby need not count the escapes.
        let headers = &self.headers;
        let single = headers.single.iter().map(|field| field.name.len() + field.value.as_bytes().len());
        let multi = headers.multi.iter().map(|header| header.first.name.len() + length_of(header.values()));
        let length = single.sum::<usize>() + multi.sum::<usize>() + length_of(&headers.cookies) + self.body_length;
        match length * 6 + 64 * 1024 {
            bound if bound < self.integration.response_limit() => Ok(()),
            _ => self.json().map(drop),
        }
    }
}

/// Returns whether responses with this status have no body: "There must not be a content-type or content-length
/// header when the status is 1xx, 204 or 304" (Rack SPEC).
const fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Length in bytes of the shortest text that may be sent as base64.
const LARGE_TEXT: usize = 256 * 1024;

/// Length in bytes of base64 with padding. The multiplication cannot overflow, because the body was in memory and
/// base64 is only a third longer.
const fn base64_length(length: usize) -> usize {
    length.div_ceil(3) * 4
}

fn length_of<'v>(values: impl IntoIterator<Item = &'v FieldValue<'v>>) -> usize {
    values.into_iter().map(|value| value.as_bytes().len()).sum()
}

/// Returns the status description for a load balancer, such as `200 OK`.
fn description(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
    let status = status.to_string();
    match reason {
        Some(reason) => [&*status, " ", reason].concat(),
        None => status,
    }
}

/// Decodes bytes as UTF-8, or as Latin-1 if they are not UTF-8, so that every header value is valid in JSON.
///
/// ```
/// use lamby_core::response::text;
///
/// assert_eq!(text("é".as_bytes())?, "é");
/// assert_eq!(text(b"\xe9")?, "é");
/// # Ok::<(), lamby_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::OutOfMemory`].
pub fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let mut text = String::new();
    let length = bytes.len() * 2;
    text.try_reserve_exact(length).map_err(|_| Error::OutOfMemory { bytes: length })?;
    text.extend(bytes.iter().copied().map(char::from));
    Ok(Cow::Owned(text))
}
