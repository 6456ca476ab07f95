//! Sends the request in flight, receives its response, and decides whether the request may be sent again.
//!
//! A request may be sent again only if the first attempt cannot have had an effect:
//!
//! - A GET is idempotent. It may be sent again until the head of a response has arrived. After that, the response
//!   may name an invocation, which the caller must report.
//! - A POST may be sent again if it was not sent whole and no byte of a response has arrived. The Runtime API may
//!   have accepted a POST that was sent whole, even if no reply arrived.
//!
//! A request often fails on a connection that has carried an earlier request, because the server may have closed the
//! connection since then. If the rules above allow it, the client immediately sends such a request once more. For every
//! other failure, the caller gets [`Error::Connection`], whose field `repeatable` says whether the rules allow a retry.
//! The caller can wait before it retries: see lib/lamby/runtime/client.rb.

use std::io::{self, ErrorKind};

use crate::{
    Client, Error, Invocation, Reply,
    connection::Connection,
    http::{request_head::RequestHead, response::Response},
    stream::Stream,
};

/// Maximum number of bytes that an error message quotes from a reply.
const LONGEST_TEXT: usize = 1000;

/// A request whose response has not arrived yet.
#[derive(Debug)]
pub(crate) struct Request {
    method: Method,
    head: Vec<u8>,
    /// How many bytes of head and body have been sent.
    sent: usize,
    retried: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// Why an exchange failed.
struct Failed {
    source: io::Error,
    repeatable: bool,
}

impl Request {
    fn is_repeatable(&self, body: &[u8], response: &Response) -> bool {
        match self.method {
            Method::Get => !response.has_head(),
            Method::Post => !response.has_begun() && !self.is_sent(body),
        }
    }

    /// Returns whether the connection is known to be unusable for this request.
    ///
    /// A POST that was sent whole cannot be repeated, so this method always checks the connection before a POST. The
    /// check needs a system call. A GET can be repeated, so this method skips the check if the connection is fresh.
    fn needs_another(&self, connection: &Connection) -> bool {
        let check = self.method == Method::Post || !connection.is_fresh();
        check && connection.is_stale()
    }

    fn is_sent(&self, body: &[u8]) -> bool {
        self.sent == self.head.len() + body.len()
    }
}

impl Client {
    /// Makes a GET request, or continues the one in flight.
    pub(crate) fn get(&mut self, path: &str, fields: impl FnOnce(&mut RequestHead)) -> Result<(), Error> {
        self.check_process()?;
        if self.request.is_none() {
            // A caller that asks for another invocation has finished the previous invocation.
            self.settled();
            let mut head = RequestHead::get(&self.address, &self.common_fields, &[path]);
            fields(&mut head);
            let head = head.end().map_err(|source| self.connection_error(path, source, true))?;
            self.begin(Method::Get, head);
        }
        self.exchange(b"").map_err(|failed| match failed.source {
            source if source.kind() == ErrorKind::Interrupted => Error::Interrupted,
            source if self.response.has_head() && !Invocation(&self.response).request_id().is_empty() => {
                self.truncated(source)
            }
            source => self.connection_error(path, source, true),
        })
    }

    /// Makes a POST request, or continues the one in flight.
    pub(crate) fn post(
        &mut self,
        path: &[&str],
        body: &[u8],
        fields: impl FnOnce(&mut RequestHead),
    ) -> Result<Reply, Error> {
        self.check_process()?;
        if self.request.is_none() {
            let mut head = RequestHead::post(&self.address, &self.common_fields, path);
            fields(&mut head);
            let head = head.end_with_length(body.len());
            let head = head.map_err(|source| self.connection_error(&path.concat(), source, true))?;
            self.begin(Method::Post, head);
        }
        match self.exchange(body) {
            Err(failed) if failed.source.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
            // The caller needs only the status, which has arrived.
            Err(_) if self.response.has_head() => {}
            Err(failed) => return Err(self.connection_error(&path.concat(), failed.source, failed.repeatable)),
            Ok(()) => {}
        }
        let status = self.response.status();
        Ok(Reply { status, body: if status == 202 { String::new() } else { self.text() } })
    }

    fn begin(&mut self, method: Method, head: Vec<u8>) {
        self.response.clear();
        self.event_read = 0;
        self.stream = Stream::default();
        self.request = Some(Request { method, head, sent: 0, retried: false });
    }

    /// Sends the request in flight and receives its response, or continues where a signal interrupted it. After an
    /// interruption, the request stays in flight.
    fn exchange(&mut self, body: &[u8]) -> Result<(), Failed> {
        let Some(mut request) = self.request.take() else {
            return Err(Failed { source: ErrorKind::NotConnected.into(), repeatable: true });
        };
        loop {
            let was_used = self.connection.as_ref().is_some_and(Connection::is_used);
            let source = match self.advance(&mut request, body) {
                Ok(()) => {
                    self.keep_or_drop_connection();
                    return Ok(());
                }
                Err(source) if source.kind() == ErrorKind::Interrupted => {
                    self.request = Some(request);
                    return Err(Failed { source, repeatable: true });
                }
                Err(source) => source,
            };
            self.connection = None;
            let repeatable = request.is_repeatable(body, &self.response);
            if !repeatable || !was_used || request.retried {
                return Err(Failed { source, repeatable });
            }
            (request.sent, request.retried) = (0, true);
            self.response.clear();
        }
    }

    /// Connects, sends the rest of the request, and receives the response.
    fn advance(&mut self, request: &mut Request, body: &[u8]) -> io::Result<()> {
        let is_unusable = |connection: &Connection| request.sent == 0 && request.needs_another(connection);
        if self.connection.as_ref().is_none_or(is_unusable) {
            self.connection = None; // Closes the old connection before the new one is opened.
            self.connection = Some(self.connect()?);
        }
        let Self { connection: Some(connection), response, log, .. } = self else {
            return Err(ErrorKind::NotConnected.into());
        };
        while !request.is_sent(body) {
            match connection.write([&request.head, body], request.sent) {
                Ok(written) => request.sent += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                // The Runtime API may have refused the request before it had read the whole request. Its response
                // contains the reason for the refusal.
                Err(error) => return response.receive(connection).map_err(|_| error),
            }
        }
        if let (Method::Get, Some(log)) = (request.method, log) {
            // The invocation is recorded before the body is read, because the process may be killed while it
            // waits for the body.
            let received = response.receive_head(connection);
            if response.status() == 200 {
                log.received(Invocation(response));
            }
            received?;
        }
        response.receive(connection)
    }

    fn keep_or_drop_connection(&mut self) {
        let (keeps_alive, event_is_here) = (self.response.keeps_alive(), self.event_is_here());
        match self.connection.as_mut() {
            Some(connection) if keeps_alive => connection.set_used(),
            _ if event_is_here => self.connection = None,
            _ => {} // `read_event` reads the rest of the event from this response.
        }
    }

    /// Returns [`Error::Status`] if the response's status is not 2xx.
    pub(crate) fn check_success(&self, path: &str) -> Result<(), Error> {
        match self.response.status() {
            200..=299 => Ok(()),
            _ => Err(self.status_error(path)),
        }
    }

    pub(crate) fn status_error(&self, path: &str) -> Error {
        Error::Status { request: self.name(path), status: self.response.status(), body: self.text() }
    }

    pub(crate) fn connection_error(&self, path: &str, source: io::Error, repeatable: bool) -> Error {
        Error::Connection { request: self.name(path), address: self.address.host.clone(), source, repeatable }
    }

    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}{path}", self.address.prefix)
    }

    /// Returns the beginning of the response's body, short enough for an error message.
    pub(crate) fn text(&self) -> String {
        let body = self.response.buffered();
        String::from_utf8_lossy(body.get(..body.len().min(LONGEST_TEXT)).unwrap_or_default()).into_owned()
    }
}
