//! The gem's native extension, which binds `lamby-core`, `lamby-runtime` and `lamby-simulator` to Ruby. It contains no
//! code for the integrations' formats.
//!
//! Suggested reading order:
//!
//! 1. `request.rs` fills a Rack env from an event. It uses `hash_source.rs` (reads an event that is a Ruby Hash),
//!    `env_sink.rs`, `env_keys.rs` and `intern.rs`.
//! 2. `response.rs` converts a Rack response to a payload: to JSON, or with `hash_sink.rs` to a Ruby Hash. `chunked.rs`
//!    decodes streamed bodies with `Transfer-Encoding: chunked`.
//! 3. `runtime_api.rs` is the Runtime API's client. It uses `helpers/gvl.rs` to wait without Ruby's lock. `malloc.rs`
//!    configures the memory allocator for large events, `trace_id.rs` writes the trace id into the environment, and
//!    `fork.rs` notices that the process has forked.
//! 4. `error.rs` converts errors and panics to Ruby exceptions.
//! 5. `helpers/string.rs` lends the bytes of Ruby strings, `helpers/protected.rs` makes Ruby objects, and
//!    `helpers/pair_buffer.rs` fills Hashes.

#![allow(missing_docs)] // Only the function that magnus::init makes is public.

mod chunked;
mod env_keys;
mod env_sink;
mod error;
mod fork;
mod hash_sink;
mod hash_source;
mod helpers;
mod intern;
mod malloc;
mod request;
mod response;
mod runtime_api;
mod simulator;
mod trace_id;

use helpers::{describe, gvl, pair_buffer, protected, string};
use magnus::{Error, Module as _, Ruby};

/// Defines `Lamby::Native`. Ruby calls this function when the library is first required.
#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    // This module is private: only lib/lamby uses it.
    let native = ruby.define_module("Lamby")?.define_module("Native")?;
    intern::init(ruby);
    request::init(ruby, native)?;
    chunked::init(ruby, native)?;
    response::init(ruby, native)?;
    simulator::init(ruby, native)?;
    fork::init();
    malloc::init(native)?;
    trace_id::init(native)?;
    runtime_api::init(ruby, native)
}
