//! The head of a response: its status line and its header fields.

use std::{io, ops::Range};

use super::{
    chunked::Chunks,
    field::Field,
    framing::{End, Framing},
};

/// How many header fields are parsed without an allocation. Lambda sends about ten.
const USUAL_FIELDS: usize = 16;
/// The maximum number of header fields that are accepted.
const MOST_FIELDS: usize = 4096;

/// The head of a response. It contains positions in the buffer that it was parsed from.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub status: u16,
    /// Position of each [`Field`]'s value in the buffer; `0..0` if the field is missing.
    values: [Range<usize>; Field::ALL.len()],
    /// Length of the head in bytes.
    pub length: usize,
    pub keep_alive: bool,
    pub body: Body,
}

/// Where the body ends.
#[derive(Debug)]
pub(super) enum Body {
    Length(usize),
    Chunked(Chunks),
    /// The body ends when the server closes the connection.
    UntilClose {
        closed: bool,
    },
    /// The reason why the end of the body cannot be determined. The head is still useful, because it names the
    /// invocation.
    Unknown(String),
}

impl ResponseHead {
    /// Parses the head at the start of the bytes. Returns `None` if the head is not complete.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut usual = [httparse::EMPTY_HEADER; USUAL_FIELDS];
        let mut more = Vec::new();
        let mut count = USUAL_FIELDS;
        loop {
            let fields = if count == USUAL_FIELDS { &mut usual[..] } else { &mut more[..] };
            let mut head = httparse::Response::new(fields);
            let mut rules = httparse::ParserConfig::default();
            // "A user agent that receives an obs-fold in a response message ... MUST replace each received obs-fold
            // with one or more SP octets" (RFC 9112, 5.2). `unfold` does that.
            rules.allow_obsolete_multiline_headers_in_responses(true);
            match rules.parse_response(&mut head, bytes) {
                Ok(httparse::Status::Complete(length)) => return Ok(Some(Self::new(bytes, &head, length))),
                Ok(httparse::Status::Partial) => return Ok(None),
                Err(httparse::Error::TooManyHeaders) if count < MOST_FIELDS => {
                    count *= 2;
                    more = Vec::new();
                    more.try_reserve_exact(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
                    more.resize(count, httparse::EMPTY_HEADER);
                }
                Err(httparse::Error::TooManyHeaders) => {
                    return Err(invalid(format!("its response has more than {MOST_FIELDS} header fields")));
                }
                Err(error) => return Err(invalid(format!("its response is not HTTP: {error}"))),
            }
        }
    }

    fn new(bytes: &[u8], parsed: &httparse::Response<'_, '_>, length: usize) -> Self {
        let status = parsed.code.unwrap_or_default();
        let mut framing = Framing::new(parsed.version == Some(1));
        let mut values = [const { 0..0 }; Field::ALL.len()];
        for field in parsed.headers.iter() {
            framing.field(field.name, field.value);
            let value = Field::find(field.name).and_then(|it| values.get_mut(it as usize));
            // If a field occurs several times, the first one counts.
            if let Some(value @ Range { start: 0, .. }) = value {
                *value = range_in(bytes, field.value);
            }
        }
        let body = match framing.end(status) {
            Ok(End::Length(length)) => Body::Length(length),
            Ok(End::Chunks) => Body::Chunked(Chunks::new(length)),
            Ok(End::Close) => Body::UntilClose { closed: false },
            Err(reason) => Body::Unknown(reason),
        };
        Self { status, values, length, keep_alive: framing.keeps_alive(), body }
    }

    /// Replaces the line breaks in folded values with spaces. Writes every byte, because the compiler then replaces many
    /// bytes at once.
    pub(super) fn unfold(&self, bytes: &mut [u8]) {
        for value in &self.values {
            for byte in bytes.get_mut(value.clone()).unwrap_or_default() {
                *byte = if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
            }
        }
    }

    /// Returns the value of a header field; `None` if the field is missing, empty, or not UTF-8.
    pub(super) fn field<'a>(&self, bytes: &'a [u8], field: Field) -> Option<&'a str> {
        let value = self.values.get(field as usize).filter(|value| !value.is_empty())?;
        let value = str::from_utf8(bytes.get(value.clone())?).ok()?.trim();
        (!value.is_empty()).then_some(value)
    }
}

/// Returns the position of `part` in `whole`.
fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}

pub(super) fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
