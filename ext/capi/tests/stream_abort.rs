//! Streams that the program aborts, because their client reads too slowly.

use std::{
    ffi::c_char,
    io::{Read as _, Write as _},
    mem,
    net::TcpListener,
    ptr::{null, null_mut},
    thread,
    time::Duration,
};

use lamby_capi::*;
use lamby_status::*;

const EVENT: &str =
    r#"{"rawPath":"/","requestContext":{"domainName":"id.lambda-url.us-east-1.on.aws","http":{"method":"GET"}}}"#;
const INVOCATION: &[u8] = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: 2\r\n\r\n{}";
const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

fn slice(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

#[test]
fn an_aborted_stream_closes_its_connection_and_its_error_can_be_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 1000]).unwrap();
        socket.write_all(INVOCATION).unwrap();
        // Reads nothing of the stream until the second connection has arrived, so a write fills the buffers and waits.
        let (mut second, _) = listener.accept().unwrap();
        let mut report = [0; 1000];
        let length = second.read(&mut report).unwrap();
        second.write_all(ACCEPTED).unwrap();
        let mut stream = Vec::new();
        let _ = socket.read_to_end(&mut stream); // It ends with an error if the connection was reset.
        (String::from_utf8_lossy(&report[..length]).into_owned(), stream.ends_with(b"0\r\n\r\n"))
    });

    let (mut runtime, mut request) = (null_mut(), null_mut());
    // SAFETY: zeroes are a valid value of a struct of numbers and pointers.
    let mut invocation = lamby_invocation { size: mem::size_of::<lamby_invocation>(), ..unsafe { mem::zeroed() } };
    let text = |text: &str| lamby_slice { data: text.as_ptr().cast(), length: text.len() };
    let error = lamby_error {
        size: mem::size_of::<lamby_error>(),
        error_type: text("TooSlow"),
        message: text("the client reads too slowly"),
        stack_trace: text(""),
    };
    let chunk = vec![b'a'; 64 * 1024 * 1024];
    let ((address, address_length), (event, event_length)) = (slice(&address), slice(EVENT));
    // SAFETY: every pointer is valid.
    unsafe {
        assert_eq!(lamby_runtime_open(address, address_length, null(), 0, &mut runtime), LAMBY_OK);
        assert_eq!(lamby_runtime_stream_abort(null()), LAMBY_INVALID_ARGUMENT);
        assert_eq!(lamby_runtime_stream_abort(runtime), LAMBY_OK);
        assert_eq!(lamby_request_read(event, event_length, null(), 0, &mut request), LAMBY_OK);
        assert_eq!(lamby_runtime_next(runtime, &mut invocation), LAMBY_OK);
        assert_eq!(lamby_runtime_stream_begin(runtime, request, 200, null(), 0), LAMBY_OK);
        let shared = runtime as usize; // A pointer cannot be sent to a thread.
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            lamby_runtime_stream_abort(shared as *const lamby_runtime)
        });
        assert_eq!(lamby_runtime_stream_write(runtime, chunk.as_ptr().cast(), chunk.len()), LAMBY_STREAM_CLOSED);
        assert_eq!(other.join().unwrap(), LAMBY_OK);
        assert_eq!(lamby_runtime_report_error(runtime, &error), LAMBY_OK);
        lamby_request_free(request);
        lamby_runtime_close(runtime);
    }
    let (report, is_complete) = server.join().unwrap();
    assert!(report.contains("/invocation/id-1/error") && report.contains("the client reads too slowly"), "{report}");
    assert!(!is_complete);
}
