//! Events: a request and its environment, and the senders of other events.

use std::ffi::c_char;

use lamby_core::{
    Integration, env,
    event::{Event, Json},
    request::Request,
};

use crate::{
    block::EnvBlock,
    boundary::call,
    slice::{bytes, free, handle, into_handle, lamby_slice, place},
    status::lamby_status,
};

/// The HTTP request of an event. All of it is copied from the event.
///
/// Several threads may read the same request. Free it with lamby_request_free.
pub struct lamby_request {
    pub(crate) integration: Integration,
    /// Whether the request's method is HEAD.
    pub(crate) is_head: bool,
    env: Vec<u8>,
    body: Vec<u8>,
}

/// Reads an event, which is JSON, and makes a request.
///
/// `request_id` is the id of the invocation: it becomes HTTP_X_REQUEST_ID in place of a client's header. It may be NULL
/// with the length 0. The event and the id are not used after the call.
///
/// On success, `*request` is a new request that the caller must free. On failure, it is NULL.
///
/// Errors: LAMBY_INVALID_EVENT, LAMBY_UNHANDLED_EVENT, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_request_read(
    event: *const c_char,
    event_length: usize,
    request_id: *const c_char,
    request_id_length: usize,
    request: *mut *mut lamby_request,
) -> lamby_status {
    call(|| {
        let to = place(request, "request")?;
        // SAFETY: the caller promises that a pointer can be written to `request`.
        unsafe { to.put(std::ptr::null_mut()) };
        // SAFETY: the caller promises that both slices are readable, and the call does not keep them.
        let (event, id) =
            unsafe { (bytes(event, event_length, "event")?, bytes(request_id, request_id_length, "request_id")?) };
        let read = Request::from_event(Event::read(&Json(event))?)?;
        let mut env = EnvBlock::with_capacity(event.len())?;
        env::write(&read, Some(id).filter(|id| !id.is_empty()), &mut env);
        let read = lamby_request {
            integration: read.integration,
            is_head: *read.method == *b"HEAD",
            env: env.finish()?,
            body: read.body.to_vec()?,
        };
        // SAFETY: as above.
        unsafe { to.put(into_handle(read)) };
        Ok(())
    })
}

/// Returns the environment of a request in one block: KEY, NUL, VALUE, NUL, and so on.
///
/// The keys are those of CGI and Rack: REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI,
/// REQUEST_PATH, SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL, rack.url_scheme, REMOTE_ADDR, CONTENT_TYPE, CONTENT_LENGTH,
/// and HTTP_ and the name for each other header. Each key occurs once. PATH_INFO is percent-encoded, as in Rack; CGI,
/// WSGI and PSGI want it decoded. Values are bytes, most of them UTF-8.
///
/// `*env` lives until the request is freed.
///
/// Errors: LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_request_env(request: *const lamby_request, env: *mut lamby_slice) -> lamby_status {
    // SAFETY: the caller promises that both pointers are valid.
    call(|| unsafe {
        place(env, "env")?.put(lamby_slice::of(&handle(request, "request")?.env));
        Ok(())
    })
}

/// Returns the body of a request. It is decoded, if it is base64 in the event.
///
/// `*body` lives until the request is freed.
///
/// Errors: LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_request_body(request: *const lamby_request, body: *mut lamby_slice) -> lamby_status {
    // SAFETY: the caller promises that both pointers are valid.
    call(|| unsafe {
        place(body, "body")?.put(lamby_slice::of(&handle(request, "request")?.body));
        Ok(())
    })
}

/// Returns the name of the integration that sent the event: function_url, http_api_v2, http_api_v1, rest_api, alb,
/// alb_multi_value, vpc_lattice_v1 or vpc_lattice_v2.
///
/// `*integration` is static.
///
/// Errors: LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_request_integration(
    request: *const lamby_request,
    integration: *mut lamby_slice,
) -> lamby_status {
    // SAFETY: the caller promises that both pointers are valid.
    call(|| unsafe {
        let name = handle(request, "request")?.integration.name();
        place(integration, "integration")?.put(lamby_slice::of(name.as_bytes()));
        Ok(())
    })
}

/// Frees a request. Does nothing if it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_request_free(request: *mut lamby_request) {
    // SAFETY: the caller makes the promise that `free` needs.
    unsafe { free(request) }
}

/// Returns the sender of an event that is not HTTP, such as "sqs" or "event_bridge". A direct invocation is "direct".
///
/// `*source` is static. It is empty if the event is an HTTP request, or its sender is not known.
///
/// Errors: LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_event_source(
    event: *const c_char,
    event_length: usize,
    source: *mut lamby_slice,
) -> lamby_status {
    call(|| {
        let to = place(source, "source")?;
        // SAFETY: the caller promises that the slice is readable, and the call does not keep it.
        let event = unsafe { bytes(event, event_length, "event")? };
        let source = Event::read(&Json(event)).err().and_then(|error| error.kind());
        // SAFETY: the caller promises that a slice can be written to `source`.
        unsafe { to.put(lamby_slice::optional(source.map(|source| source.name()))) };
        Ok(())
    })
}
