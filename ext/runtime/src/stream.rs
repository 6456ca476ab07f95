//! Streamed responses.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use std::io::{self, ErrorKind};

use crate::{
    Client, Error, InvocationRef, Reply,
    client::INVOCATION,
    connection::Connection,
    http::request_head::{RequestHead, path_segment},
};

/// HTTP trailers for the error, if a streamed response ends early. The Trailer header announces them in every
/// response, because nobody knows at the start of a response whether it will fail.
const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// The chunk in flight: the bytes before its content, and how many bytes of the chunk are sent.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    before: Vec<u8>,
    sent: usize,
    in_flight: bool,
    /// Whether the last chunk is in flight or has been sent. The reply follows the last chunk.
    ended: bool,
}

/// The error that ends a streamed response early.
#[derive(Debug, Clone, Copy)]
pub struct ErrorTrailers<'a> {
    /// The type of the error, in the form of [`ErrorReport::error_type`](crate::ErrorReport::error_type).
    pub error_type: &'a str,
    /// [`ErrorReport::body`](crate::ErrorReport), encoded in base64.
    pub body: &'a str,
}

impl Client {
    /// Begins the streamed response to an invocation, and sends its first chunk.
    ///
    /// [`POST /2018-06-01/runtime/invocation/{request_id}/response`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming)
    ///
    /// # Errors
    ///
    /// - [`Error::Connection`] if no connection could be made.
    /// - [`Error::Stream`] if the connection failed later.
    /// - [`Error::Interrupted`] if a signal arrived. [`Error::Forked`] in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT, api::ACCEPTED]);
    /// use lamby_runtime::InvocationRef;
    ///
    /// let request_id = client.next_invocation()?.request_id().to_owned();
    /// let to = InvocationRef { request_id: &request_id, invocation_id: None };
    /// client.begin_stream(to, "application/octet-stream", b"Hello, ")?;
    /// client.write_stream(b"world")?;
    /// assert_eq!(client.end_stream(None)?.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn begin_stream(&mut self, to: InvocationRef<'_>, content_type: &str, first: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        if !self.stream.in_flight {
            let mut head = RequestHead::post(
                &self.address,
                &self.common_fields,
                &[INVOCATION, &path_segment(to.request_id), "/response"],
            );
            head.field("Content-Type", content_type.as_bytes());
            head.field("Lambda-Runtime-Function-Response-Mode", b"streaming");
            head.field("Transfer-Encoding", b"chunked");
            head.field("Trailer", format!("{ERROR_TYPE}, {ERROR_BODY}").as_bytes());
            to.write(&mut head);
            head.raw("\r\n").raw(&size_line(first.len()));
            let before = head.bytes().map_err(|source| self.connection_error(INVOCATION, source, true))?;
            if self.connection.as_ref().is_some_and(Connection::is_stale) {
                self.connection = None;
            }
            if self.connection.is_none() {
                let opened = self.connect();
                self.connection = Some(opened.map_err(|source| self.connection_error(INVOCATION, source, true))?);
            }
            self.abort_handle.attach(self.connection.as_ref());
            self.response.clear();
            self.stream = Stream { before, in_flight: true, ..Stream::default() };
        }
        self.send(first, b"\r\n")
    }

    /// Sends another chunk. Waits while the other side reads slowly. Sends nothing if the chunk is empty.
    ///
    /// # Errors
    ///
    /// [`Error::Stream`] if the connection failed. [`Error::Interrupted`] if a signal arrived. [`Error::Forked`] in a
    /// forked process.
    pub fn write_stream(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        if chunk.is_empty() {
            return Ok(()); // An empty chunk would end the body.
        }
        if !self.stream.in_flight {
            self.stream = Stream { before: size_line(chunk.len()).into_bytes(), in_flight: true, ..Stream::default() };
        }
        self.send(chunk, b"\r\n")
    }

    /// Sends the rest of a chunk. Use it if a signal interrupted a call that sends a chunk, and the caller has not
    /// repeated that call. Does nothing if no chunk is in flight.
    ///
    /// # Errors
    ///
    /// The same as for [`write_stream`](Self::write_stream).
    pub fn resume_stream(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.check_process()?;
        match self.stream.in_flight && !self.stream.ended {
            true => self.send(chunk, b"\r\n"),
            false => Ok(()),
        }
    }

    /// Ends the response. Reports the error if there is one. Closes the connection after the reply, as Lambda requires.
    ///
    /// # Errors
    ///
    /// - [`Error::Stream`] if the connection failed, or if a chunk was sent only in part. After a partial chunk, the
    ///   other side would treat the following bytes as the rest of the chunk.
    /// - [`Error::Interrupted`] if a signal arrived. [`Error::Forked`] in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::ACCEPTED]);
    /// use lamby_runtime::{ErrorTrailers, InvocationRef};
    ///
    /// let to = InvocationRef { request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd", invocation_id: None };
    /// client.begin_stream(to, "application/octet-stream", b"Hello, ")?;
    /// let error = ErrorTrailers { error_type: "Function.IOError", body: "eyJlcnJvck1lc3NhZ2UiOiJjbG9zZWQifQ==" };
    /// assert_eq!(client.end_stream(Some(error))?.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn end_stream(&mut self, error: Option<ErrorTrailers<'_>>) -> Result<Reply, Error> {
        self.check_process()?;
        if !self.stream.ended {
            if self.stream.in_flight {
                self.disconnect();
                return Err(self.stream_error(io::Error::other("a chunk of it was sent only in part")));
            }
            let mut last = RequestHead::trailers();
            last.raw("0\r\n");
            if let Some(ErrorTrailers { error_type, body }) = error {
                last.field(ERROR_TYPE, error_type.as_bytes()).field(ERROR_BODY, body.as_bytes());
            }
            let before = last.end().map_err(|source| self.stream_error(source))?;
            self.stream = Stream { before, in_flight: true, ended: true, ..Stream::default() };
        }
        if self.stream.in_flight {
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

    /// Sends the rest of the chunk in flight.
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
                    // The Runtime API may have sent a response with the reason before it closed the connection.
                    let reason = match self.response.receive(connection) {
                        Ok(()) => io::Error::other(format!(
                            "the Runtime API answered {}: {}",
                            self.response.status(),
                            self.text()
                        )),
                        Err(_) => error,
                    };
                    self.disconnect();
                    return Err(self.stream_error(reason));
                }
            }
        }
        self.stream.in_flight = false;
        Ok(())
    }

    fn stream_error(&self, source: io::Error) -> Error {
        Error::Stream { source }
    }
}

fn size_line(length: usize) -> String {
    format!("{length:x}\r\n")
}
