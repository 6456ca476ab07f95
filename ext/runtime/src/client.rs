//! What can be asked of the Runtime API.

use std::{
    io::{self, ErrorKind},
    process,
};

use crate::{
    Error, Invocation,
    address::Address,
    connection::{Connection, Line},
    in_flight::InFlightLog,
    request::{Head, path_segment},
    response::Response,
    stream::Stream,
};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
pub(crate) const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const RESTORE_NEXT: &str = "/2018-06-01/runtime/restore/next";
const RESTORE_ERROR: &str = "/2018-06-01/runtime/restore/error";
const REGISTER: &str = "/2020-01-01/extension/register";
const EXTENSION_EVENT: &str = "/2020-01-01/extension/event/next";

/// Most bytes of a reply that a message quotes.
const LONGEST_TEXT: usize = 1000;

/// One poller of the Runtime API, with one connection that is kept alive.
///
/// A request that certainly had no effect is made once more, at once, where the
/// connection had been used before: it had been closed between two requests. What else
/// to repeat, and when, is the caller's to decide: see [`Error::Connection`].
///
/// Only the process that made the client can use it. A forked process has a copy of the socket, and its
/// requests would look like its parent's. There every call returns [`Error::Forked`].
#[derive(Debug)]
pub struct Client {
    pub(crate) address: Address,
    pub(crate) agent: String,
    pub(crate) connection: Option<Connection>,
    pub(crate) line: Line,
    under_way: Option<Request>,
    pub(crate) stream: Stream,
    pub(crate) response: Response,
    /// Bytes of a long event that its reader has.
    event_read: usize,
    /// The process that made it.
    process: u32,
    in_flight: Option<InFlightLog>,
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Request {
    head: Vec<u8>,
    /// Bytes of head and body that are out.
    sent: usize,
    repeated: bool,
}

/// Whose invocation an answer is.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// [`Invocation::request_id`].
    pub request_id: &'a str,
    /// [`Invocation::invocation_id`].
    pub invocation_id: Option<&'a str>,
}

/// What is said about an invocation, or an initialization, that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// `Function.Name` or `Runtime.Name`: what is not of that form, Lambda files as unknown.
    pub error_type: &'a str,
    /// JSON, with `errorMessage`, `errorType` and `stackTrace`.
    pub body: &'a [u8],
    /// JSON for X-Ray, of less than 1 MiB.
    pub cause: Option<&'a [u8]>,
}

/// What the Runtime API says to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 202 where it has taken it.
    pub status: u16,
    /// What it says beside another status.
    pub body: String,
}

impl Client {
    /// A client of the Runtime API at `HOST:PORT`, with an optional path behind it.
    /// It connects when it is first used.
    ///
    /// # Errors
    ///
    /// [`Error::Address`].
    pub fn new(address: &str, agent: &str) -> Result<Self, Error> {
        Ok(Self {
            address: Address::parse(address)?,
            agent: agent.to_owned(),
            connection: None,
            line: Line::default(),
            under_way: None,
            stream: Stream::default(),
            response: Response::default(),
            event_read: 0,
            process: process::id(),
            in_flight: None,
        })
    }

    /// Records in `log` which invocation this client has in flight: from when the head of its event has
    /// arrived, until the Runtime API has replied to its response or its error.
    pub fn log_in_flight(&mut self, log: InFlightLog) {
        self.in_flight = Some(log);
    }

    /// Waits for an invocation, however long that takes: Lambda freezes the process meanwhile.
    /// Its event is there for [`read_event`](Self::read_event).
    ///
    /// # Errors
    ///
    /// Any of [`Error`].
    pub fn next_invocation(&mut self) -> Result<Invocation<'_>, Error> {
        self.check_process()?;
        if self.under_way.is_none() {
            // A client that asks for another invocation sends nothing more about the last one.
            self.settled();
        }
        self.get(NEXT, |_| ())?;
        let missing = Invocation(&self.response).request_id().is_empty();
        match self.response.status() {
            200 if !missing => Ok(Invocation(&self.response)),
            200 => {
                self.connection = None;
                let reason = io::Error::new(ErrorKind::InvalidData, "its answer has no Lambda-Runtime-Aws-Request-Id");
                Err(self.connection_error(NEXT, reason, true))
            }
            status => Err(Error::Status { request: self.name(NEXT), status, body: self.text() }),
        }
    }

    /// The invocation that [`next_invocation`](Self::next_invocation) has returned.
    #[must_use]
    pub fn invocation(&self) -> Invocation<'_> {
        Invocation(&self.response)
    }

    /// Waits until the snapshot of the process is restored.
    ///
    /// # Errors
    ///
    /// As of [`next_invocation`](Self::next_invocation).
    pub fn restore_next(&mut self) -> Result<(), Error> {
        self.get(RESTORE_NEXT, |_| ())?;
        match self.response.status() {
            200..=299 => Ok(()),
            status => Err(Error::Status { request: self.name(RESTORE_NEXT), status, body: self.text() }),
        }
    }

    /// Length of the event in bytes, after [`next_invocation`](Self::next_invocation).
    #[must_use]
    pub fn event_length(&self) -> usize {
        self.response.body_length()
    }

    /// Whether the whole event is there, so that reading it will not wait.
    #[must_use]
    pub fn event_is_here(&self) -> bool {
        self.response.buffered().len() == self.response.body_length()
    }

    /// Returns the part of the event that has arrived: all of it if [`event_is_here`](Self::event_is_here).
    #[must_use]
    pub fn received_event(&self) -> &[u8] {
        self.response.buffered()
    }

    /// Reads the event, into [`event_length`](Self::event_length) bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], or [`Error::Truncated`]: the invocation is to be failed.
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
                (Some(connection), Some(rest)) => connection.read(rest),
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

    /// Leaves an event that there is no memory for; says which invocation's it is, as
    /// [`Error::Truncated`].
    pub fn give_event_up(&mut self) -> Error {
        self.connection = None;
        self.truncated(ErrorKind::OutOfMemory.into())
    }

    /// Gives up the invocation that [`next_invocation`](Self::next_invocation) has begun to receive or has
    /// returned, and drops the connection. Returns its request id and its invocation id, so that it can be reported
    /// as failed; `None` if no invocation has come since the last request.
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

    /// Answers an invocation.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], [`Error::Connection`], or [`Error::Forked`].
    pub fn respond(&mut self, to: Recipient<'_>, content_type: &str, body: &[u8]) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/response"], body, |head| {
            head.field("Content-Type", content_type.as_bytes());
            if let Some(id) = to.invocation_id {
                head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
            }
        })?;
        self.settled();
        Ok(reply)
    }

    /// Says that an invocation failed.
    ///
    /// # Errors
    ///
    /// As of [`respond`](Self::respond).
    pub fn fail(&mut self, to: Recipient<'_>, failure: &Failure<'_>) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/error"], failure.body, |head| {
            failure.write(head);
            if let Some(id) = to.invocation_id {
                head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
            }
        })?;
        self.settled();
        Ok(reply)
    }

    /// Says that the function could not be initialized. Then the process is to end.
    ///
    /// # Errors
    ///
    /// As of [`respond`](Self::respond).
    pub fn fail_init(&mut self, failure: &Failure<'_>) -> Result<Reply, Error> {
        self.post(&[INIT_ERROR], failure.body, |head| failure.write(head))
    }

    /// Says that the function could not go on after its snapshot was restored.
    ///
    /// # Errors
    ///
    /// As of [`respond`](Self::respond).
    pub fn fail_restore(&mut self, failure: &Failure<'_>) -> Result<Reply, Error> {
        self.post(&[RESTORE_ERROR], failure.body, |head| failure.write(head))
    }

    /// Registers an internal extension that wants no events, and returns its identifier.
    /// With one, Lambda asks the process to end before it ends it. It has to be done before
    /// the first [`next_invocation`](Self::next_invocation).
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
    ///
    /// # Errors
    ///
    /// As of [`next_invocation`](Self::next_invocation).
    pub fn register_extension(&mut self, name: &str) -> Result<String, Error> {
        let reply = self.post(&[REGISTER], b"{\"events\":[]}", |head| {
            head.field("Lambda-Extension-Name", name.as_bytes()).field("Content-Type", b"application/json");
        })?;
        match self.response.field("lambda-extension-identifier") {
            Some(identifier) if reply.status == 200 => Ok(identifier.to_owned()),
            _ => Err(Error::Status { request: self.name(REGISTER), status: reply.status, body: reply.body }),
        }
    }

    /// Says that an extension is ready, and waits for what never comes: it wants no events.
    ///
    /// # Errors
    ///
    /// As of [`next_invocation`](Self::next_invocation).
    pub fn extension_event(&mut self, identifier: &str) -> Result<(), Error> {
        self.get(EXTENSION_EVENT, |head| {
            head.field("Lambda-Extension-Identifier", identifier.as_bytes());
        })?;
        match self.response.status() {
            200..=299 => Ok(()),
            status => Err(Error::Status { request: self.name(EXTENSION_EVENT), status, body: self.text() }),
        }
    }

    /// With which another thread can end this client's streams.
    #[must_use]
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Returns [`Error::Forked`] in a process that was forked from the one that made this client.
    pub(crate) fn check_process(&self) -> Result<(), Error> {
        match self.process == process::id() {
            true => Ok(()),
            false => Err(Error::Forked),
        }
    }

    /// Drops the connection, and what was under way on it.
    pub fn disconnect(&mut self) {
        self.connection = None;
        self.under_way = None;
        self.stream = Stream::default();
    }

    fn get(&mut self, path: &str, fields: impl FnOnce(&mut Head)) -> Result<(), Error> {
        self.check_process()?;
        if self.under_way.is_none() {
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
        if self.under_way.is_none() {
            let mut head = Head::post(&self.address, &self.agent, path);
            fields(&mut head);
            let head = head.end_with_length(body.len());
            self.begin(head.map_err(|source| self.connection_error(&path.concat(), source, true))?);
        }
        match self.exchange(body, false) {
            Err(failed) if failed.source.kind() == ErrorKind::Interrupted => return Err(Error::Interrupted),
            // The status has come, which is all that is needed.
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
        self.under_way = Some(Request { head, sent: 0, repeated: false });
    }

    /// Makes the request that is under way, or goes on with it.
    fn exchange(&mut self, body: &[u8], idempotent: bool) -> Result<(), Failed> {
        loop {
            let Some(request) = self.under_way.as_mut() else {
                return Err(Failed { source: ErrorKind::NotConnected.into(), repeatable: true });
            };
            let was_used = self.connection.as_ref().is_some_and(|connection| connection.used);
            let in_flight = if idempotent { self.in_flight.as_mut() } else { None };
            let host = &self.address.host;
            let source = match advance(&mut self.connection, host, request, body, &mut self.response, in_flight) {
                Ok(()) => {
                    self.under_way = None;
                    let (keep, is_here) = (self.response.keeps_alive(), self.event_is_here());
                    match self.connection.as_mut() {
                        Some(connection) if keep => connection.used = true,
                        _ if is_here => self.connection = None,
                        _ => {} // The rest of the event is still to be read from it.
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
            self.under_way = None;
            return Err(Failed { source, repeatable });
        }
    }

    /// Records that the Runtime API has decided about the invocation.
    pub(crate) fn settled(&mut self) {
        if let Some(log) = &mut self.in_flight {
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

    /// Returns the beginning of the reply's body, short enough for a message.
    pub(crate) fn text(&self) -> String {
        let said = self.response.buffered();
        String::from_utf8_lossy(said.get(..said.len().min(LONGEST_TEXT)).unwrap_or_default()).into_owned()
    }
}

struct Failed {
    source: io::Error,
    repeatable: bool,
}

/// Does what is left of an exchange: connects, writes, reads.
fn advance(
    connection: &mut Option<Connection>,
    host: &str,
    request: &mut Request,
    body: &[u8],
    response: &mut Response,
    in_flight: Option<&mut InFlightLog>,
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
            // It may have refused before it had read all: then it has said why.
            Err(error) => return response.receive(connection).map_err(|_| error),
        }
    }
    if let Some(log) = in_flight {
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

impl Failure<'_> {
    fn write(&self, head: &mut Head) {
        head.field("Content-Type", b"application/json");
        head.field("Lambda-Runtime-Function-Error-Type", self.error_type.as_bytes());
        if let Some(cause) = self.cause {
            head.field("Lambda-Runtime-Function-XRay-Error-Cause", cause);
        }
    }
}
