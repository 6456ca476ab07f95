//! A response as it comes in, read no further than it goes.

use std::{io, ops::Range};

use crate::{chunks::Chunks, connection::Connection};

/// What is read at once; most events fit, with their heads.
const BUFFER: usize = 16 * 1024;
/// More than that is no head. AWS's own limit for what it takes is 1 MB.
const LONGEST_HEAD: usize = 1024 * 1024;
/// Events longer than that are read to where they belong, without a stop in the buffer.
const SHORT_BODY: usize = 256 * 1024;
const MOST_FIELDS: usize = 64;

/// A response's bytes, and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// What has come is up to `filled`; the rest is there to be read into.
    bytes: Vec<u8>,
    filled: usize,
    head: Option<Head>,
}

#[derive(Debug)]
struct Head {
    status: u16,
    /// Names and values.
    fields: Vec<(Range<usize>, Range<usize>)>,
    /// Length of the head in bytes.
    length: usize,
    keep_alive: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Length(usize),
    Chunked(Chunks),
    UntilClose { closed: bool },
}

impl Response {
    /// Forgets all, for the next one.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
        self.head = None;
        // What a large event needed is not kept for ever.
        if self.bytes.len() > SHORT_BODY * 2 {
            self.bytes = Vec::new();
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.filled > 0
    }

    pub(crate) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }

    /// Whether another request may follow on the connection.
    pub(crate) fn keeps_alive(&self) -> bool {
        let ended = match &self.head {
            Some(Head { body: Body::Length(length), length: head, .. }) => self.filled <= head + length,
            Some(Head { body: Body::Chunked(chunks), .. }) => chunks.end() == Some(self.filled),
            _ => false,
        };
        ended && self.head.as_ref().is_some_and(|head| head.keep_alive)
    }

    /// The value of a field, by its name in lower case; an empty one counts as none.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let matches = |range: &Range<usize>| {
            self.bytes.get(range.clone()).is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
        };
        let (_, value) = self.head.as_ref()?.fields.iter().find(|(name, _)| matches(name))?;
        let value = str::from_utf8(self.bytes.get(value.clone())?).ok()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The part of the body that is in the buffer.
    pub(crate) fn buffered(&self) -> &[u8] {
        let range = match &self.head {
            Some(Head { body: Body::Length(length), length: head, .. }) => *head..self.filled.min(head + length),
            Some(Head { body: Body::Chunked(chunks), .. }) => chunks.content.clone(),
            Some(Head { body: Body::UntilClose { .. }, length, .. }) => *length..self.filled,
            None => 0..0,
        };
        self.bytes.get(range).unwrap_or_default()
    }

    /// Length of the body in bytes, once [`receive`](Self::receive) has returned.
    pub(crate) fn body_length(&self) -> usize {
        match &self.head {
            Some(Head { body: Body::Length(length), .. }) => *length,
            _ => self.buffered().len(),
        }
    }

    /// Reads the head and the body, or of a long body of known length the beginning.
    pub(crate) fn receive(&mut self, connection: &mut Connection) -> io::Result<()> {
        while !self.is_received()? {
            if self.filled == self.bytes.len() {
                self.bytes.resize((self.filled * 2).max(BUFFER), 0);
            }
            let space = self.bytes.get_mut(self.filled..).unwrap_or_default();
            match connection.read(space) {
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.closed() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_received(&mut self) -> io::Result<bool> {
        if self.head.is_none() {
            self.head = self.parse()?;
        }
        let come = self.bytes.get_mut(..self.filled).unwrap_or_default();
        let Some(head) = &mut self.head else { return Ok(false) };
        Ok(match &mut head.body {
            Body::Length(length) => *length > SHORT_BODY || self.filled >= head.length + *length,
            Body::Chunked(chunks) => {
                chunks.decode(come)?;
                chunks.end().is_some()
            }
            Body::UntilClose { closed } => *closed,
        })
    }

    /// Takes note that there will be no more, and tells whether that is an end.
    fn closed(&mut self) -> bool {
        match &mut self.head {
            Some(Head { body: Body::UntilClose { closed }, .. }) => {
                *closed = true;
                true
            }
            _ => false,
        }
    }

    fn parse(&mut self) -> io::Result<Option<Head>> {
        let come = self.bytes.get(..self.filled).unwrap_or_default();
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut fields);
        match head.parse(come) {
            Ok(httparse::Status::Complete(length)) => Head::new(come, &head, length).map(Some),
            Ok(httparse::Status::Partial) if self.filled < LONGEST_HEAD => Ok(None),
            Ok(httparse::Status::Partial) => Err(invalid("its answer's head is over 1 MB")),
            Err(error) => Err(invalid(format!("its answer is not HTTP: {error}"))),
        }
    }
}

impl Head {
    fn new(come: &[u8], parsed: &httparse::Response<'_, '_>, length: usize) -> io::Result<Self> {
        let status = parsed.code.unwrap_or_default();
        let mut keep_alive = parsed.version == Some(1);
        let mut body = match status {
            100..=199 | 204 | 304 => Body::Length(0),
            _ => Body::UntilClose { closed: false },
        };
        let mut fields = Vec::with_capacity(parsed.headers.len());
        for field in parsed.headers.iter() {
            let has = |token: &str| {
                field.value.split(|&byte| byte == b',').any(|it| it.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
            };
            if field.name.eq_ignore_ascii_case("transfer-encoding") && has("chunked") {
                body = Body::Chunked(Chunks::new(length));
            } else if field.name.eq_ignore_ascii_case("content-length") && matches!(body, Body::UntilClose { .. }) {
                let digits = str::from_utf8(field.value).ok().and_then(|digits| digits.trim().parse().ok());
                body = Body::Length(digits.ok_or_else(|| invalid("its answer's Content-Length is no number"))?);
            } else if field.name.eq_ignore_ascii_case("connection") {
                keep_alive = (keep_alive || has("keep-alive")) && !has("close");
            }
            fields.push((range_in(come, field.name.as_bytes()), range_in(come, field.value)));
        }
        Ok(Self { status, fields, length, keep_alive, body })
    }
}

/// Where a part is inside of the whole.
fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
