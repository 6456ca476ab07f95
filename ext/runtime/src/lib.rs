//! A client of AWS Lambda's Runtime API, over blocking sockets.
//!
//! It receives events and sends responses as bytes, and does not parse them. It does not depend on Ruby.
//!
//! Each call that waits returns [`Error::Interrupted`] when a signal arrives. The caller can handle the signal, and
//! then make the same call again, which continues where it stopped.
//!
//! Suggested reading order:
//!
//! 1. [`Client`] in `client.rs`: one method for each endpoint, with the endpoint's path.
//! 2. `exchange.rs`: one request in flight, and the rule for retries.
//! 3. [`Invocation`]: an invocation's headers and its event.
//! 4. `stream.rs`: streamed responses.
//! 5. `snap_start.rs` and `extension.rs`: the endpoints for SnapStart and for an internal extension.
//! 6. [`InFlightLog`]: a file that names the invocation in flight, so that another process can read it after this
//!    process has died.
//! 7. [`process_id`]: how the client notices that it runs in a forked process.
//! 8. `connection.rs` and `http/`: a socket, and the parts of HTTP/1.1 that the client needs.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! ```no_run
//! use lamby_runtime::{Client, InvocationRef};
//!
//! let mut client = Client::new("127.0.0.1:9001", "example/1.0")?;
//! loop {
//!     let invocation = client.next_invocation()?;
//!     let id = invocation.request_id().to_owned();
//!     let mut event = vec![0; client.event_length()];
//!     client.read_event(&mut event)?;
//!     client.respond(InvocationRef { request_id: &id, invocation_id: None }, "application/json", b"{}")?;
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), lamby_runtime::Error>(())
//! ```

mod address;
mod client;
mod connection;
mod error;
mod exchange;
mod extension;
mod http;
mod in_flight_log;
mod interrupt;
mod invocation;
pub mod process_id;
mod snap_start;
mod stream;

pub use client::{Client, ErrorReport, Reply};
pub use connection::AbortHandle;
pub use error::Error;
pub use in_flight_log::InFlightLog;
pub use interrupt::InterruptHandle;
pub use invocation::{Invocation, InvocationRef};
pub use stream::ErrorTrailers;

#[cfg(fuzzing)]
pub mod fuzzing;
