//! A Rack response as the payload that its integration wants.

mod chunked;
mod classify;
mod headers;
mod json;
mod prelude;

use std::borrow::Cow;

use crate::{Error, Integration};

pub use chunked::ChunkedBody;
pub use headers::{Head, Headers, Values};
pub use json::Json;
pub use prelude::Prelude;

/// How the body stands in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As a JSON string of the text.
    Text,
    /// As base64, with `isBase64Encoded`.
    Base64,
}

/// What Lambda hands to the integration: plain data, not yet JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Who gets it.
    pub integration: Integration,
    /// Status code, 100 to 999.
    pub status: u16,
    /// Such as `200 OK`, for load balancers.
    pub description: Option<String>,
    /// The headers, in the form that the integration reads.
    pub headers: Headers<'a>,
    /// The body's bytes, not yet encoded.
    pub body: &'a [u8],
    /// How they are to be encoded.
    pub encoding: Encoding,
    /// Length of the body as the inside of a JSON string, where it is text.
    escaped_length: usize,
}

impl<'a> Payload<'a> {
    /// The payload of a response.
    ///
    /// `head_request` says that the request's method was HEAD: such an answer
    /// has the headers of a GET and no body.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] where the integration has no way to say it.
    pub fn new(integration: Integration, head: Head<'a>, head_request: bool, body: &'a [u8]) -> Result<Self, Error> {
        let status = head.status;
        let bodiless = is_bodiless(status);
        let body = if bodiless || head_request { b"" } else { body };
        let mut encoding = classify::encoding(&head, body);
        let mut escaped_length = 0;
        if encoding == Encoding::Text {
            escaped_length = json::escaped_length(body);
            // Of a large text with many escapes, base64 is shorter: more fits under the
            // limit, in less time. What is small stays readable in logs and tests. API
            // Gateway's older kinds decode base64 only for the types that an API lists.
            let decodes_any = !matches!(integration, Integration::RestApi | Integration::HttpApiV1);
            if decodes_any && body.len() >= LARGE_TEXT && escaped_length > base64_length(body) {
                encoding = Encoding::Base64;
            }
        }
        Ok(Self {
            integration,
            status,
            description: matches!(integration, Integration::Alb | Integration::AlbMultiValue)
                .then(|| description(status)),
            headers: head.into_headers(integration, bodiless, head_request, Some(body.len() as u64))?,
            body,
            encoding,
            escaped_length,
        })
    }

    /// Length in bytes of the body as [`write_body`](Self::write_body) writes it.
    #[must_use]
    pub fn encoded_body_length(&self) -> usize {
        match self.encoding {
            Encoding::Text => self.body.len(),
            Encoding::Base64 => base64_length(self.body),
        }
    }

    /// Writes the body, text or base64 without the escapes of JSON, into a buffer of
    /// [`encoded_body_length`](Self::encoded_body_length) bytes, and tells whether it was that.
    #[must_use]
    pub fn write_body(&self, out: &mut [u8]) -> bool {
        let length = self.encoded_body_length();
        match self.encoding {
            _ if out.len() != length => false,
            Encoding::Text => {
                out.copy_from_slice(self.body);
                true
            }
            Encoding::Base64 => {
                base64_simd::STANDARD.encode(self.body, base64_simd::Out::from_slice(out)).len() == length
            }
        }
    }

    /// The payload as JSON, ready to be written.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseTooLarge`].
    pub fn json(&'a self) -> Result<Json<'a>, Error> {
        let json = Json::new(self);
        let limit = self.integration.response_limit();
        match json.len() {
            size if size > limit => Err(Error::ResponseTooLarge { size, limit, integration: self.integration.title() }),
            _ => Ok(json),
        }
    }

    /// Checks the size that the payload would have as JSON, for callers that
    /// leave the JSON to somebody else.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseTooLarge`].
    pub fn check_size(&'a self) -> Result<(), Error> {
        // No byte takes more than `\u0000` does: what is small enough even so is not counted.
        let headers = &self.headers;
        let single = headers.single.iter().map(|(_, name, value)| name.len() + value.len());
        let multi = headers.multi.iter().map(|(_, name, values)| name.len() + length_of(values));
        let length = single.sum::<usize>() + multi.sum::<usize>() + length_of(&headers.cookies) + self.body.len();
        match length * 6 + 64 * 1024 {
            bound if bound < self.integration.response_limit() => Ok(()),
            _ => self.json().map(drop),
        }
    }
}

/// "There must not be a content-type or content-length header when the status is 1xx,
/// 204 or 304" (Rack SPEC).
const fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Bytes from which on a text may travel as base64.
const LARGE_TEXT: usize = 256 * 1024;

/// Fits: the body was in memory, and base64 is longer by a third.
const fn base64_length(body: &[u8]) -> usize {
    body.len().div_ceil(3) * 4
}

fn length_of(values: &[Cow<'_, [u8]>]) -> usize {
    values.iter().map(|value| value.len()).sum()
}

/// "200 OK": what a load balancer calls the status description.
fn description(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

/// Bytes as text: UTF-8 where they are, else Latin-1, so that no header value
/// can break the JSON around it.
#[must_use]
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}
