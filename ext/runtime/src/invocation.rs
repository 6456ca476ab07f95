//! Invocations: their headers and their events.

use std::io::{self, ErrorKind};

use crate::{
    Client, Error,
    http::{field::Field, request_head::RequestHead, response::Response},
};

/// The headers of the response to `/next`.
///
/// Each method returns the value of one header, or `None` if it is missing, empty, or not UTF-8.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a>(pub(crate) &'a Response);

impl<'a> Invocation<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`. Returns an empty string if the header is missing. After
    /// [`Client::next_invocation`](crate::Client::next_invocation) has succeeded, the id is never empty.
    #[must_use]
    pub fn request_id(self) -> &'a str {
        self.0.field(Field::RequestId).unwrap_or_default()
    }

    /// `Lambda-Runtime-Deadline-Ms`: milliseconds since 1970.
    #[must_use]
    pub fn deadline(self) -> Option<u64> {
        self.0.field(Field::Deadline)?.parse().ok()
    }

    /// `Lambda-Runtime-Invoked-Function-Arn`.
    #[must_use]
    pub fn function_arn(self) -> Option<&'a str> {
        self.0.field(Field::FunctionArn)
    }

    /// `Lambda-Runtime-Trace-Id`, for X-Ray.
    #[must_use]
    pub fn trace_id(self) -> Option<&'a str> {
        self.0.field(Field::TraceId)
    }

    /// `Lambda-Runtime-Client-Context`: JSON about the client application and the device. AWS's mobile SDKs send it.
    #[must_use]
    pub fn client_context(self) -> Option<&'a str> {
        self.0.field(Field::ClientContext)
    }

    /// `Lambda-Runtime-Cognito-Identity`: JSON about the Amazon Cognito identity provider. AWS's mobile SDKs send it.
    #[must_use]
    pub fn cognito_identity(self) -> Option<&'a str> {
        self.0.field(Field::CognitoIdentity)
    }

    /// `Lambda-Runtime-Aws-Tenant-Id`. Lambda sends it only to functions with tenant isolation.
    #[must_use]
    pub fn tenant_id(self) -> Option<&'a str> {
        self.0.field(Field::TenantId)
    }

    /// `Lambda-Runtime-Invocation-Id`. If Lambda sends this id, the response must contain it too.
    #[must_use]
    pub fn invocation_id(self) -> Option<&'a str> {
        self.0.field(Field::InvocationId)
    }
}

/// The invocation that a response or an error belongs to.
#[derive(Debug, Clone, Copy)]
pub struct InvocationRef<'a> {
    /// The request id: see [`Invocation::request_id`].
    pub request_id: &'a str,
    /// The invocation id, if Lambda sent one: see [`Invocation::invocation_id`].
    pub invocation_id: Option<&'a str>,
}

impl InvocationRef<'_> {
    pub(crate) fn write(&self, head: &mut RequestHead) {
        if let Some(id) = self.invocation_id {
            head.field("Lambda-Runtime-Invocation-Id", id.as_bytes());
        }
    }
}

/// Methods for the invocation that [`next_invocation`](Self::next_invocation) has returned.
impl Client {
    /// Returns the headers of the last invocation.
    #[must_use]
    pub fn invocation(&self) -> Invocation<'_> {
        Invocation(&self.response)
    }

    /// Returns the length of the event in bytes.
    #[must_use]
    pub fn event_length(&self) -> usize {
        self.response.body_length()
    }

    /// Returns whether the whole event has arrived. If it has, [`read_event`](Self::read_event) does not wait.
    #[must_use]
    pub fn event_is_here(&self) -> bool {
        self.response.buffered().len() == self.response.body_length()
    }

    /// Returns the part of the event that has arrived. If [`event_is_here`](Self::event_is_here) returns true, this is
    /// the whole event.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// client.next_invocation()?;
    /// if client.event_is_here() {
    ///     assert_eq!(client.received_event(), br#"{"path":"/cart"}"#);
    /// }
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn received_event(&self) -> &[u8] {
        self.response.buffered()
    }

    /// Reads the event into a slice of [`event_length`](Self::event_length) bytes.
    ///
    /// # Errors
    ///
    /// - [`Error::Truncated`] if the connection failed before the whole event had arrived. Report the invocation with
    ///   [`report_error`](Self::report_error).
    /// - [`Error::Interrupted`] if a signal arrived.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// client.next_invocation()?;
    /// let mut event = vec![0; client.event_length()];
    /// client.read_event(&mut event)?;
    /// assert_eq!(event, br#"{"path":"/cart"}"#);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
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
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// use lamby_runtime::Error;
    ///
    /// client.next_invocation()?;
    /// let mut event: Vec<u8> = Vec::new();
    /// let error = match event.try_reserve_exact(usize::MAX) {
    ///     Ok(()) => unreachable!(),
    ///     Err(_) => client.discard_event(),
    /// };
    /// assert!(matches!(error, Error::Truncated { request_id, .. } if request_id.starts_with("8476a536")));
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn discard_event(&mut self) -> Error {
        self.connection = None;
        self.truncated(ErrorKind::OutOfMemory.into())
    }

    /// Discards the invocation that [`next_invocation`](Self::next_invocation) has begun to receive or has
    /// returned, and drops the connection. Returns the invocation's request id and invocation id, so that the
    /// caller can report that the invocation failed. Returns `None` if no invocation has arrived since the last
    /// request.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::EVENT]);
    /// assert_eq!(client.abandon(), None);
    /// client.next_invocation()?;
    /// let (request_id, invocation_id) = client.abandon().unwrap();
    /// assert_eq!(request_id, "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    /// assert_eq!(invocation_id, None);
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
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

    /// Returns an [`Error::Truncated`] that names the invocation.
    pub(crate) fn truncated(&self, source: io::Error) -> Error {
        let invocation = Invocation(&self.response);
        Error::Truncated {
            request_id: invocation.request_id().to_owned(),
            invocation_id: invocation.invocation_id().map(str::to_owned),
            source,
        }
    }
}
