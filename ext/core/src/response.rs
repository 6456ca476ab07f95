//! A Rack response as the payload that its integration wants.

mod chunked;
mod classify;
mod headers;
mod json;
mod prelude;

use std::borrow::Cow;

use crate::{Error, Integration, output::Output};

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
    /// How the body is encoded.
    pub encoding: Encoding,
    /// Length of the body in bytes, not yet encoded.
    body_length: usize,
    /// Length of the body as the inside of a JSON string, where it is text.
    escaped_length: usize,
}

impl<'a> Payload<'a> {
    /// Makes the payload of a response. The payload does not keep the body, so that its memory can be
    /// allocated before the body is read again. Pass the same body to the methods that write it.
    ///
    /// `head_request` says that the request's method was HEAD: such an answer
    /// has the headers of a GET and no body.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] where the integration has no way to say it.
    pub fn new(integration: Integration, head: Head<'a>, head_request: bool, body: &[u8]) -> Result<Self, Error> {
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
            if decodes_any && body.len() >= LARGE_TEXT && escaped_length > base64_length(body.len()) {
                encoding = Encoding::Base64;
            }
        }
        Ok(Self {
            integration,
            status,
            description: matches!(integration, Integration::Alb | Integration::AlbMultiValue)
                .then(|| description(status)),
            headers: head.into_headers(integration, bodiless, head_request, Some(body.len() as u64))?,
            encoding,
            body_length: body.len(),
            escaped_length,
        })
    }

    /// Checks a body's length before its chunks are joined. The payload is at least as long.
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
        // A body with chunked framing is longer than its content, so its length proves nothing.
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

    /// Length in bytes of the body as [`write_body`](Self::write_body) writes it.
    #[must_use]
    pub fn encoded_body_length(&self) -> usize {
        match self.encoding {
            Encoding::Text => self.body_length,
            Encoding::Base64 => base64_length(self.body_length),
        }
    }

    /// Appends the body as text or base64, without the escapes of JSON:
    /// [`encoded_body_length`](Self::encoded_body_length) bytes. `body` must be the one that
    /// [`new`](Self::new) was given. Returns false if its length differs, or there is no room.
    #[must_use]
    pub fn write_body(&self, body: &[u8], out: &mut impl Output) -> bool {
        let Some(body) = self.sent(body) else { return false };
        match self.encoding {
            Encoding::Text => out.append(body),
            Encoding::Base64 => out.append_with(self.encoded_body_length(), |free| {
                let fits = free.len() >= base64_length(body.len());
                fits.then(|| base64_simd::STANDARD.encode(body, free))
            }),
        }
    }

    /// Returns the part of the body that is sent: all, or nothing. `None` if it is not the payload's body.
    fn sent<'b>(&self, body: &'b [u8]) -> Option<&'b [u8]> {
        match self.body_length {
            0 => Some(b""),
            length => Some(body).filter(|body| body.len() == length),
        }
    }

    /// The payload as JSON, ready to be written.
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

    /// Checks the size that the payload would have as JSON, for callers that
    /// leave the JSON to somebody else.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseTooLarge`].
    pub fn check_size(&self) -> Result<(), Error> {
        // No byte takes more than `\u0000` does: what is small enough even so is not counted.
        let headers = &self.headers;
        let single = headers.single.iter().map(|(_, name, value)| name.len() + value.len());
        let multi = headers.multi.iter().map(|(_, name, values)| name.len() + length_of(values));
        let length = single.sum::<usize>() + multi.sum::<usize>() + length_of(&headers.cookies) + self.body_length;
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
const fn base64_length(length: usize) -> usize {
    length.div_ceil(3) * 4
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
