//! Receives a response.

use std::io;

use super::{
    field::Field,
    response_head::{Body, ResponseHead, invalid},
};
use crate::connection::Connection;

/// Initial length of the buffer, in bytes. Most events fit into it with their headers.
const BUFFER: usize = 16 * 1024;
/// Longest head that is accepted, in bytes. AWS documents the same limit, 1 MiB, for the longest header that the client
/// sends, `Lambda-Runtime-Function-XRay-Error-Cause`.
const LONGEST_HEAD: usize = 1024 * 1024;
/// Longest body with a Content-Length that the client reads into the buffer, in bytes. It reads a longer body directly
/// into the caller's slice.
const SHORT_BODY: usize = 256 * 1024;

/// A response that is arriving.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// The buffer. The first `filled` bytes are received data. The rest is free.
    bytes: Vec<u8>,
    filled: usize,
    head: Option<ResponseHead>,
    /// How many bytes of interim responses were received. They are no longer in the buffer.
    interim: usize,
    /// The client has searched for the end of the head up to this position.
    searched: usize,
    /// When this many bytes have arrived, the client parses the head even if its end has not arrived. That way,
    /// the client soon rejects a response that is not HTTP.
    parse_at: usize,
}

impl Response {
    /// Resets everything for the next response.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
        self.head = None;
        self.restart_search();
        self.interim = 0;
        // Frees the memory that a large event needed.
        if self.bytes.len() > SHORT_BODY * 2 {
            self.bytes = Vec::new();
        }
    }

    /// Returns whether any byte of a response has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.filled > 0 || self.interim > 0
    }

    pub(crate) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }

    /// Returns whether another request may follow on the connection.
    pub(crate) fn keeps_alive(&self) -> bool {
        let ended = match &self.head {
            Some(ResponseHead { body: Body::Length(length), length: head, .. }) => {
                self.filled <= head.saturating_add(*length)
            }
            Some(ResponseHead { body: Body::Chunked(chunks), .. }) => chunks.end() == Some(self.filled),
            _ => false,
        };
        ended && self.head.as_ref().is_some_and(|head| head.keep_alive)
    }

    /// Returns the value of a header field; `None` if the field is missing, empty, or not UTF-8.
    pub(crate) fn field(&self, field: Field) -> Option<&str> {
        self.head.as_ref()?.field(&self.bytes, field)
    }

    /// Returns the part of the body that is in the buffer.
    pub(crate) fn buffered(&self) -> &[u8] {
        let range = match &self.head {
            Some(ResponseHead { body: Body::Length(length), length: head, .. }) => {
                *head..self.filled.min(head.saturating_add(*length))
            }
            Some(ResponseHead { body: Body::Chunked(chunks), .. }) => chunks.content.clone(),
            Some(ResponseHead { body: Body::UntilClose { .. }, length, .. }) => *length..self.filled,
            Some(ResponseHead { body: Body::Unknown(_), .. }) | None => 0..0,
        };
        self.bytes.get(range).unwrap_or_default()
    }

    /// Returns the length of the body in bytes. Call it after [`receive`](Self::receive) has returned.
    pub(crate) fn body_length(&self) -> usize {
        match &self.head {
            Some(ResponseHead { body: Body::Length(length), .. }) => *length,
            _ => self.buffered().len(),
        }
    }

    /// Receives the head, and the part of the body that arrives together with the head.
    pub(crate) fn receive_head(&mut self, connection: &mut Connection) -> io::Result<()> {
        while !self.is_received()? && self.head.is_none() {
            self.read_some(connection)?;
        }
        Ok(())
    }

    /// Receives the head and the body. Receives only the beginning of a long body of known length.
    pub(crate) fn receive(&mut self, connection: &mut Connection) -> io::Result<()> {
        while !self.is_received()? {
            self.read_some(connection)?;
        }
        Ok(())
    }

    fn read_some(&mut self, connection: &mut Connection) -> io::Result<()> {
        if self.filled == self.bytes.len() {
            self.grow()?;
        }
        let space = self.bytes.get_mut(self.filled..).unwrap_or_default();
        match connection.read(space) {
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.closed() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Doubles the buffer. If there is too little memory, returns an error instead of aborting the process, because the
    /// other side decides how much it sends.
    fn grow(&mut self) -> io::Result<()> {
        let length = self.filled.saturating_mul(2).max(BUFFER);
        let more = length.saturating_sub(self.bytes.len());
        self.bytes.try_reserve_exact(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.bytes.resize(length, 0);
        Ok(())
    }

    fn is_received(&mut self) -> io::Result<bool> {
        if self.head.is_none() {
            self.head = self.parse()?;
        }
        let received = self.bytes.get_mut(..self.filled).unwrap_or_default();
        let Some(head) = &mut self.head else { return Ok(false) };
        Ok(match &mut head.body {
            Body::Length(length) => *length > SHORT_BODY || self.filled >= head.length.saturating_add(*length),
            Body::Chunked(chunks) => {
                chunks.decode(received)?;
                chunks.end().is_some()
            }
            Body::UntilClose { closed } => *closed,
            Body::Unknown(reason) => return Err(invalid(reason.as_str())),
        })
    }

    /// Records that the other side has closed the connection. Returns whether the body is complete.
    fn closed(&mut self) -> bool {
        match &mut self.head {
            Some(ResponseHead { body: Body::UntilClose { closed }, .. }) => {
                *closed = true;
                true
            }
            _ => false,
        }
    }

    /// Returns the head of the final response, once it has arrived.
    ///
    /// "A client MUST be able to parse one or more 1xx responses received prior to a final response, even if the
    /// client does not expect one" (<https://www.rfc-editor.org/rfc/rfc9110#section-15.2>).
    fn parse(&mut self) -> io::Result<Option<ResponseHead>> {
        while self.head_may_have_ended() {
            let received = self.bytes.get(..self.filled).unwrap_or_default();
            match ResponseHead::parse(received)? {
                Some(ResponseHead { status: 101, .. }) => {
                    return Err(invalid("its response switches protocols, which the client did not ask for"));
                }
                Some(ResponseHead { status: 100..=199, length, .. }) => {
                    self.bytes.copy_within(length..self.filled, 0);
                    self.filled -= length;
                    self.interim += length;
                    self.restart_search();
                }
                Some(head) => {
                    head.unfold(&mut self.bytes);
                    return Ok(Some(head));
                }
                None if self.filled + self.interim >= LONGEST_HEAD => return Err(too_long()),
                None => {
                    self.parse_at = self.filled.saturating_mul(2);
                    break; // Otherwise the same bytes would be parsed again and again.
                }
            }
            if self.filled + self.interim >= LONGEST_HEAD {
                return Err(too_long());
            }
        }
        Ok(None)
    }

    /// Returns whether to parse the head now. If the head arrives byte by byte, parsing after every read would take
    /// quadratic time.
    fn head_may_have_ended(&mut self) -> bool {
        if self.filled == 0 || self.filled >= self.parse_at {
            return self.filled > 0;
        }
        let unseen = self.bytes.get(self.searched.saturating_sub(2)..self.filled).unwrap_or_default();
        self.searched = self.filled;
        unseen.windows(2).any(|pair| pair == b"\n\n") || unseen.windows(3).any(|it| it == b"\n\r\n")
    }

    fn restart_search(&mut self) {
        self.searched = 0;
        self.parse_at = 0;
    }
}

fn too_long() -> io::Error {
    invalid("the head of its response is over 1 MB")
}
