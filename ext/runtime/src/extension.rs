//! The Extensions API's endpoints, for an internal extension.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use crate::{Client, Error, http::field::Field};

const REGISTER: &str = "/2020-01-01/extension/register";
const EVENT_NEXT: &str = "/2020-01-01/extension/event/next";

impl Client {
    /// Registers an internal extension that subscribes to no events, and returns its identifier.
    ///
    /// Without a registered extension, Lambda sends no SIGTERM before it ends the process. Call this method before the
    /// first [`next_invocation`](Self::next_invocation), because Lambda refuses a later registration.
    ///
    /// [`POST /2020-01-01/extension/register`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-registration-api-a)
    ///
    /// # Errors
    ///
    /// - [`Error::Status`] if the status is not 200, or the response has no identifier.
    /// - [`Error::Connection`] if the connection failed. [`Error::Interrupted`] if a signal arrived. [`Error::Forked`]
    ///   in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::REGISTERED]);
    /// let identifier = client.register_extension("lamby")?;
    /// assert_eq!(identifier, "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn register_extension(&mut self, name: &str) -> Result<String, Error> {
        let reply = self.post(&[REGISTER], b"{\"events\":[]}", |head| {
            head.field("Lambda-Extension-Name", name.as_bytes()).field("Content-Type", b"application/json");
        })?;
        match self.response.field(Field::ExtensionIdentifier) {
            Some(identifier) if reply.status == 200 => Ok(identifier.to_owned()),
            _ => Err(Error::Status { request: self.name(REGISTER), status: reply.status, body: reply.body }),
        }
    }

    /// Waits for an event of the extension. The request tells Lambda that the extension is ready. On Lambda, this
    /// method never returns, because the extension subscribes to no events.
    ///
    /// [`GET /2020-01-01/extension/event/next`](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-api-next)
    ///
    /// # Errors
    ///
    /// - [`Error::Status`] if the status is not 2xx.
    /// - [`Error::Connection`] if the connection failed. [`Error::Interrupted`] if a signal arrived. [`Error::Forked`]
    ///   in a forked process.
    ///
    /// ```
    /// # mod api { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/example.rs")); }
    /// # let mut client = api::client(&[api::REGISTERED, api::ACCEPTED]);
    /// let identifier = client.register_extension("lamby")?;
    /// client.extension_event(&identifier)?;
    /// # Ok::<(), lamby_runtime::Error>(())
    /// ```
    pub fn extension_event(&mut self, identifier: &str) -> Result<(), Error> {
        self.get(EVENT_NEXT, |head| {
            head.field("Lambda-Extension-Identifier", identifier.as_bytes());
        })?;
        self.check_success(EVENT_NEXT)
    }
}
