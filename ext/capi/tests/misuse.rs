//! Calls that break the rules of the C header, as far as the library can recognise them. Each is an error with a message
//! that says what is wrong.

use std::{
    ffi::{CStr, c_char},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    mem,
    net::TcpListener,
    ptr::{null, null_mut},
    thread,
};

use lamby_capi::*;
use lamby_status::*;

const EVENT: &str = r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#;

fn message() -> String {
    // SAFETY: the message lives until another function fails in this thread.
    unsafe { CStr::from_ptr(lamby_message()) }.to_str().unwrap().to_owned()
}

/// Checks that a call failed as misuse, and that its message has these words.
fn assert_misuse(status: lamby_status, words: &str) {
    assert_eq!(status, LAMBY_INVALID_ARGUMENT, "{}", message());
    assert!(message().contains(words), "{:?} does not contain {words:?}", message());
}

fn slice(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

fn lamby_slice(text: &str) -> lamby_slice {
    lamby_slice { data: text.as_ptr().cast(), length: text.len() }
}

fn request() -> *mut lamby_request {
    let (event, length) = slice(EVENT);
    let mut request = null_mut();
    // SAFETY: the event is readable, and the handle is writable.
    assert_eq!(unsafe { lamby_request_read(event, length, null(), 0, &mut request) }, LAMBY_OK);
    request
}

fn error() -> lamby_error {
    lamby_error {
        size: mem::size_of::<lamby_error>(),
        error_type: lamby_slice("Oops"),
        message: lamby_slice("it broke"),
        stack_trace: lamby_slice("a:1\nb:2\n"),
    }
}

fn invocation() -> lamby_invocation {
    // SAFETY: zeroes are a valid value of a struct of numbers and pointers.
    lamby_invocation { size: mem::size_of::<lamby_invocation>(), ..unsafe { mem::zeroed() } }
}

/// Opens a runtime whose Runtime API sends these replies, one for each request.
fn runtime(replies: &'static [&'static str]) -> *mut lamby_runtime {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut requests = BufReader::new(socket.try_clone().unwrap());
        for reply in replies {
            let mut length = 0;
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                requests.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            requests.read_exact(&mut vec![0; length]).unwrap();
            (&socket).write_all(reply.as_bytes()).unwrap();
        }
        // Keeps the connection open until the client closes it.
        let _ = requests.read(&mut [0]);
    });
    let (address, length) = slice(&address);
    let mut runtime = null_mut();
    // SAFETY: the slices are readable, and the handle is writable.
    assert_eq!(unsafe { lamby_runtime_open(address, length, null(), 0, &mut runtime) }, LAMBY_OK);
    runtime
}

const INVOCATION: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: 2\r\n\r\n{}";
const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

#[test]
fn null_is_an_error_that_names_the_argument() {
    let (event, length) = slice(EVENT);
    let mut view = lamby_slice("");
    // SAFETY: every pointer is NULL or valid.
    unsafe {
        assert_misuse(lamby_request_read(event, length, null(), 0, null_mut()), "request is NULL");
        let mut handle = std::ptr::dangling_mut::<lamby_request>();
        assert_misuse(lamby_request_read(null(), 5, null(), 0, &mut handle), "event is NULL, and its length is 5");
        assert!(handle.is_null());
        assert_misuse(lamby_request_read(event, length, null(), 1, &mut handle), "request_id is NULL");
        assert_misuse(lamby_request_read(event, usize::MAX, null(), 0, &mut handle), "larger than the memory");
        assert_misuse(lamby_request_env(null(), &mut view), "request is NULL");
        assert_misuse(lamby_request_body(null(), &mut view), "request is NULL");
        assert_misuse(lamby_request_integration(null(), &mut view), "request is NULL");
        assert_misuse(lamby_event_source(event, length, null_mut()), "source is NULL");
        assert_misuse(lamby_buffer_view(null(), &mut view), "buffer is NULL");
        let request = request();
        assert_misuse(lamby_request_env(request, null_mut()), "env is NULL");
        let mut buffer = std::ptr::dangling_mut::<lamby_buffer>();
        assert_misuse(lamby_response_write(null(), 200, null(), 0, null(), 0, &mut buffer), "request is NULL");
        assert!(buffer.is_null());
        assert_misuse(lamby_response_write(request, 200, null(), 1, null(), 0, &mut buffer), "headers is NULL");
        assert_misuse(lamby_response_write(request, 200, null(), 0, null(), 1, &mut buffer), "body is NULL");
        assert_misuse(lamby_response_write(request, 200, null(), 0, null(), 0, null_mut()), "payload is NULL");
        lamby_request_free(request);
        lamby_request_free(null_mut());
        lamby_buffer_free(null_mut());
        lamby_runtime_close(null_mut());
        assert_eq!(lamby_runtime_interrupt(null()), LAMBY_INVALID_ARGUMENT);
        assert_misuse(lamby_runtime_next(null_mut(), &mut invocation()), "runtime is NULL");
        assert_misuse(lamby_runtime_respond(null_mut(), null(), 0), "runtime is NULL");
        assert_misuse(lamby_runtime_report_error(null_mut(), &error()), "runtime is NULL");
        assert_misuse(lamby_runtime_stream_begin(null_mut(), null(), 200, null(), 0), "runtime is NULL");
        assert_misuse(lamby_runtime_stream_write(null_mut(), null(), 0), "runtime is NULL");
        assert_misuse(lamby_runtime_stream_end(null_mut(), null()), "runtime is NULL");
    }
}

#[test]
fn a_block_that_ends_in_the_middle_of_a_pair_is_an_error() {
    let request = request();
    for (block, rest) in [("x-a\0", 0), ("x-a\x001", 1), ("x-a", 3), ("x-a\x001\0x-b\x0022", 2)] {
        let mut buffer = null_mut();
        let (headers, length) = slice(block);
        // SAFETY: every pointer is valid.
        let status = unsafe { lamby_response_write(request, 200, headers, length, null(), 0, &mut buffer) };
        assert_misuse(status, &format!("in the middle of a pair, {rest} bytes before their end"));
        assert!(buffer.is_null());
    }
    // SAFETY: the request was not freed yet.
    unsafe { lamby_request_free(request) };
}

#[test]
fn an_address_in_another_form_is_an_error() {
    for (address, words) in [
        (&b""[..], "which is not an address"),
        (b"127.0.0.1:port", "which is not an address"),
        (b"\xff:9001", "address is not UTF-8"),
    ] {
        let (address, length) = (address.as_ptr().cast(), address.len());
        let mut runtime = std::ptr::dangling_mut();
        // SAFETY: the slices are readable, and the handle is writable.
        assert_misuse(unsafe { lamby_runtime_open(address, length, null(), 0, &mut runtime) }, words);
        assert!(runtime.is_null());
    }
}

#[test]
fn a_struct_without_its_size_is_an_error() {
    let runtime = runtime(&[]);
    // SAFETY: every pointer is valid.
    unsafe {
        let expected = format!("set it to sizeof(lamby_invocation), which is {}", mem::size_of::<lamby_invocation>());
        assert_misuse(lamby_runtime_next(runtime, &mut lamby_invocation { size: 0, ..invocation() }), &expected);
        assert_misuse(lamby_runtime_report_error(runtime, &lamby_error { size: 8, ..error() }), "error->size is 8");
        lamby_runtime_close(runtime);
    }
}

#[test]
fn a_longer_struct_of_a_later_header_is_filled_up_to_the_known_size() {
    #[repr(C)]
    struct Later {
        known: lamby_invocation,
        added: u64,
    }
    let runtime = runtime(&[INVOCATION]);
    let mut later = Later { known: lamby_invocation { size: mem::size_of::<Later>(), ..invocation() }, added: 7 };
    // SAFETY: the struct begins with a lamby_invocation, and its size is its own.
    unsafe {
        assert_eq!(lamby_runtime_next(runtime, (&raw mut later).cast()), LAMBY_OK);
        lamby_runtime_close(runtime);
    }
    assert_eq!((later.known.event.length, later.added), (2, 7));
}

#[test]
fn calls_in_the_wrong_order_are_errors_and_leave_the_runtime_usable() {
    let runtime = runtime(&[INVOCATION, ACCEPTED, INVOCATION, ACCEPTED]);
    let (payload, length) = slice("{}");
    // SAFETY: every pointer is valid.
    unsafe {
        assert_misuse(lamby_runtime_respond(runtime, payload, length), "a response needs an invocation");
        assert_misuse(lamby_runtime_stream_write(runtime, payload, length), "a write needs an invocation");
        assert_misuse(lamby_runtime_stream_end(runtime, null()), "the end of a stream needs an invocation");
        assert_eq!(lamby_runtime_next(runtime, &mut invocation()), LAMBY_OK);
        assert_misuse(lamby_runtime_next(runtime, &mut invocation()), "invocation id-1 has no response yet");
        assert_misuse(lamby_runtime_stream_write(runtime, payload, length), "invocation id-1 has no response yet");
        assert_eq!(lamby_runtime_respond(runtime, payload, length), LAMBY_OK);
        assert_misuse(lamby_runtime_respond(runtime, payload, length), "a response needs an invocation");
        assert_misuse(lamby_runtime_report_error(runtime, &error()), "an error needs an invocation");
        assert_eq!(lamby_runtime_next(runtime, &mut invocation()), LAMBY_OK);
        assert_eq!(lamby_runtime_report_error(runtime, &error()), LAMBY_OK);
        lamby_runtime_close(runtime);
    }
}

#[test]
fn only_the_same_call_may_follow_an_interrupted_one() {
    let runtime = runtime(&[ACCEPTED, INVOCATION]);
    // SAFETY: every pointer is valid.
    unsafe {
        assert_eq!(lamby_runtime_interrupt(runtime), LAMBY_OK);
        assert_eq!(lamby_runtime_report_error(runtime, &error()), LAMBY_INTERRUPTED);
        let expected = "lamby_runtime_report_error was interrupted; call it again with the same arguments";
        assert_misuse(lamby_runtime_next(runtime, &mut invocation()), expected);
        let longer = lamby_error { message: lamby_slice("it broke again"), ..error() };
        assert_misuse(lamby_runtime_report_error(runtime, &longer), expected);
        assert_eq!(lamby_runtime_report_error(runtime, &error()), LAMBY_OK);
        assert_eq!(lamby_runtime_next(runtime, &mut invocation()), LAMBY_OK);
        lamby_runtime_close(runtime);
    }
}

#[test]
fn a_stream_needs_an_integration_that_streams() {
    let alb = r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}}}"#;
    let (event, length) = slice(alb);
    let runtime = runtime(&[INVOCATION]);
    let mut request = null_mut();
    // SAFETY: every pointer is valid.
    unsafe {
        assert_eq!(lamby_request_read(event, length, null(), 0, &mut request), LAMBY_OK);
        assert_eq!(lamby_runtime_next(runtime, &mut invocation()), LAMBY_OK);
        let status = lamby_runtime_stream_begin(runtime, request, 200, null(), 0);
        assert_misuse(status, "an Application Load Balancer does not accept a stream; send the response with");
        lamby_request_free(request);
        lamby_runtime_close(runtime);
    }
}
