//! The Ruby object that decodes a streamed body with `Transfer-Encoding: chunked`.

use std::cell::RefCell;

use lamby_core::response::ChunkedBody;
use magnus::{Error, Module as _, RModule, RString, Ruby, method, prelude::*};

use crate::{
    error::{NativeError, guard},
    string,
};

/// Defines `Lamby::Native::ChunkedDecoder`.
pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("ChunkedDecoder", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_method("decode", method!(ChunkedDecoder::decode, 1))?;
    class.define_method("finish", method!(ChunkedDecoder::finish, 0))
}

/// Decodes one body. `response_prelude` returns it for a response with `Transfer-Encoding: chunked`.
#[derive(Default)]
#[magnus::wrap(class = "Lamby::Native::ChunkedDecoder", free_immediately, size)]
pub struct ChunkedDecoder(RefCell<ChunkedBody>);

impl ChunkedDecoder {
    /// `decode(bytes) → String`
    ///
    /// Decodes the next bytes of the body. Returns the content that Lamby can send now, which may be empty.
    fn decode(ruby: &Ruby, this: &Self, bytes: RString) -> Result<RString, Error> {
        guard(ruby, || {
            let mut body = this.0.borrow_mut();
            if body.is_unframed() {
                return Ok(bytes);
            }
            let body = &mut *body;
            let content = string::lend(bytes, |bytes| body.decode(bytes))?;
            string::binary(ruby, &content).map_err(NativeError::from)
        })
    }

    /// `finish → String`
    ///
    /// Ends the body, and returns the content that the decoder has held back.
    fn finish(ruby: &Ruby, this: &Self) -> Result<RString, Error> {
        guard(ruby, || {
            let content = this.0.borrow_mut().finish()?;
            string::binary(ruby, &content).map_err(NativeError::from)
        })
    }
}
