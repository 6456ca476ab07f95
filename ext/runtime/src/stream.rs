//! An answer that goes out piece by piece.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use std::io::{self, ErrorKind};

use crate::{
    Client, Error, Recipient, Reply,
    client::INVOCATION,
    connection::Connection,
    request::{Head, path_segment},
};

/// Real trailers of HTTP, with which an answer that broke off says why. They are announced
/// with every answer: when it begins, nobody knows.
const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// The piece that is on its way: what stands before the content, and how far it is out.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    before: Vec<u8>,
    sent: usize,
    under_way: bool,
    /// The last piece is out, and the answer to it is awaited.
    ended: bool,
}

/// Why an answer breaks off.
#[derive(Debug, Clone, Copy)]
pub struct Break<'a> {
    /// As of [`Failure`](crate::Failure).
    pub error_type: &'a str,
    /// [`Failure::body`](crate::Failure) in base64.
    pub body: &'a str,
}

impl Client {
    /// Begins to answer an invocation, with the first piece of the answer.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], [`Error::Connection`] where nobody is there,
    /// [`Error::Stream`] if the connection broke, [`Error::Forked`].
    pub fn begin_stream(&mut self, to: Recipient<'_>, content_type: &str, first: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        if !self.stream.under_way {
            let mut head =
                Head::post(&self.address, &self.agent, &[INVOCATION, &path_segment(to.request_id), "/response"]);
            head.field("Content-Type", content_type.as_bytes());
            head.field("Lambda-Runtime-Function-Response-Mode", b"streaming");
            head.field("Transfer-Encoding", b"chunked");
            head.field("Trailer", format!("{ERROR_TYPE}, {ERROR_BODY}").as_bytes());
            if let Some(id) = to.invocation_id {
                head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
            }
            head.raw("\r\n").raw(&size_line(first.len()));
            let before = head.bytes().map_err(|source| self.connection_error(INVOCATION, source, true))?;
            if self.connection.as_ref().is_some_and(Connection::is_stale) {
                self.connection = None;
            }
            if self.connection.is_none() {
                let opened = Connection::open(&self.address.host);
                self.connection = Some(opened.map_err(|source| self.connection_error(INVOCATION, source, true))?);
            }
            self.line.goes_over(self.connection.as_ref());
            self.response.clear();
            self.stream = Stream { before, under_way: true, ..Stream::default() };
        }
        self.send(first, b"\r\n")
    }

    /// Sends another piece. It waits while the other side reads slowly.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], [`Error::Stream`], [`Error::Forked`].
    pub fn write_stream(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        if piece.is_empty() {
            return Ok(()); // A chunk of no length is the end.
        }
        if !self.stream.under_way {
            self.stream = Stream { before: size_line(piece.len()).into_bytes(), under_way: true, ..Stream::default() };
        }
        self.send(piece, b"\r\n")
    }

    /// Sends the rest of a piece whose call was interrupted and not repeated. Does nothing if there is none.
    ///
    /// # Errors
    ///
    /// As [`write_stream`](Self::write_stream).
    pub fn resume_stream(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        match self.stream.under_way && !self.stream.ended {
            true => self.send(piece, b"\r\n"),
            false => Ok(()),
        }
    }

    /// Ends the answer, well or not. The connection is closed afterwards, as Lambda asks.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], [`Error::Stream`]; also where a piece was left half sent,
    /// as nothing can be said any more then. [`Error::Forked`].
    pub fn end_stream(&mut self, broken: Option<Break<'_>>) -> Result<Reply, Error> {
        self.check_process()?;
        if !self.stream.ended {
            if self.stream.under_way {
                self.disconnect();
                return Err(self.stream_error(io::Error::other("a piece of it was left half sent")));
            }
            let mut last = Head::trailers();
            last.raw("0\r\n");
            if let Some(Break { error_type, body }) = broken {
                last.field(ERROR_TYPE, error_type.as_bytes()).field(ERROR_BODY, body.as_bytes());
            }
            let before = last.end().map_err(|source| self.stream_error(source))?;
            self.stream = Stream { before, under_way: true, ended: true, ..Stream::default() };
        }
        if self.stream.under_way {
            self.send(b"", b"")?;
        }
        let received = match self.connection.as_mut() {
            Some(connection) => self.response.receive(connection),
            None => Err(ErrorKind::NotConnected.into()),
        };
        match received {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
            Err(error) if !self.response.has_head() => {
                self.disconnect();
                return Err(self.stream_error(error));
            }
            _ => {}
        }
        let reply = Reply { status: self.response.status(), body: self.text() };
        self.settled();
        self.disconnect();
        Ok(reply)
    }

    /// Sends what is left of a piece.
    fn send(&mut self, content: &[u8], after: &[u8]) -> Result<(), Error> {
        let length = self.stream.before.len() + content.len() + after.len();
        while self.stream.sent < length {
            let Some(connection) = self.connection.as_mut() else {
                self.disconnect();
                return Err(self.stream_error(ErrorKind::NotConnected.into()));
            };
            match connection.write([&self.stream.before, content, after], self.stream.sent) {
                Ok(written) => self.stream.sent += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
                Err(error) => {
                    // It has closed, and may have said why before.
                    let reason = match self.response.receive(connection) {
                        Ok(()) => io::Error::other(format!("it answered {}: {}", self.response.status(), self.text())),
                        Err(_) => error,
                    };
                    self.disconnect();
                    return Err(self.stream_error(reason));
                }
            }
        }
        self.stream.under_way = false;
        Ok(())
    }

    fn stream_error(&self, source: io::Error) -> Error {
        Error::Stream { source }
    }
}

fn size_line(length: usize) -> String {
    format!("{length:x}\r\n")
}
