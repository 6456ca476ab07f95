//! The gem's native extension: binds `lamby-core` and `lamby-runtime` to Ruby, and knows no payload.
//!
//! Suggested reading order:
//!
//! 1. `request.rs`: an event in, a filled Rack env out; its pieces are
//!    `hash_source.rs` (an event that is a Ruby Hash), `env_sink.rs` and `intern.rs`.
//! 2. `response.rs`: a Rack response in, JSON or a Ruby Hash out; `chunked.rs` decodes streamed bodies in chunks.
//! 3. `runtime.rs`: the Runtime API's client, which waits by `gvl.rs`.
//! 4. `error.rs`: what Ruby sees when something is wrong, panics included.

#![allow(missing_docs)] // magnus::init makes a public function; nothing else is.

mod chunked;
mod describe;
mod env_sink;
mod error;
mod gvl;
mod hash_source;
mod intern;
mod local;
mod protected;
mod request;
mod response;
mod runtime;
mod string;

use magnus::{Error, Module as _, Ruby};

/// Ruby calls it when the library is first required.
#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    // lib/lamby/native.rb is the only caller of what is defined here.
    let native = ruby.define_module("Lamby")?.define_module("Native")?;
    intern::init(ruby);
    request::init(ruby, native)?;
    chunked::init(ruby, native)?;
    response::init(ruby, native)?;
    local::init(ruby, native)?;
    runtime::init(ruby, native)
}
