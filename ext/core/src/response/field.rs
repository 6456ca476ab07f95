//! One header of a response: its name, what Lamby does with it, and its value.

use std::borrow::Cow;

use super::{escape, text};
use crate::{Error, token::is_token_byte};

/// A header with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    pub(super) kind: FieldKind,
    /// The name in the application's spelling.
    pub name: Cow<'a, [u8]>,
    /// The value.
    pub value: FieldValue<'a>,
}

/// What Lamby does with a header. This is decided once, from the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// Sends the header.
    Other,
    /// Sends the header, and reads the body's type from it.
    ContentType,
    /// Sends the header. Sends the body as base64 if the header says that it is compressed.
    ContentEncoding,
    /// Sends the header. Sends the body as base64 if the value is `binary`.
    ContentTransferEncoding,
    /// Sends the header if the length is correct.
    ContentLength,
    /// Sends each value separately.
    SetCookie,
    /// Does not send the header. Decodes the body if the header says that it is in chunks.
    TransferEncoding,
    /// Does not send the header. Sends the body as base64 if the value is `1`.
    Base64Mark,
    /// Drops the header, because it is hop-by-hop, its name is `status` or begins with `rack.`, or its name is not
    /// legal.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>
    Dropped,
}

/// Longest name that Lamby sends, in bytes. It is the limit of the crate `http`.
const LONGEST_NAME: usize = 65_535;

impl FieldKind {
    /// Returns the kind of a header. Compares the name only with known names of the same length.
    ///
    /// Lamby drops a header whose name is not a token, because such a name could begin another header, or make the
    /// integration respond with 502. Puma too drops headers whose names have a control character, a space or a
    /// delimiter (`ILLEGAL_HEADER_KEY_REGEX` in its const.rb). <https://www.rfc-editor.org/rfc/rfc9110#section-5.1>
    pub(super) fn of(name: &[u8]) -> Self {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            2 if is(b"te") => Self::Dropped,
            6 if is(b"status") => Self::Dropped,
            7 if is(b"trailer") || is(b"upgrade") => Self::Dropped,
            10 if is(b"set-cookie") => Self::SetCookie,
            10 if is(b"connection") || is(b"keep-alive") => Self::Dropped,
            12 if is(b"content-type") => Self::ContentType,
            14 if is(b"content-length") => Self::ContentLength,
            14 if is(b"x-lamby-base64") => Self::Base64Mark,
            16 if is(b"content-encoding") => Self::ContentEncoding,
            16 if is(b"proxy-connection") => Self::Dropped,
            17 if is(b"transfer-encoding") => Self::TransferEncoding,
            25 if is(b"content-transfer-encoding") => Self::ContentTransferEncoding,
            // "Special headers starting rack. are for communicating with the server, and must not be sent back to the
            // client" (Rack SPEC).
            1..=LONGEST_NAME if is_token(name) && !name.starts_with(b"rack.") => Self::Other,
            _ => Self::Dropped,
        }
    }
}

/// Returns whether each byte may be in a token.
fn is_token(name: &[u8]) -> bool {
    // The loop does not end at the first illegal byte. Without a branch for each byte, it takes half as many
    // instructions.
    name.iter().fold(true, |all, byte| all & TOKEN.get(usize::from(*byte)).copied().unwrap_or(false))
}

/// Whether each byte may be in a token.
#[allow(clippy::indexing_slicing)] // In a constant, an index out of bounds is a compiler error.
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_token_byte(byte as u8);
        byte += 1;
    }
    table
};

/// The value of a header. In a [`Payload`](super::Payload) it is UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue<'a> {
    bytes: Cow<'a, [u8]>,
    /// Whether a JSON string contains the bytes unchanged, as is true for most values. For such a value, Lamby need not
    /// check for UTF-8 and need not count escapes.
    is_plain: bool,
}

impl<'a> FieldValue<'a> {
    /// Makes a value. Returns the bytes as the error if one of them is illegal.
    pub(super) fn new(bytes: Cow<'a, [u8]>) -> Result<Self, Cow<'a, [u8]>> {
        let is_plain = escape::is_plain(&bytes);
        // Without a branch for each byte, the compiler checks many bytes at once.
        if is_plain || bytes.iter().fold(true, |all, byte| all & is_value_byte(*byte)) {
            Ok(Self { bytes, is_plain })
        } else {
            Err(bytes)
        }
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whether a JSON string contains the bytes unchanged.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Converts the value to UTF-8 with [`text`].
    pub(super) fn decode(&mut self) -> Result<(), Error> {
        if !self.is_plain
            && let Cow::Owned(text) = text(&self.bytes)?
        {
            self.bytes = Cow::Owned(text.into_bytes());
        }
        Ok(())
    }

    /// Appends a comma, a space and another value.
    pub(super) fn join(&mut self, other: &FieldValue<'_>) {
        let bytes = self.bytes.to_mut();
        bytes.extend_from_slice(b", ");
        bytes.extend_from_slice(&other.bytes);
        self.is_plain &= other.is_plain;
    }
}

/// Returns whether a header's value may contain the byte. It may contain all bytes that Puma sends
/// (`ILLEGAL_HEADER_VALUE_REGEX` in its const.rb), including DEL. DEL cannot end a header. Rails copies a DEL from a
/// client's input into the Location of a redirect. If Lamby dropped such a Location, the redirect would fail.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>
const fn is_value_byte(byte: u8) -> bool {
    byte >= b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_http_crate_accepts() {
        let is_sent = |name: &[u8]| FieldKind::of(name) != FieldKind::Dropped;
        for byte in 0..=255 {
            for name in [&[byte][..], &[b'x', byte], &[byte; 70]] {
                assert_eq!(is_sent(name), http::HeaderName::from_bytes(name).is_ok(), "{name:?}");
            }
        }
        for length in [0, 1, 64, 65, LONGEST_NAME, LONGEST_NAME + 1] {
            let name = vec![b'x'; length];
            assert_eq!(is_sent(&name), http::HeaderName::from_bytes(&name).is_ok(), "{length}");
        }
    }

    #[test]
    fn a_kind_is_recognised_in_any_case() {
        for (name, kind) in [
            ("content-type", FieldKind::ContentType),
            ("content-encoding", FieldKind::ContentEncoding),
            ("content-transfer-encoding", FieldKind::ContentTransferEncoding),
            ("content-length", FieldKind::ContentLength),
            ("set-cookie", FieldKind::SetCookie),
            ("transfer-encoding", FieldKind::TransferEncoding),
            ("x-lamby-base64", FieldKind::Base64Mark),
            ("connection", FieldKind::Dropped),
            ("keep-alive", FieldKind::Dropped),
            ("proxy-connection", FieldKind::Dropped),
            ("te", FieldKind::Dropped),
            ("trailer", FieldKind::Dropped),
            ("upgrade", FieldKind::Dropped),
            ("status", FieldKind::Dropped),
            ("x-content-type", FieldKind::Other),
        ] {
            for name in [name.to_owned(), name.to_uppercase(), name.replace("con", "Con")] {
                assert_eq!(FieldKind::of(name.as_bytes()), kind, "{name}");
            }
        }
        assert_eq!(FieldKind::of(b"rack.hijack"), FieldKind::Dropped);
        assert_eq!(FieldKind::of(b"Rack.hijack"), FieldKind::Other);
    }

    #[test]
    fn a_value_may_contain_del_and_what_the_http_crate_accepts() {
        for byte in 0..=255 {
            let expected = byte == 0x7f || http::HeaderValue::from_bytes(&[byte]).is_ok();
            assert_eq!(is_value_byte(byte), expected, "{byte:#x}");
            for length in 1..20 {
                assert_eq!(FieldValue::new(vec![byte; length].into()).is_ok(), expected, "{byte:#x}");
            }
        }
    }
}
