//! A Runtime API in this process, and the functions of liblamby as methods.
#![allow(dead_code)] // No test file uses all of these functions.

use std::{
    ffi::CStr,
    io::{Read as _, Write as _},
    mem,
    net::{TcpListener, TcpStream},
    ptr, slice,
    thread::{self, JoinHandle},
};

use lamby_capi::{lamby_status::*, *};

/// A connection, as the Runtime API sees it.
pub struct Peer(pub TcpStream);

impl Peer {
    /// Reads a request: its head, and as many bytes of its body as its Content-Length says. Returns `None` if the runtime
    /// has closed the connection.
    pub fn request(&mut self) -> Option<String> {
        let head = self.head()?;
        let length =
            head.split("Content-Length: ").nth(1).map_or(0, |it| it.split("\r\n").next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Some(head + &String::from_utf8(body).unwrap())
    }

    /// Reads the head of a request.
    pub fn head(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            if self.0.read(&mut byte).ok()? == 0 {
                assert!(bytes.is_empty(), "closed inside of a request");
                return None;
            }
            bytes.push(byte[0]);
        }
        Some(String::from_utf8(bytes).unwrap())
    }

    /// Sends an invocation with this id. Its event is a request of a Function URL for the path `/ID`.
    pub fn send_event(&mut self, id: &str) {
        let event = format!(
            r#"{{"version":"2.0","rawPath":"/{id}","rawQueryString":"","headers":{{}},"requestContext":{{"domainName":"abc.lambda-url.us-east-1.on.aws","http":{{"method":"GET","path":"/{id}","sourceIp":"203.0.113.9"}}}}}}"#
        );
        let length = event.len();
        let reply = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\nContent-Length: {length}\r\n\r\n{event}"
        );
        self.0.write_all(reply.as_bytes()).unwrap();
    }

    /// Accepts a response or an error.
    pub fn accept(&mut self) {
        self.0.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n").unwrap();
    }
}

/// Opens a runtime whose Runtime API is `script`. The script gets the runtime's first connection.
pub fn serve<T: Send + 'static>(script: impl FnOnce(Peer) -> T + Send + 'static) -> (Runtime, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let runtime = Runtime::open(&listener.local_addr().unwrap().to_string());
    (runtime, thread::spawn(move || script(Peer(listener.accept().unwrap().0))))
}

/// An open runtime.
pub struct Runtime(*mut lamby_runtime);

// SAFETY: the header allows that any thread uses a runtime, and that several threads try to.
unsafe impl Send for Runtime {}
// SAFETY: as above.
unsafe impl Sync for Runtime {}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: the runtime is open, and nobody uses it later.
        unsafe { lamby_runtime_close(self.0) }
    }
}

impl Runtime {
    pub fn open(address: &str) -> Self {
        let mut runtime = ptr::null_mut();
        // SAFETY: both slices are readable, and `runtime` is a place for the handle.
        let status = unsafe {
            lamby_runtime_open(address.as_ptr().cast(), address.len(), c"test/1".as_ptr(), 6, &raw mut runtime)
        };
        assert_eq!(status, LAMBY_OK, "{}", message());
        Self(runtime)
    }

    pub fn pointer(&self) -> *mut lamby_runtime {
        self.0
    }

    /// Returns the id and the event.
    pub fn next(&self) -> Result<(String, String), lamby_status> {
        // SAFETY: zeros are valid for pointers and numbers.
        let mut invocation: lamby_invocation = unsafe { mem::zeroed() };
        invocation.size = mem::size_of::<lamby_invocation>();
        // SAFETY: the runtime is open, and the struct has its size.
        let status = unsafe { lamby_runtime_next(self.0, &raw mut invocation) };
        match status {
            LAMBY_OK => Ok((text(invocation.request_id), text(invocation.event))),
            _ => Err(status),
        }
    }

    pub fn respond(&self, payload: &str) -> lamby_status {
        // SAFETY: the runtime is open, and the payload is readable.
        unsafe { lamby_runtime_respond(self.0, payload.as_ptr().cast(), payload.len()) }
    }

    pub fn interrupt(&self) {
        // SAFETY: the runtime is open.
        assert_eq!(unsafe { lamby_runtime_interrupt(self.0) }, LAMBY_OK);
    }

    pub fn write_stream(&self, data: &[u8]) -> lamby_status {
        // SAFETY: the runtime is open, and the data is readable.
        unsafe { lamby_runtime_stream_write(self.0, data.as_ptr().cast(), data.len()) }
    }
}

/// The request of an event.
pub struct Request(*mut lamby_request);

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: the request is open, and nobody uses it later.
        unsafe { lamby_request_free(self.0) }
    }
}

impl Request {
    pub fn read(event: &str) -> Self {
        let mut request = ptr::null_mut();
        // SAFETY: the event is readable, and `request` is a place for the handle.
        let status =
            unsafe { lamby_request_read(event.as_ptr().cast(), event.len(), ptr::null(), 0, &raw mut request) };
        assert_eq!(status, LAMBY_OK, "{}", message());
        Self(request)
    }

    /// Returns the payload of a response with this body.
    pub fn payload(&self, body: &str) -> String {
        let mut buffer = ptr::null_mut();
        // SAFETY: the request is open, the slices are readable, and `buffer` is a place for the handle.
        let status = unsafe {
            lamby_response_write(self.0, 200, ptr::null(), 0, body.as_ptr().cast(), body.len(), &raw mut buffer)
        };
        assert_eq!(status, LAMBY_OK, "{}", message());
        let mut view = lamby_slice { data: ptr::null(), length: 0 };
        // SAFETY: the buffer is open until it is freed below, after its bytes are copied.
        unsafe {
            assert_eq!(lamby_buffer_view(buffer, &raw mut view), LAMBY_OK);
            let payload = text(view);
            lamby_buffer_free(buffer);
            payload
        }
    }
}

/// Returns this thread's message.
pub fn message() -> String {
    // SAFETY: the message is a C string that lives until another function fails in this thread.
    unsafe { CStr::from_ptr(lamby_message()) }.to_str().unwrap().to_owned()
}

fn text(slice: lamby_slice) -> String {
    if slice.length == 0 {
        return String::new();
    }
    // SAFETY: the library says that these bytes are readable.
    String::from_utf8(unsafe { slice::from_raw_parts(slice.data.cast(), slice.length) }.to_vec()).unwrap()
}
