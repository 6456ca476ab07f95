//! The status and headers that the application returned. This module checks them, and drops headers that must not be
//! sent.

use std::borrow::Cow;

use super::{
    chunked,
    field::{Field, FieldKind, FieldValue},
};
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

impl<'a> Head<'a> {
    /// Makes a head without headers.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the status is not 100 to 999.
    pub fn new(status: i64) -> Result<Self, Error> {
        match u16::try_from(status).ok().and_then(|status| http::StatusCode::from_u16(status).ok()) {
            Some(status) => Ok(Self { status: status.as_u16(), fields: Vec::with_capacity(16), ..Self::default() }),
            None => {
                Err(Error::InvalidResponse(format!("the application's status is {status}; HTTP allows 100 to 999")))
            }
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
    /// let field = &payload.headers.single[0];
    /// assert_eq!((&*field.name, field.value.as_bytes()), (&b"X-Numbers"[..], &b"1, 2, 3"[..]));
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// Lamby drops the header if it is hop-by-hop, if its name is `status` or begins with `rack.`, or if its name is
    /// not legal in HTTP.
    pub fn header(&mut self, name: Cow<'a, [u8]>) -> Values<'_, 'a> {
        Values { head: self, kind: FieldKind::of(&name), name }
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
        self.of_kind(FieldKind::ContentType).next()
    }

    pub(super) fn content_encodings(&self) -> impl Iterator<Item = &[u8]> {
        let encodings = self.of_kind(FieldKind::ContentEncoding);
        encodings.flat_map(|value| value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty()))
    }

    fn of_kind(&self, kind: FieldKind) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |field| field.kind == kind).map(|field| field.value.as_bytes())
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
    kind: FieldKind,
    /// The name in the application's spelling.
    name: Cow<'a, [u8]>,
}

impl<'a> Values<'_, 'a> {
    /// Adds each line of a string as a value. Rack 2 joins several values by line feeds, and old middleware still does
    /// so in Rack 3 applications.
    pub fn push_lines(&mut self, value: Cow<'a, [u8]>) {
        // A line feed is an illegal byte, so a legal value is one line.
        match FieldValue::new(value) {
            Ok(value) => self.add(value),
            Err(Cow::Borrowed(lines)) => lines_of(lines).for_each(|line| self.push(line.into())),
            Err(Cow::Owned(lines)) => lines_of(&lines).for_each(|line| self.push(line.to_vec().into())),
        }
    }

    /// Adds a value.
    ///
    /// A value with a line break or another control character is dropped, as on Puma, because it could inject a header.
    /// This is not an error, because clients could cause the error wherever an application copies their input into a
    /// header.
    pub fn push(&mut self, value: Cow<'a, [u8]>) {
        if let Ok(value) = FieldValue::new(value) {
            self.add(value);
        }
    }

    /// Adds a value of legal bytes.
    fn add(&mut self, value: FieldValue<'a>) {
        let (head, bytes) = (&mut *self.head, value.as_bytes());
        match self.kind {
            FieldKind::Other | FieldKind::ContentType | FieldKind::ContentEncoding | FieldKind::SetCookie => {}
            FieldKind::ContentTransferEncoding => {
                head.binary_mark |= bytes.trim_ascii().eq_ignore_ascii_case(b"binary")
            }
            FieldKind::Base64Mark => {
                head.binary_mark |= bytes == b"1";
                return;
            }
            FieldKind::TransferEncoding => {
                let last = bytes.rsplit(|&b| b == b',').next().unwrap_or_default();
                head.chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
                return;
            }
            FieldKind::ContentLength => {
                let digits = str::from_utf8(bytes).ok().filter(|it| !it.starts_with('+'));
                if let Some(length) = digits.and_then(|it| it.parse().ok()) {
                    head.length = Some((Field { kind: self.kind, name: self.name.clone(), value }, length));
                }
                return;
            }
            FieldKind::Dropped => return,
        }
        head.fields.push(Field { kind: self.kind, name: self.name.clone(), value });
    }
}

/// Returns the lines that are not empty.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'\n').filter(|line| !line.is_empty())
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
