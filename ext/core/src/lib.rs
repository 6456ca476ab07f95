//! Converts events of AWS Lambda's HTTP integrations to Rack requests, and Rack responses to the payload
//! that each integration expects.
//!
//! This crate does not depend on Ruby, and does no I/O. It reads an event from bytes, or from other data that serde can
//! deserialize, and returns plain data.
//!
//! Suggested reading order:
//!
//! 1. [`event`]: one struct for all HTTP events, and how their integration is recognised.
//! 2. [`request`]: converts an event to a request, with one reader for each payload format.
//! 3. [`mod@env`]: writes a request as the keys and values of a Rack environment.
//! 4. [`response`]: converts a Rack response to the payload that the integration expects.
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

pub mod env;
mod error;
pub mod event;
mod integration;
pub mod memory;
pub mod output;
pub mod percent_encoding;
pub mod request;
pub mod response;
mod token;
mod work;

pub use error::Error;
pub use integration::Integration;
