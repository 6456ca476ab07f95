//! Responses: the payload of a response, in a buffer.

use std::ffi::{c_char, c_int};

use lamby_core::{memory, response::Payload};

use crate::{
    block::read_head,
    boundary::call,
    request::lamby_request,
    slice::{bytes, free, handle, into_handle, lamby_slice, place},
    status::{Failure, lamby_status},
};

/// Bytes that the library has made for the caller. Free them with lamby_buffer_free.
pub struct lamby_buffer(Vec<u8>);

/// Makes the payload of a response: the JSON that Lambda passes to the integration that sent the request.
///
/// `status` is the status code, 100 to 999. `headers` is one block: NAME, NUL, VALUE, NUL, and so on; it may be empty.
/// If a header has several values, such as Set-Cookie, its name occurs several times, or its value has several lines
/// (separated by "\n"). Headers that a Lambda response must not have, such as Connection, are left out.
///
/// `body` is the whole body. It is sent as text or as base64, as its type, its encoding and its bytes require. It is not
/// sent if the request's method is HEAD or the status is 1xx, 204 or 304.
///
/// The arguments are not used after the call. On success, `*payload` is a new buffer that the caller must free. On
/// failure, it is NULL.
///
/// Errors: LAMBY_INVALID_RESPONSE, LAMBY_RESPONSE_TOO_LARGE, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_response_write(
    request: *const lamby_request,
    status: c_int,
    headers: *const c_char,
    headers_length: usize,
    body: *const c_char,
    body_length: usize,
    payload: *mut *mut lamby_buffer,
) -> lamby_status {
    call(|| {
        let to = place(payload, "payload")?;
        // SAFETY: the caller promises that a pointer can be written to `payload`.
        unsafe { to.put(std::ptr::null_mut()) };
        // SAFETY: the caller promises that the request is valid and the slices are readable. The call keeps neither.
        let (request, headers, body) = unsafe {
            (handle(request, "request")?, bytes(headers, headers_length, "headers")?, bytes(body, body_length, "body")?)
        };
        let head = read_head(status.into(), headers)?;
        Payload::check_body_length(request.integration, &head, request.is_head, body.len())?;
        let unframed = head.content(body)?;
        let body = unframed.as_deref().unwrap_or(body);
        let payload = Payload::new(request.integration, head, request.is_head, body)?;
        let json = payload.json()?;
        let mut bytes = memory::with_capacity(json.len())?;
        json.write(body, &mut bytes)
            .map_err(|error| Failure { status: lamby_status::LAMBY_INTERNAL_ERROR, message: error.to_string() })?;
        // SAFETY: as above.
        unsafe { to.put(into_handle(lamby_buffer(bytes))) };
        Ok(())
    })
}

/// Returns the bytes of a buffer.
///
/// `*view` lives until the buffer is freed.
///
/// Errors: LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_buffer_view(buffer: *const lamby_buffer, view: *mut lamby_slice) -> lamby_status {
    // SAFETY: the caller promises that both pointers are valid.
    call(|| unsafe {
        place(view, "view")?.put(lamby_slice::of(&handle(buffer, "buffer")?.0));
        Ok(())
    })
}

/// Frees a buffer. Does nothing if it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_buffer_free(buffer: *mut lamby_buffer) {
    // SAFETY: the caller makes the promise that `free` needs.
    unsafe { free(buffer) }
}
