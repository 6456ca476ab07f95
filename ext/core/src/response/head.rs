//! The status and headers that the application returned. This module checks them, and drops headers that must not be
//! sent.

use std::borrow::Cow;

use http::{HeaderName, header};

use super::chunked;
use crate::Error;

/// The status and headers that the application returned, without the headers that must not be sent.
#[derive(Debug, Clone, Default)]
pub struct Head<'a> {
    pub(super) status: u16,
    pub(super) binary_mark: bool,
    /// Whether the last `Transfer-Encoding` is `chunked`.
    pub(super) chunked: bool,
    /// The last valid Content-Length field, and its value as a number.
    pub(super) length: Option<(Field<'a>, u64)>,
    pub(super) fields: Vec<Field<'a>>,
}

/// A value of a header.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) name: HeaderName,
    /// The name in the application's spelling; empty for the second and later values of a header.
    pub(super) spelling: Cow<'a, [u8]>,
    pub(super) value: Cow<'a, [u8]>,
}

impl<'a> Head<'a> {
    /// Makes a head without headers.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the status is not 100 to 999.
    pub fn new(status: i64) -> Result<Self, Error> {
        match u16::try_from(status).ok().and_then(|status| http::StatusCode::from_u16(status).ok()) {
            Some(status) => Ok(Self { status: status.as_u16(), fields: Vec::with_capacity(16), ..Self::default() }),
            None => Err(Error::InvalidResponse(format!("the application's status is {status}; HTTP has 100 to 999"))),
        }
    }

    /// Returns an object that adds values to a header.
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Head, Payload}};
    ///
    /// let mut head = Head::new(200)?;
    /// let mut values = head.header(b"X-Numbers".into());
    /// values.push(b"1".into());
    /// values.push_lines(b"2\n3".into());
    /// let payload = Payload::new(Integration::FunctionUrl, head, false, b"")?;
    /// let (name, spelling, value) = &payload.headers.single[0];
    /// assert_eq!((name.as_str(), &**spelling, &**value), ("x-numbers", &b"X-Numbers"[..], &b"1, 2, 3"[..]));
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// Lamby drops a header whose name is not a token, because such a name could begin another header, or make the
    /// integration respond with 502. Puma too drops headers whose names have a control character, a space or a
    /// delimiter (`ILLEGAL_HEADER_KEY_REGEX` in its const.rb). <https://www.rfc-editor.org/rfc/rfc9110#section-5.1>
    pub fn header(&mut self, name: Cow<'a, [u8]>) -> Values<'_, 'a> {
        // "Special headers starting rack. are for communicating with the server, and
        // must not be sent back to the client" (Rack SPEC).
        let parsed = if name.starts_with(b"rack.") { None } else { HeaderName::from_bytes(&name).ok() };
        let purpose = parsed.as_ref().map_or(Purpose::None, Purpose::of);
        Values { head: self, name: parsed, spelling: name, first: usize::MAX, purpose }
    }

    /// Adds a header with one value.
    pub fn push(&mut self, name: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        self.header(name).push(value);
    }

    /// Decodes a whole body that the application sent in chunks. Returns `None` if the response has no
    /// `Transfer-Encoding: chunked`, or if the body is not in chunks.
    ///
    /// ```
    /// use lamby_core::response::Head;
    ///
    /// let mut head = Head::new(200)?;
    /// head.push(b"transfer-encoding".into(), b"chunked".into());
    /// assert_eq!(head.content(b"5\r\nhello\r\n0\r\n\r\n")?.as_deref(), Some(&b"hello"[..]));
    /// assert_eq!(head.content(b"hello")?, None);
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`].
    pub fn content(&self, body: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if self.chunked { chunked::content(body) } else { Ok(None) }
    }

    pub(super) fn content_type(&self) -> Option<&[u8]> {
        self.fields.iter().find(|field| field.name == header::CONTENT_TYPE).map(|field| &*field.value)
    }

    pub(super) fn content_encodings(&self) -> impl Iterator<Item = &[u8]> {
        let encodings = self.fields.iter().filter(|field| field.name == header::CONTENT_ENCODING);
        encodings
            .flat_map(|field| field.value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty()))
    }

    /// Returns the application's Content-Length. Ignores it if the response also has `Transfer-Encoding: chunked`.
    /// <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>
    pub(super) fn declared_length(&self) -> Option<u64> {
        self.length.as_ref().filter(|_| !self.chunked).map(|(_, length)| *length)
    }
}

/// Adds values to one header of a [`Head`].
#[derive(Debug)]
pub struct Values<'h, 'a> {
    head: &'h mut Head<'a>,
    /// The parsed name. It is `None` if the name is not legal, or if the first value has already taken it.
    name: Option<HeaderName>,
    spelling: Cow<'a, [u8]>,
    /// The index of the first value's field.
    first: usize,
    purpose: Purpose,
}

impl<'a> Values<'_, 'a> {
    /// Adds the values of a string. Rack 2 joins several values by line feeds, and old middleware still does
    /// so in Rack 3 applications.
    pub fn push_lines(&mut self, value: Cow<'a, [u8]>) {
        if !value.contains(&b'\n') {
            return self.push(value);
        }
        for line in value.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            self.push(Cow::Owned(line.to_vec()));
        }
    }

    /// Adds a value.
    ///
    /// A value with a line break or another control character is dropped, as on Puma, because it could inject a header.
    /// This is not an error, because clients could cause the error wherever an application copies their input into a
    /// header.
    pub fn push(&mut self, value: Cow<'a, [u8]>) {
        if !value.iter().all(|byte| is_value_byte(*byte)) {
            return;
        }
        match self.purpose {
            Purpose::Send => {}
            Purpose::None => return,
            Purpose::BodyEncoding => self.head.binary_mark |= value.trim_ascii().eq_ignore_ascii_case(b"binary"),
            Purpose::Base64Mark => {
                self.head.binary_mark |= &*value == b"1";
                return;
            }
            Purpose::Framing => {
                let last = value.rsplit(|&b| b == b',').next().unwrap_or_default();
                self.head.chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
                return;
            }
            Purpose::Length => {
                let digits = str::from_utf8(&value).ok().filter(|it| !it.starts_with('+'));
                if let Some(length) = digits.and_then(|it| it.parse().ok()) {
                    let field = Field { name: header::CONTENT_LENGTH, spelling: self.spelling.clone(), value };
                    self.head.length = Some((field, length));
                }
                return;
            }
        }
        let fields = &mut self.head.fields;
        let name = match self.name.take() {
            Some(name) => {
                self.first = fields.len();
                name
            }
            None => match fields.get(self.first) {
                Some(first) => first.name.clone(),
                None => return,
            },
        };
        fields.push(Field { name, spelling: std::mem::take(&mut self.spelling), value });
    }
}

/// The reader of a header, and its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The client.
    Send,
    /// Nobody. Lamby drops the header, because it is hop-by-hop or not legal.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>
    None,
    /// The client. The value `binary` also marks the body as binary.
    BodyEncoding,
    /// Lamby. The header forces base64, and is not sent.
    Base64Mark,
    /// Lamby. The header says whether the body is in chunks, and is not sent.
    Framing,
    /// The client, if the length is correct.
    Length,
}

impl Purpose {
    fn of(name: &HeaderName) -> Self {
        match name.as_str() {
            "content-transfer-encoding" => Self::BodyEncoding,
            "x-lamby-base64" => Self::Base64Mark,
            "transfer-encoding" => Self::Framing,
            "content-length" => Self::Length,
            "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer" | "upgrade" | "status" => Self::None,
            _ => Self::Send,
        }
    }
}

/// Returns whether a header's value may contain the byte. It may contain all bytes that Puma sends
/// (`ILLEGAL_HEADER_VALUE_REGEX` in its const.rb), including DEL. DEL cannot end a header, and Rails lets clients put
/// it into a redirect. <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>
const fn is_value_byte(byte: u8) -> bool {
    byte >= b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: impl IntoIterator<Item = (String, String)>) -> Head<'static> {
        let mut head = Head::new(200).unwrap();
        for (name, value) in fields {
            head.header(name.into_bytes().into()).push_lines(value.into_bytes().into());
        }
        head
    }

    #[test]
    fn a_value_may_contain_del_and_what_the_http_crate_accepts() {
        for byte in 0..=255 {
            let expected = byte == 0x7f || http::HeaderValue::from_bytes(&[byte]).is_ok();
            assert_eq!(is_value_byte(byte), expected, "{byte:#x}");
        }
    }

    #[test]
    fn a_body_is_chunked_if_the_last_transfer_coding_is() {
        for (value, expected) in [
            ("chunked", true),
            (" Chunked ", true),
            ("gzip, chunked", true),
            ("gzip", false),
            ("chunked, gzip", false),
            ("", false),
        ] {
            let head = head([("Transfer-Encoding".to_owned(), value.to_owned())]);
            assert_eq!((head.chunked, head.fields.len()), (expected, 0), "{value}");
        }
    }
}
