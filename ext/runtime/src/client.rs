//! The Runtime API's endpoints.

use std::{
    io::{self, ErrorKind},
    process,
};

use crate::{
    Error, Invocation,
    address::Address,
    connection::{AbortHandle, Connection},
    http::request_head::{Head, path_segment},
    http::response::Response,
    in_flight_log::InFlightLog,
    stream::Stream,
};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
pub(crate) const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const RESTORE_NEXT: &str = "/2018-06-01/runtime/restore/next";
const RESTORE_ERROR: &str = "/2018-06-01/runtime/restore/error";
const REGISTER: &str = "/2020-01-01/extension/register";
const EXTENSION_EVENT: &str = "/2020-01-01/extension/event/next";

/// Longest part of a reply that an error message quotes, in bytes.
const LONGEST_TEXT: usize = 1000;

/// A client of the Runtime API with one keep-alive connection. It makes one request at a time.
///
/// The client retries a request by itself in one case: the server closed the keep-alive connection between two
/// requests, and the request cannot have had an effect. Then the client opens a new connection and sends the
/// request again, once and at once. The caller decides about all other retries: see [`Error::Connection`].
///
/// Only the process that made the client can use it. A forked process has a copy of the socket, and the
/// Runtime API could not distinguish its requests from its parent's. So in a forked process, every call that
/// sends something returns [`Error::Forked`].
#[derive(Debug)]
pub struct Client {
    pub(crate) address: Address,
    pub(crate) agent: String,
    pub(crate) connection: Option<Connection>,
    pub(crate) abort_handle: AbortHandle,
    request: Option<Request>,
    pub(crate) stream: Stream,
    pub(crate) response: Response,
    /// How many bytes of a long event `read_event` has copied to its caller.
    event_read: usize,
    /// Id of the process that made the client.
    process: u32,
    log: Option<InFlightLog>,
}

/// A request whose response has not arrived yet.
#[derive(Debug)]
struct Request {
    head: Vec<u8>,
    /// How many bytes of head and body are sent.
    sent: usize,
    repeated: bool,
}

/// The invocation that a response or an error belongs to.
#[derive(Debug, Clone, Copy)]
pub struct InvocationRef<'a> {
    /// [`Invocation::request_id`].
    pub request_id: &'a str,
    /// [`Invocation::invocation_id`].
    pub invocation_id: Option<&'a str>,
}

/// The report of an error of an invocation, of the initialization, or of a restore.
#[derive(Debug, Clone, Copy)]
pub struct ErrorReport<'a> {
    /// `Function.Name` or `Runtime.Name`. Lambda files a type of another form as unknown.
    pub error_type: &'a str,
    /// A JSON object with `errorMessage`, `errorType` and `stackTrace`.
    pub body: &'a [u8],
    /// JSON for X-Ray, less than 1 MiB.
    pub cause: Option<&'a [u8]>,
}

/// The Runtime API's reply to a response or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code: 202 if the Runtime API accepted it.
    pub status: u16,
    /// The beginning of the reply's body; empty if the status is 202.
    pub body: String,
}

impl Client {
    /// Makes a client of the Runtime API at `HOST:PORT`, with an optional path behind the port.
    /// The client connects when it makes its first request.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] if it is not an address.
    pub fn new(address: &str, agent: &str) -> Result<Self, Error> {
        Ok(Self {
            address: Address::parse(address)?,
            agent: agent.to_owned(),
            connection: None,
            abort_handle: AbortHandle::default(),
            request: None,
            stream: Stream::default(),
            response: Response::default(),
            event_read: 0,
            process: process::id(),
            log: None,
        })
    }

    /// Records in `log` which invocation this client has in flight. An invocation is in flight from the arrival
    /// of its headers until the Runtime API has replied to its response or its error.
    pub fn log_in_flight(&mut self, log: InFlightLog) {
        self.log = Some(log);
    }

    /// Waits for the next invocation and returns its headers. Read its event with
    /// [`read_event`](Self::read_event). There is no timeout, because Lambda freezes the process while it waits.
    ///
    /// # Errors
    ///
    /// - [`Error::Truncated`] if the invocation arrived only in part. Report it with [`report_error`](Self::report_error).
    /// - [`Error::Connection`] if the connection failed before that.
    /// - [`Error::Status`] if the status is not 200.
    /// - [`Error::Interrupted`], [`Error::Forked`].
    pub fn next_invocation(&mut self) -> Result<Invocation<'_>, Error> {
        self.check_process()?;
        if self.request.is_none() {
            // The caller sends nothing more about the previous invocation when it asks for another one.
            self.settled();
        }
        self.get(NEXT, |_| ())?;
        let missing = Invocation(&self.response).request_id().is_empty();
        match self.response.status() {
            200 if !missing => Ok(Invocation(&self.response)),
            200 => {
                self.connection = None;
                let reason =
                    io::Error::new(ErrorKind::InvalidData, "its response has no Lambda-Runtime-Aws-Request-Id header");
                Err(self.connection_error(NEXT, reason, true))
            }
            status => Err(Error::Status { request: self.name(NEXT), status, body: self.text() }),
        }
    }

    /// Returns the invocation of the last [`next_invocation`](Self::next_invocation) again.
    #[must_use]
    pub fn invocation(&self) -> Invocation<'_> {
        Invocation(&self.response)
    }

    /// Waits until Lambda has restored the process from its snapshot.
    ///
    /// # Errors
    ///
    /// As for [`next_invocation`](Self::next_invocation), except `Truncated`.
    pub fn restore_next(&mut self) -> Result<(), Error> {
        self.get(RESTORE_NEXT, |_| ())?;
        match self.response.status() {
            200..=299 => Ok(()),
            status => Err(Error::Status { request: self.name(RESTORE_NEXT), status, body: self.text() }),
        }
    }

    /// Returns the length of the event in bytes, after [`next_invocation`](Self::next_invocation).
    #[must_use]
    pub fn event_length(&self) -> usize {
        self.response.body_length()
    }

    /// Returns whether the whole event has arrived, so that [`read_event`](Self::read_event) does not wait.
    #[must_use]
    pub fn event_is_here(&self) -> bool {
        self.response.buffered().len() == self.response.body_length()
    }

    /// Returns the part of the event that has arrived. It is the whole event if
    /// [`event_is_here`](Self::event_is_here).
    #[must_use]
    pub fn received_event(&self) -> &[u8] {
        self.response.buffered()
    }

    /// Reads the event into a slice of [`event_length`](Self::event_length) bytes.
    ///
    /// # Errors
    ///
    /// - [`Error::Truncated`] if the connection failed first. Report the invocation with [`report_error`](Self::report_error).
    /// - [`Error::Interrupted`].
    pub fn read_event(&mut self, into: &mut [u8]) -> Result<(), Error> {
        if self.event_read == 0 {
            let buffered = self.response.buffered();
            match into.get_mut(..buffered.len()) {
                Some(start) => start.copy_from_slice(buffered),
                None => return Err(self.truncated(ErrorKind::InvalidInput.into())),
            }
            self.event_read = buffered.len();
        }
        while self.event_read < into.len() {
            let connection = self.connection.as_mut();
            let read = match (connection, into.get_mut(self.event_read..)) {
                (Some(connection), Some(unread)) => connection.read(unread),
                _ => Err(ErrorKind::NotConnected.into()),
            };
            match read {
                Ok(read) => self.event_read += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
                Err(error) => {
                    self.connection = None;
                    return Err(self.truncated(error));
                }
            }
        }
        if !self.response.keeps_alive() {
            self.connection = None;
        }
        Ok(())
    }

    /// Discards an event that the caller has no memory for, and drops the connection. Returns an
    /// [`Error::Truncated`] that names the invocation.
    pub fn discard_event(&mut self) -> Error {
        self.connection = None;
        self.truncated(ErrorKind::OutOfMemory.into())
    }

    /// Discards the invocation that [`next_invocation`](Self::next_invocation) has begun to receive or has
    /// returned, and drops the connection. Returns its request id and its invocation id, so that the caller can
    /// report it as failed. Returns `None` if no invocation has arrived since the last request.
    pub fn abandon(&mut self) -> Option<(String, Option<String>)> {
        let invocation = Invocation(&self.response);
        let (request_id, invocation_id) = (invocation.request_id().to_owned(), invocation.invocation_id());
        let invocation_id = invocation_id.map(str::to_owned);
        if self.response.status() != 200 || request_id.is_empty() {
            return None;
        }
        self.disconnect();
        Some((request_id, invocation_id))
    }

    /// Sends the response to an invocation.
    ///
    /// # Errors
    ///
    /// [`Error::Connection`], [`Error::Interrupted`], [`Error::Forked`].
    pub fn respond(&mut self, to: InvocationRef<'_>, content_type: &str, body: &[u8]) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/response"], body, |head| {
            head.field("Content-Type", content_type.as_bytes());
            if let Some(id) = to.invocation_id {
                head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
            }
        })?;
        self.settled();
        Ok(reply)
    }

    /// Reports that an invocation failed.
    ///
    /// # Errors
    ///
    /// As for [`respond`](Self::respond).
    pub fn report_error(&mut self, to: InvocationRef<'_>, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/error"], report.body, |head| {
            report.write(head);
            if let Some(id) = to.invocation_id {
                head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
            }
        })?;
        self.settled();
        Ok(reply)
    }

    /// Reports that the initialization of the function failed. The process should end afterwards.
    ///
    /// # Errors
    ///
    /// As for [`respond`](Self::respond).
    pub fn report_init_error(&mut self, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        self.post(&[INIT_ERROR], report.body, |head| report.write(head))
    }

    /// Reports that the function failed after Lambda had restored its snapshot. The process should end afterwards.
    ///
    /// # Errors
    ///
    /// As for [`respond`](Self::respond).
    pub fn report_restore_error(&mut self, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        self.post(&[RESTORE_ERROR], report.body, |head| report.write(head))
    }

    /// Registers an internal extension that subscribes to no events, and returns its identifier.
    ///
    /// Lambda sends SIGTERM before it ends the process only if an extension is registered. Register it before
    /// the first [`next_invocation`](Self::next_invocation): later, Lambda refuses it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
    ///
    /// # Errors
    ///
    /// As for [`restore_next`](Self::restore_next).
    pub fn register_extension(&mut self, name: &str) -> Result<String, Error> {
        let reply = self.post(&[REGISTER], b"{\"events\":[]}", |head| {
            head.field("Lambda-Extension-Name", name.as_bytes()).field("Content-Type", b"application/json");
        })?;
        match self.response.field("lambda-extension-identifier") {
            Some(identifier) if reply.status == 200 => Ok(identifier.to_owned()),
            _ => Err(Error::Status { request: self.name(REGISTER), status: reply.status, body: reply.body }),
        }
    }

    /// Waits for an event of the extension. The wait tells Lambda that the extension is ready. It does not end,
    /// because the extension subscribes to no events.
    ///
    /// # Errors
    ///
    /// As for [`restore_next`](Self::restore_next).
    pub fn extension_event(&mut self, identifier: &str) -> Result<(), Error> {
        self.get(EXTENSION_EVENT, |head| {
            head.field("Lambda-Extension-Identifier", identifier.as_bytes());
        })?;
        match self.response.status() {
            200..=299 => Ok(()),
            status => Err(Error::Status { request: self.name(EXTENSION_EVENT), status, body: self.text() }),
        }
    }

    /// Returns a handle with which another thread can abort the stream.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.abort_handle.clone()
    }

    /// Returns [`Error::Forked`] in a process that was forked from the one that made the client.
    pub(crate) fn check_process(&self) -> Result<(), Error> {
        match self.process == process::id() {
            true => Ok(()),
            false => Err(Error::Forked),
        }
    }

    /// Drops the connection, with the request or the stream in flight.
    pub fn disconnect(&mut self) {
        self.connection = None;
        self.request = None;
        self.stream = Stream::default();
    }

    fn get(&mut self, path: &str, fields: impl FnOnce(&mut Head)) -> Result<(), Error> {
        self.check_process()?;
        if self.request.is_none() {
            let mut head = Head::get(&self.address, &self.agent, &[path]);
            fields(&mut head);
            self.begin(head.end().map_err(|source| self.connection_error(path, source, true))?);
        }
        self.exchange(b"", true).map_err(|failed| match failed.source {
            source if source.kind() == ErrorKind::Interrupted => Error::Interrupted,
            source if self.response.has_head() && !Invocation(&self.response).request_id().is_empty() => {
                self.truncated(source)
            }
            source => self.connection_error(path, source, true),
        })
    }

    fn post(&mut self, path: &[&str], body: &[u8], fields: impl FnOnce(&mut Head)) -> Result<Reply, Error> {
        self.check_process()?;
        if self.request.is_none() {
            let mut head = Head::post(&self.address, &self.agent, path);
            fields(&mut head);
            let head = head.end_with_length(body.len());
            self.begin(head.map_err(|source| self.connection_error(&path.concat(), source, true))?);
        }
        match self.exchange(body, false) {
            Err(failed) if failed.source.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
            // Nothing but the status is needed, and it has arrived.
            Err(_) if self.response.has_head() => {}
            Err(failed) => return Err(self.connection_error(&path.concat(), failed.source, failed.repeatable)),
            Ok(()) => {}
        }
        let status = self.response.status();
        Ok(Reply { status, body: if status == 202 { String::new() } else { self.text() } })
    }

    fn begin(&mut self, head: Vec<u8>) {
        self.response.clear();
        self.event_read = 0;
        self.stream = Stream::default();
        self.request = Some(Request { head, sent: 0, repeated: false });
    }

    /// Sends the request in flight and receives its response, or continues to.
    fn exchange(&mut self, body: &[u8], idempotent: bool) -> Result<(), Failed> {
        loop {
            let Some(request) = self.request.as_mut() else {
                return Err(Failed { source: ErrorKind::NotConnected.into(), repeatable: true });
            };
            let was_used = self.connection.as_ref().is_some_and(|connection| connection.used);
            let log = if idempotent { self.log.as_mut() } else { None };
            let host = &self.address.host;
            let source = match advance(&mut self.connection, host, request, body, &mut self.response, log) {
                Ok(()) => {
                    self.request = None;
                    let (keep, is_here) = (self.response.keeps_alive(), self.event_is_here());
                    match self.connection.as_mut() {
                        Some(connection) if keep => connection.used = true,
                        _ if is_here => self.connection = None,
                        _ => {} // `read_event` reads the rest of the event from it.
                    }
                    return Ok(());
                }
                Err(source) if source.kind() == ErrorKind::Interrupted => {
                    return Err(Failed { source, repeatable: true });
                }
                Err(source) => source,
            };
            self.connection = None;
            let whole = request.sent == request.head.len() + body.len();
            let repeatable = match idempotent {
                true => !self.response.has_head(),
                false => !self.response.has_begun() && !whole,
            };
            if repeatable && was_used && !request.repeated {
                (request.sent, request.repeated) = (0, true);
                self.response.clear();
                continue;
            }
            self.request = None;
            return Err(Failed { source, repeatable });
        }
    }

    /// Records that the invocation is no longer in flight.
    pub(crate) fn settled(&mut self) {
        if let Some(log) = &mut self.log {
            log.settled();
        }
    }

    fn truncated(&self, source: io::Error) -> Error {
        let invocation = Invocation(&self.response);
        Error::Truncated {
            request_id: invocation.request_id().to_owned(),
            invocation_id: invocation.invocation_id().map(str::to_owned),
            source,
        }
    }

    pub(crate) fn connection_error(&self, path: &str, source: io::Error, repeatable: bool) -> Error {
        Error::Connection { request: self.name(path), address: self.address.host.clone(), source, repeatable }
    }

    fn name(&self, path: &str) -> String {
        format!("{}{path}", self.address.prefix)
    }

    /// Returns the beginning of the response's body, short enough for an error message.
    pub(crate) fn text(&self) -> String {
        let said = self.response.buffered();
        String::from_utf8_lossy(said.get(..said.len().min(LONGEST_TEXT)).unwrap_or_default()).into_owned()
    }
}

struct Failed {
    source: io::Error,
    repeatable: bool,
}

/// Connects, sends what is left of the request, and receives the response.
fn advance(
    connection: &mut Option<Connection>,
    host: &str,
    request: &mut Request,
    body: &[u8],
    response: &mut Response,
    log: Option<&mut InFlightLog>,
) -> io::Result<()> {
    if request.sent == 0 && connection.as_ref().is_some_and(Connection::is_stale) {
        *connection = None;
    }
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(Connection::open(host)?),
    };
    while request.sent < request.head.len() + body.len() {
        match connection.write([&request.head, body], request.sent) {
            Ok(written) => request.sent += written,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
            // The Runtime API may have refused the request before it read all of it. Then its response says why.
            Err(error) => return response.receive(connection).map_err(|_| error),
        }
    }
    if let Some(log) = log {
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

impl ErrorReport<'_> {
    fn write(&self, head: &mut Head) {
        head.field("Content-Type", b"application/json");
        head.field("Lambda-Runtime-Function-Error-Type", self.error_type.as_bytes());
        if let Some(cause) = self.cause {
            head.field("Lambda-Runtime-Function-XRay-Error-Cause", cause);
        }
    }
}
