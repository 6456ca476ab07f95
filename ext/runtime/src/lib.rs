//! A client of AWS Lambda's Runtime API, over blocking sockets.
//!
//! It moves bytes, and knows neither Ruby nor what the bytes mean. Every call that
//! waits returns [`Error::Interrupted`] when a signal comes, and goes on where it
//! was when it is called again: whoever waits can look after signals in between.
//!
//! Suggested reading order:
//!
//! 1. [`Client`]: what can be asked of the Runtime API, and when a request is repeated.
//! 2. `stream.rs`: answers that go out piece by piece.
//! 3. [`Invocation`]: what `/next` says beside the event.
//! 4. [`InFlightLog`]: records the invocation in flight, for another process to read when this one has died.
//! 5. `response.rs`, `framing.rs`, `chunks.rs` and `request.rs`: HTTP/1.1 as far as it is needed here.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! ```no_run
//! use lamby_runtime::{Client, Recipient};
//!
//! let mut client = Client::new("127.0.0.1:9001", "example/1.0")?;
//! loop {
//!     let invocation = client.next_invocation()?;
//!     let id = invocation.request_id().to_owned();
//!     let mut event = vec![0; client.event_length()];
//!     client.read_event(&mut event)?;
//!     client.respond(Recipient { request_id: &id, invocation_id: None }, "application/json", b"{}")?;
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), lamby_runtime::Error>(())
//! ```

mod address;
mod chunks;
mod client;
mod connection;
mod error;
mod framing;
mod in_flight;
mod invocation;
mod request;
mod response;
mod stream;

pub use client::{Client, Failure, Recipient, Reply};
pub use connection::Line;
pub use error::Error;
pub use in_flight::InFlightLog;
pub use invocation::Invocation;
pub use stream::Break;

#[cfg(fuzzing)]
pub mod fuzzing;
