//! Determines where the body of a response ends.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>

/// The end of a body, as the header fields define it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The body ends after this many bytes.
    Length(usize),
    /// The body ends with the last chunk.
    Chunks,
    /// The body ends when the server closes the connection.
    Close,
}

/// The header fields that decide where the body ends, and whether the connection stays open.
#[derive(Debug)]
pub(crate) struct Framing<'a> {
    http_1_1: bool,
    keep_alive: bool,
    length: Option<&'a [u8]>,
    lengths_differ: bool,
    coding: Option<&'a [u8]>,
    several_codings: bool,
}

impl<'a> Framing<'a> {
    pub(crate) fn new(http_1_1: bool) -> Self {
        let (length, coding) = (None, None);
        Self { http_1_1, keep_alive: http_1_1, length, lengths_differ: false, coding, several_codings: false }
    }

    /// Reads a header field.
    pub(crate) fn field(&mut self, name: &str, value: &'a [u8]) {
        if name.eq_ignore_ascii_case("content-length") {
            if elements(value).next().is_none() {
                self.length = self.length.or(Some(b""));
            }
            for digits in elements(value) {
                // Equal values count as one (RFC 9110, 8.6).
                self.lengths_differ |= self.length.is_some_and(|first| first != digits);
                self.length = self.length.or(Some(digits));
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            for coding in elements(value) {
                self.several_codings |= self.coding.is_some();
                self.coding = self.coding.or(Some(coding));
            }
        } else if name.eq_ignore_ascii_case("connection") {
            let has = |token: &[u8]| elements(value).any(|it| it.eq_ignore_ascii_case(token));
            self.keep_alive = (self.keep_alive || has(b"keep-alive")) && !has(b"close");
        }
    }

    /// Returns how the body ends, or the reason why the end cannot be determined.
    pub(crate) fn end(&self, status: u16) -> Result<End, String> {
        match (status, self.coding, self.length) {
            (204 | 304, ..) => Ok(End::Length(0)),
            (_, Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") && !self.several_codings => Ok(End::Chunks),
            // The client sends no TE field, so the only coding that it accepts is "chunked" (RFC 9110, 10.1.4).
            (_, Some(coding), _) => Err(format!(
                "the Transfer-Encoding of its response is {}{}, and the client accepts only \"chunked\"",
                quote(coding),
                if self.several_codings { " and more" } else { "" }
            )),
            (_, None, Some(_)) if self.lengths_differ => Err("its response has several Content-Lengths".to_owned()),
            (_, None, Some(digits)) => match number(digits) {
                Some(length) => Ok(End::Length(length)),
                None => Err(format!("the Content-Length of its response is {}, which is not a length", quote(digits))),
            },
            (_, None, None) => Ok(End::Close),
        }
    }

    /// Returns whether another request may follow on the connection. If a response has both Transfer-Encoding and
    /// Content-Length, Transfer-Encoding takes precedence. The client must close the connection after such a response,
    /// and after a response in HTTP/1.0 with Transfer-Encoding (RFC 9112, 6.1).
    pub(crate) fn keeps_alive(&self) -> bool {
        self.keep_alive && (self.coding.is_none() || (self.length.is_none() && self.http_1_1))
    }
}

/// Returns the elements of a header field that is a list. Empty elements do not count (RFC 9110, 5.6.1.2).
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// Parses the length of a body. Accepts only digits. `parse` alone would also accept a sign.
fn number(digits: &[u8]) -> Option<usize> {
    let length = str::from_utf8(digits).ok().filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    isize::try_from(length).is_ok().then_some(length)
}

/// Quotes the first 100 bytes of outside input for an error message.
fn quote(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes.get(..bytes.len().min(100)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing<'a>(fields: &[(&str, &'a str)]) -> Framing<'a> {
        let mut framing = Framing::new(true);
        for (name, value) in fields {
            framing.field(name, value.as_bytes());
        }
        framing
    }

    #[test]
    fn the_fields_decide_where_a_body_ends() {
        const LENGTH: &str = "Content-Length";
        const CODING: &str = "transfer-encoding";
        for (fields, end, keep_alive) in [
            (&[][..], End::Close, true),
            (&[(LENGTH, "12")], End::Length(12), true),
            (&[(LENGTH, "12"), (LENGTH, "12")], End::Length(12), true),
            (&[(LENGTH, "12, 12 ,,12")], End::Length(12), true),
            (&[(CODING, "Chunked")], End::Chunks, true),
            (&[(CODING, ", chunked,")], End::Chunks, true),
            (&[(CODING, "")], End::Close, true),
            (&[(CODING, "chunked"), (LENGTH, "12")], End::Chunks, false),
            (&[(LENGTH, "x"), (CODING, "chunked")], End::Chunks, false),
            (&[(LENGTH, "1"), ("Connection", "x, Close")], End::Length(1), false),
        ] {
            let framing = framing(fields);
            assert_eq!((framing.end(200), framing.keeps_alive()), (Ok(end), keep_alive), "{fields:?}");
        }
        assert_eq!(framing(&[(LENGTH, "12")]).end(304), Ok(End::Length(0)));
    }

    #[test]
    fn the_fields_of_a_body_without_a_known_end_are_named() {
        let too_long = usize::MAX.to_string();
        for (fields, reason) in [
            (&[("Content-Length", "12"), ("Content-Length", "13")][..], "several Content-Lengths"),
            (&[("Content-Length", "12, 13")], "several Content-Lengths"),
            (&[("Content-Length", "+12")], "Content-Length of its response is \"+12\""),
            (&[("Content-Length", "-1")], "\"-1\""),
            (&[("Content-Length", "0x1")], "\"0x1\""),
            (&[("Content-Length", "")], "\"\""),
            (&[("Content-Length", &too_long)], "which is not a length"),
            (&[("Transfer-Encoding", "gzip, chunked")], "Transfer-Encoding of its response is \"gzip\" and more"),
            (&[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], "\"chunked\" and more"),
            (&[("Transfer-Encoding", "identity")], "\"identity\""),
        ] {
            let error = framing(fields).end(200).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn http_1_0_keeps_a_connection_only_with_a_keep_alive_header() {
        let mut framing = Framing::new(false);
        assert!(!framing.keeps_alive());
        framing.field("Connection", b"Keep-Alive");
        assert!(framing.keeps_alive());
        framing.field("Transfer-Encoding", b"chunked");
        assert!(!framing.keeps_alive());
    }
}
