//! The events of AWS Lambda's HTTP integrations as Rack requests, and Rack
//! responses as what each integration expects.
//!
//! You will notably *not* find Ruby or I/O in this crate: bytes (or anything
//! that serde can read) come in, plain data goes out.
//!
//! Suggested reading order:
//!
//! 1. [`event`]: the one shape of every HTTP event, and how its integration is told.
//! 2. [`request`]: an event as a request, one reader for each payload shape.
//! 3. [`mod@env`]: a request as the pairs of a Rack environment.
//! 4. [`response`]: a Rack response as the payload that the integration wants.
//!
//! ```
//! use lamby_core::{env, event::{Event, Json}, request::Request};
//!
//! struct Print;
//! impl env::Sink for Print {
//!     fn put(&mut self, key: env::Key<'_>, value: env::Value<'_>) {
//!         println!("{key} = {}", String::from_utf8_lossy(value.as_bytes()));
//!     }
//! }
//!
//! let event = br#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#;
//! let request = Request::from_event(Event::read(&Json(event))?)?;
//! env::write(&request, Some(b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"), &mut Print);
//! # Ok::<(), lamby_core::Error>(())
//! ```

pub mod body;
pub mod env;
mod error;
pub mod event;
pub mod header;
mod integration;
pub mod local;
pub mod memory;
pub mod output;
pub mod path;
pub mod query;
pub mod request;
pub mod response;
mod work;

pub use error::Error;
pub use integration::Integration;
