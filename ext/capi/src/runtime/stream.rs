//! Streamed responses.

use std::ffi::{c_char, c_int};

use ::lamby_runtime::{Error as RuntimeError, ErrorTrailers};
use lamby_core::{
    memory,
    response::{ChunkedBody, Head, Prelude},
};

use super::{
    Inner, Phase, check,
    error::{ErrorReport, lamby_error},
    lamby_runtime,
};
use crate::{
    block::read_head,
    boundary::call,
    request::lamby_request,
    slice::{bytes, handle},
    status::{Failure, lamby_status, lamby_status::*},
};

/// The type of a streamed response that begins with its status and headers.
const CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";

/// The stream of the invocation in flight.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Whether the body is sent. It is not sent for HEAD, 1xx, 204 and 304.
    has_body: bool,
    /// How many bytes of the body are missing, if the headers state its length.
    left: Option<u64>,
    /// Decodes the body, if the application has encoded it in chunks.
    decoder: Option<ChunkedBody>,
    /// The bytes of the call that is sending. An interrupted call continues with them.
    pending: Vec<u8>,
}

/// Begins a streamed response: sends status and headers.
///
/// `request` is the request of the invocation in flight. `headers` is a block, as for lamby_response_write. If it has a
/// Content-Length, the body must have this length. The function must be configured for response streaming, and the
/// integration must be a Function URL or a REST API.
///
/// The arguments are not used after the call.
///
/// Errors: LAMBY_INTERRUPTED; LAMBY_INVALID_RESPONSE: nothing was sent, so another response can be sent;
/// LAMBY_UNREACHABLE: call again after a pause; LAMBY_STREAM_CLOSED; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT, also if the
/// integration does not stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_stream_begin(
    runtime: *mut lamby_runtime,
    request: *const lamby_request,
    status: c_int,
    headers: *const c_char,
    headers_length: usize,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that both objects are valid, and the slice is readable. The call does not keep them.
        let (mut inner, request, headers) = unsafe {
            (lamby_runtime::lock(runtime)?, handle(request, "request")?, bytes(headers, headers_length, "headers")?)
        };
        inner.run("lamby_runtime_stream_begin", headers.len(), |inner| {
            inner.expect(&[Phase::InFlight], "a stream")?;
            if inner.interrupted.is_none() {
                inner.stream = Stream::new(request, read_head(status.into(), headers)?)?;
            }
            inner.begin_stream()
        })
    })
}

/// Sends the next bytes of a streamed response. Waits while the function's client reads slowly.
///
/// The bytes are not used after the call. Each call becomes a chunk, so join small writes.
///
/// Errors: LAMBY_INTERRUPTED; LAMBY_STREAM_CLOSED: stop writing, and go on with lamby_runtime_next or
/// lamby_runtime_report_error; LAMBY_INVALID_RESPONSE: the body is longer than its Content-Length, or its chunks are
/// malformed: end the stream with an error; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_stream_write(
    runtime: *mut lamby_runtime,
    data: *const c_char,
    length: usize,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime is valid, and the slice is readable. The call does not keep it.
        let (mut inner, data) = unsafe { (lamby_runtime::lock(runtime)?, bytes(data, length, "data")?) };
        inner.run("lamby_runtime_stream_write", data.len(), |inner| {
            inner.expect(&[Phase::Streaming], "a write")?;
            if inner.interrupted.is_none() {
                inner.stream.pending = inner.stream.content(data)?;
            }
            inner.send_pending()
        })
    })
}

/// Ends a streamed response. `error` is NULL if the response is complete. Otherwise the client of the function sees that
/// the response was cut off, and Lambda gets the error.
///
/// The error is not used after the call.
///
/// Errors: LAMBY_INTERRUPTED; LAMBY_INVALID_RESPONSE: the body is shorter than its Content-Length, or its last chunk is
/// missing: end the stream with an error; LAMBY_STREAM_CLOSED: go on with lamby_runtime_next; LAMBY_REFUSED;
/// LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_stream_end(
    runtime: *mut lamby_runtime,
    error: *const lamby_error,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime is valid.
        let mut inner = unsafe { lamby_runtime::lock(runtime) }?;
        // SAFETY: the caller promises that the error is NULL or valid. The call does not keep it.
        let report = if error.is_null() { None } else { Some(unsafe { ErrorReport::read(error) }?) };
        let trailer = report.as_ref().map(ErrorReport::trailer);
        let trailers = report.as_ref().zip(trailer.as_deref());
        let trailers = trailers.map(|(report, body)| ErrorTrailers { error_type: &report.error_type, body });
        let length = trailer.as_ref().map_or(0, String::len);
        inner.run("lamby_runtime_stream_end", length, |inner| {
            inner.expect(&[Phase::Streaming, Phase::Ending], "the end of a stream")?;
            if inner.phase == Phase::Streaming && trailers.is_none() {
                inner.finish_body()?;
            }
            inner.phase = Phase::Ending;
            let reply = inner.client.end_stream(trailers);
            inner.phase = match &reply {
                Ok(_) => Phase::Idle,
                Err(RuntimeError::Interrupted) => Phase::Ending,
                Err(_) => Phase::Unconfirmed,
            };
            check(&reply?)
        })
    })
}

/// Closes the connection of a streamed response, so that the client of the function sees that the response was cut off.
/// Never waits. Call it if the client reads so slowly that lamby_runtime_stream_write does not return in time.
///
/// Any thread may call it, but no signal handler. Nobody may call it during lamby_runtime_close or later. A thread that
/// waits in lamby_runtime_stream_write gets LAMBY_STREAM_CLOSED, and so does the next call for this stream. Then report the
/// reason with lamby_runtime_report_error, or go on with lamby_runtime_next. Does nothing if there is no stream.
///
/// Errors: LAMBY_INVALID_ARGUMENT if `runtime` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_stream_abort(runtime: *const lamby_runtime) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime is valid.
        unsafe { handle(runtime, "runtime") }?.abort.abort();
        Ok(())
    })
}

impl Stream {
    /// Prepares a stream. Its status and headers are pending.
    fn new(request: &lamby_request, head: Head<'_>) -> Result<Self, Failure> {
        if !request.integration.streams() {
            return Err(Failure::argument(format!(
                "{} does not accept a stream; send the response with lamby_runtime_respond",
                request.integration.title()
            )));
        }
        let prelude = Prelude::new(request.integration, head, request.is_head, None)?;
        Ok(Self {
            has_body: prelude.has_body,
            left: prelude.content_length,
            decoder: prelude.is_chunked.then(ChunkedBody::default),
            pending: prelude.bytes,
        })
    }

    /// Returns the bytes to send for bytes that the application writes.
    fn content(&mut self, data: &[u8]) -> Result<Vec<u8>, Failure> {
        if !self.has_body {
            return Ok(Vec::new());
        }
        let content = match &mut self.decoder {
            Some(decoder) => decoder.decode(data)?,
            None => memory::copy(data)?,
        };
        self.reserve(content.len())?;
        Ok(content)
    }

    /// Counts the bytes of the body, and checks that it is not longer than its Content-Length.
    fn reserve(&mut self, length: usize) -> Result<(), Failure> {
        let Some(left) = &mut self.left else { return Ok(()) };
        match left.checked_sub(length as u64) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(Failure {
                status: LAMBY_INVALID_RESPONSE,
                message: format!(
                    "the body is longer than its Content-Length, by {} bytes so far; correct or remove the header",
                    length as u64 - *left
                ),
            }),
        }
    }
}

impl Inner {
    /// Sends status and headers.
    fn begin_stream(&mut self) -> Result<(), Failure> {
        let begun = self.client.begin_stream(self.current.reference(), CONTENT_TYPE, &self.stream.pending);
        match &begun {
            Ok(()) => self.phase = Phase::Streaming,
            // Nothing was sent, or the next call continues.
            Err(RuntimeError::Connection { .. } | RuntimeError::Interrupted | RuntimeError::Forked) => {}
            // A part of the response was sent. An error may be reported, but no other response is possible.
            Err(_) => self.phase = Phase::Unconfirmed,
        }
        Ok(begun?)
    }

    /// Sends the bytes that are pending.
    fn send_pending(&mut self) -> Result<(), Failure> {
        let sent = self.client.write_stream(&self.stream.pending);
        if !matches!(sent, Ok(()) | Err(RuntimeError::Interrupted)) {
            self.phase = Phase::Unconfirmed;
        }
        Ok(sent?)
    }

    /// Sends what the decoder has held back, and checks that the body is complete.
    fn finish_body(&mut self) -> Result<(), Failure> {
        if self.interrupted.is_none() {
            let held = match &mut self.stream.decoder {
                Some(decoder) if self.stream.has_body => decoder.finish()?,
                _ => Vec::new(),
            };
            self.stream.reserve(held.len())?;
            self.stream.pending = held;
        }
        self.send_pending()?;
        match self.stream.left {
            Some(left) if left > 0 && self.stream.has_body => Err(Failure {
                status: LAMBY_INVALID_RESPONSE,
                message: format!(
                    "the body is {left} bytes shorter than its Content-Length; correct or remove the header"
                ),
            }),
            _ => Ok(()),
        }
    }
}
