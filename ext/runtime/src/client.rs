//! The Runtime API's endpoints for invocations, responses and errors.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::{self, ErrorKind};

use crate::{
    Error, Invocation, InvocationRef,
    address::Address,
    connection::{AbortHandle, Connection},
    exchange::Request,
    http::{
        request_head::{RequestHead, path_segment},
        response::Response,
    },
    in_flight_log::InFlightLog,
    interrupt::InterruptHandle,
    process_id,
    stream::Stream,
};

pub(crate) const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";

/// A client of the Runtime API with one keep-alive connection. It makes one request at a time.
///
/// The client retries a request by itself in one case: the server closed the keep-alive connection between two
/// requests, and the request cannot have had an effect. Then the client immediately opens a new connection and sends
/// the request once more. The caller decides about all other retries: see [`Error::Connection`].
///
/// Only the process that made the client can use it. A forked process has a copy of the socket. The Runtime API could
/// not distinguish the requests of the two processes, so every call that sends something returns [`Error::Forked`] in a
/// forked process.
#[derive(Debug)]
pub struct Client {
    pub(crate) address: Address,
    /// The header fields of each request.
    pub(crate) common_fields: String,
    pub(crate) connection: Option<Connection>,
    pub(crate) abort_handle: AbortHandle,
    /// The request in flight. It stays here after [`Error::Interrupted`], so that the same call can continue it.
    pub(crate) request: Option<Request>,
    pub(crate) response: Response,
    pub(crate) stream: Stream,
    /// How many bytes of a long event `read_event` has copied to its caller.
    pub(crate) event_read: usize,
    pub(crate) log: Option<InFlightLog>,
    pub(crate) interrupt: Option<InterruptHandle>,
    /// Id of the process that made the client.
    process: u32,
}

/// An error of an invocation, of the initialization, or of a restore, in the form that the Runtime API expects.
#[derive(Debug, Clone, Copy)]
pub struct ErrorReport<'a> {
    /// `Function.Name` or `Runtime.Name`. If the type has another form, Lambda counts it as unknown.
    pub error_type: &'a str,
    /// A JSON object with `errorMessage`, `errorType` and `stackTrace`.
    pub body: &'a [u8],
    /// JSON for X-Ray, less than 1 MiB.
    pub cause: Option<&'a [u8]>,
}

/// The Runtime API's reply to a response or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code: 202 if the Runtime API accepted the response or the error.
    pub status: u16,
    /// The beginning of the reply's body. If the status is 202, only [`end_stream`](Client::end_stream) returns the
    /// body. The other methods return an empty string.
    pub body: String,
}

impl Client {
    /// Makes a client of the Runtime API at `HOST:PORT`, with an optional path after the port. The client connects when
    /// it makes its first request.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] if `address` has another form.
    ///
    /// ```
    /// use lamby_runtime::{Client, Error};
    ///
    /// assert!(Client::new("127.0.0.1:9001", "example/1.0").is_ok());
    /// assert!(matches!(Client::new("127.0.0.1:port", "example/1.0"), Err(Error::Address { .. })));
    /// ```
    pub fn new(address: &str, agent: &str) -> Result<Self, Error> {
        let address = Address::parse(address)?;
        Ok(Self {
            common_fields: RequestHead::common_fields(&address, agent),
            address,
            connection: None,
            abort_handle: AbortHandle::default(),
            request: None,
            response: Response::default(),
            stream: Stream::default(),
            event_read: 0,
            log: None,
            interrupt: None,
            process: process_id::current(),
        })
    }

    /// Records in `log` which invocation this client has in flight. An invocation is in flight from the arrival
    /// of its headers until the Runtime API has replied to its response or its error.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// use lamby_runtime::InFlightLog;
    ///
    /// let path = std::env::temp_dir().join(format!("in-flight-{}", std::process::id()));
    /// std::fs::write(&path, [0; InFlightLog::SLOT as usize])?;
    /// client.log_in_flight(InFlightLog::open(&path)?);
    /// client.next_invocation()?;
    /// assert!(std::fs::read(&path)?.starts_with(b"+8476a536-e9f4-11e8-9739-2dfe598c3fcd\n"));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn log_in_flight(&mut self, log: InFlightLog) {
        self.log = Some(log);
    }

    /// Waits for the next invocation and returns its headers. Read its event with [`read_event`](Self::read_event).
    /// There is no timeout, because Lambda may freeze the process for a long time while it waits.
    ///
    /// [`GET /2018-06-01/runtime/invocation/next`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next)
    ///
    /// # Errors
    ///
    /// - [`Error::Truncated`] if the invocation arrived only in part. Report it with
    ///   [`report_error`](Self::report_error).
    /// - [`Error::Connection`] if the connection failed before an invocation arrived.
    /// - [`Error::Status`] if the status is not 200.
    /// - [`Error::Interrupted`] if a signal arrived. [`Error::Forked`] in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// let invocation = client.next_invocation()?;
    /// assert_eq!(invocation.request_id(), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn next_invocation(&mut self) -> Result<Invocation<'_>, Error> {
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
            _ => Err(self.status_error(NEXT)),
        }
    }

    /// Sends the response to an invocation.
    ///
    /// [`POST /2018-06-01/runtime/invocation/{request_id}/response`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response)
    ///
    /// # Errors
    ///
    /// [`Error::Connection`] if the connection failed. [`Error::Interrupted`] if a signal arrived. [`Error::Forked`] in
    /// a forked process. A response that the Runtime API refuses is not an error: see [`Reply::status`].
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT, api::ACCEPTED]);
    /// use lamby_runtime::InvocationRef;
    ///
    /// let request_id = client.next_invocation()?.request_id().to_owned();
    /// let to = InvocationRef { request_id: &request_id, invocation_id: None };
    /// let reply = client.respond(to, "application/json", b"{\"statusCode\":200}")?;
    /// assert_eq!(reply.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn respond(&mut self, to: InvocationRef<'_>, content_type: &str, body: &[u8]) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/response"], body, |head| {
            head.field("Content-Type", content_type.as_bytes());
            to.write(head);
        })?;
        self.settled();
        Ok(reply)
    }

    /// Reports that an invocation failed.
    ///
    /// [`POST /2018-06-01/runtime/invocation/{request_id}/error`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror)
    ///
    /// # Errors
    ///
    /// The same as for [`respond`](Self::respond).
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT, api::ACCEPTED]);
    /// use lamby_runtime::{ErrorReport, InvocationRef};
    ///
    /// let request_id = client.next_invocation()?.request_id().to_owned();
    /// let to = InvocationRef { request_id: &request_id, invocation_id: None };
    /// let body = br#"{"errorMessage":"no such table","errorType":"Function.DatabaseError","stackTrace":[]}"#;
    /// let report = ErrorReport { error_type: "Function.DatabaseError", body, cause: None };
    /// assert_eq!(client.report_error(to, &report)?.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn report_error(&mut self, to: InvocationRef<'_>, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        let reply = self.post(&[INVOCATION, &path_segment(to.request_id), "/error"], report.body, |head| {
            report.write(head);
            to.write(head);
        })?;
        self.settled();
        Ok(reply)
    }

    /// Reports that the initialization of the function failed. The process should end afterwards.
    ///
    /// [`POST /2018-06-01/runtime/init/error`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror)
    ///
    /// # Errors
    ///
    /// The same as for [`respond`](Self::respond).
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::ACCEPTED]);
    /// use lamby_runtime::ErrorReport;
    ///
    /// let body = br#"{"errorMessage":"cannot load app","errorType":"Runtime.ImportModuleError","stackTrace":[]}"#;
    /// let report = ErrorReport { error_type: "Runtime.ImportModuleError", body, cause: None };
    /// assert_eq!(client.report_init_error(&report)?.status, 202);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn report_init_error(&mut self, report: &ErrorReport<'_>) -> Result<Reply, Error> {
        self.post(&[INIT_ERROR], report.body, |head| report.write(head))
    }

    /// Returns a handle with which another thread can abort the stream.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.abort_handle.clone()
    }

    /// Returns a handle with which another thread or a signal handler interrupts the call that waits for the Runtime
    /// API. It works for connections that the client opens from now on.
    ///
    /// # Errors
    ///
    /// The system's error, if it has no file descriptors left.
    pub fn interrupt_handle(&mut self) -> io::Result<InterruptHandle> {
        match &self.interrupt {
            Some(handle) => Ok(handle.clone()),
            None => Ok(self.interrupt.insert(InterruptHandle::new()?).clone()),
        }
    }

    /// Opens a connection to the Runtime API.
    pub(crate) fn connect(&self) -> io::Result<Connection> {
        Connection::open(&self.address.host, self.interrupt.clone())
    }

    /// Drops the connection, and with it the request or the stream in flight. The next request opens another
    /// connection.
    pub fn disconnect(&mut self) {
        self.connection = None;
        self.request = None;
        self.stream = Stream::default();
    }

    /// Returns [`Error::Forked`] if this process is not the process that made the client.
    pub(crate) fn check_process(&self) -> Result<(), Error> {
        match self.process == process_id::current() {
            true => Ok(()),
            false => Err(Error::Forked),
        }
    }

    /// Records that the invocation is no longer in flight.
    pub(crate) fn settled(&mut self) {
        if let Some(log) = &mut self.log {
            log.settled();
        }
    }
}

impl ErrorReport<'_> {
    pub(crate) fn write(&self, head: &mut RequestHead) {
        head.field("Content-Type", b"application/json");
        head.field("Lambda-Runtime-Function-Error-Type", self.error_type.as_bytes());
        if let Some(cause) = self.cause {
            head.field("Lambda-Runtime-Function-XRay-Error-Cause", cause);
        }
    }
}
