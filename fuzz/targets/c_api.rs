//! Calls the functions of liblamby, the C library, in any order and with any arguments. The arguments may be wrong in
//! each way that the library promises to recognise. Every failure must have a status that the header documents for the
//! function, a message, and NULL as its handle. Every environment, payload and invocation must be well-formed.
#![no_main]

use std::{
    ffi::{CStr, c_char, c_int},
    fs,
    io::{self, Read as _, Write as _},
    mem,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    ptr, slice,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use lamby_capi::{
    lamby_buffer, lamby_buffer_free, lamby_buffer_view, lamby_error, lamby_event_source, lamby_invocation,
    lamby_message, lamby_request, lamby_request_body, lamby_request_env, lamby_request_free, lamby_request_integration,
    lamby_request_read, lamby_response_write, lamby_runtime, lamby_runtime_close, lamby_runtime_interrupt,
    lamby_runtime_next, lamby_runtime_open, lamby_runtime_report_error, lamby_runtime_respond,
    lamby_runtime_stream_begin, lamby_runtime_stream_end, lamby_runtime_stream_write, lamby_slice,
    lamby_status::{self, *},
};
use lamby_core::Integration;
use lamby_fuzz::{Environment, REQUEST_ID, check_text, position, request_length};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

#[derive(Debug, Arbitrary)]
struct Script<'a> {
    calls: Vec<Call<'a>>,
    /// The Runtime API's replies, one for each request. Later replies are the usual ones.
    replies: Vec<Reply<'a>>,
}

#[derive(Debug, Arbitrary)]
enum Call<'a> {
    Read {
        event: Event<'a>,
        id: Rarely<Bytes<'a>>,
        place: Place,
    },
    Source {
        event: Event<'a>,
        place: Place,
    },
    Write {
        request: Handle,
        status: Status,
        headers: Headers<'a>,
        body: Bytes<'a>,
        place: Place,
    },
    View {
        request: Handle,
        buffer: Handle,
        place: Place,
    },
    Open {
        address: Rarely<Bytes<'a>>,
        agent: Bytes<'a>,
        place: Place,
    },
    Next {
        runtime: Handle,
        size: Size,
    },
    Respond {
        runtime: Handle,
        payload: Bytes<'a>,
    },
    Report {
        runtime: Handle,
        error: ErrorArgument<'a>,
    },
    Begin {
        runtime: Handle,
        request: Handle,
        status: Status,
        headers: Headers<'a>,
    },
    WriteStream {
        runtime: Handle,
        data: Bytes<'a>,
    },
    End {
        runtime: Handle,
        error: Rarely<ErrorArgument<'a>>,
    },
    /// All calls of a streamed response.
    Stream {
        runtime: Handle,
        status: Status,
        headers: Headers<'a>,
        chunks: Vec<Bytes<'a>>,
        error: Rarely<ErrorArgument<'a>>,
    },
    Interrupt {
        runtime: Handle,
    },
    FreeRequest {
        request: Handle,
    },
    FreeBuffer {
        buffer: Handle,
    },
    Close {
        runtime: Handle,
    },
}

/// An argument that differs from the usual one in one of eight calls, so that most calls succeed.
#[derive(Debug)]
struct Rarely<T>(Option<T>);

impl<'a, T: Arbitrary<'a>> Arbitrary<'a> for Rarely<T> {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        // At the end of the input, `ratio` returns true.
        Ok(Self(if bytes.ratio(7, 8)? { None } else { Some(T::arbitrary(bytes)?) }))
    }
}

/// Where a function writes its result: rarely NULL.
type Place = Rarely<()>;

const VALID: Place = Rarely(None);

/// The number of an open handle, or 255 for NULL.
#[derive(Debug, Arbitrary, Clone, Copy)]
struct Handle(u8);

/// A status code, usually 200.
type Status = Rarely<c_int>;

#[derive(Debug, Arbitrary)]
struct Bytes<'a> {
    bytes: &'a [u8],
    mistake: Rarely<Mistake>,
}

#[derive(Debug, Arbitrary)]
enum Mistake {
    NullWithLength(usize),
    /// A length that no object in memory can have.
    TooLong(usize),
}

#[derive(Debug, Arbitrary)]
enum Event<'a> {
    /// An event of spec/fixtures.
    Fixture(u16),
    /// A fixture in which some bytes have been replaced.
    Changed {
        fixture: u16,
        at: u16,
        removed: u8,
        inserted: &'a [u8],
    },
    Any(Bytes<'a>),
}

#[derive(Debug, Arbitrary)]
enum Headers<'a> {
    Pairs {
        pairs: Vec<(Name<'a>, &'a [u8])>,
        /// How many bytes the block lacks at its end.
        missing: Rarely<u8>,
    },
    Any(Bytes<'a>),
}

#[derive(Debug, Arbitrary)]
enum Name<'a> {
    Known(u8),
    Any(&'a [u8]),
}

const NAMES: [&str; 8] = [
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "set-cookie",
    "connection",
    "x-own",
    "X-Own",
];

/// An event of an integration that streams.
const STREAMING: &[u8] = br#"{"version":"2.0","rawPath":"/","rawQueryString":"","headers":{},"requestContext":{"domainName":"abc.lambda-url.us-east-1.on.aws","http":{"method":"GET","path":"/","sourceIp":"203.0.113.9"}}}"#;

/// The size that a struct of the caller has.
type Size = Rarely<WrongSize>;

#[derive(Debug, Arbitrary)]
enum WrongSize {
    Smaller(u8),
    Larger(u8),
    Zero,
}

#[derive(Debug, Arbitrary)]
struct ErrorArgument<'a> {
    is_null: Rarely<()>,
    size: Size,
    error_type: Bytes<'a>,
    message: Bytes<'a>,
    stack_trace: Bytes<'a>,
}

#[derive(Debug, Arbitrary)]
struct Reply<'a> {
    /// Whether the server replies before it has received the request's body.
    is_early: bool,
    content: Content<'a>,
}

#[derive(Debug, Arbitrary)]
enum Content<'a> {
    /// An event for a GET, and 202 for a POST.
    Usual,
    Event {
        fixture: u16,
        missing: Rarely<u8>,
    },
    Status(u16),
    /// These bytes, after which the server closes the connection.
    Any(&'a [u8]),
}

impl Call<'_> {
    /// Returns whether the call may connect to the Runtime API.
    fn connects(&self) -> bool {
        matches!(self, Self::Next { .. } | Self::Report { .. } | Self::Stream { .. })
    }
}

impl Rarely<()> {
    fn is_null(&self) -> bool {
        self.0.is_some()
    }
}

impl Handle {
    /// Returns the handle with this number, or NULL.
    fn pick<T>(self, handles: &[*mut T]) -> *mut T {
        match self.0 {
            255 => ptr::null_mut(),
            number => handles.get(usize::from(number) % handles.len().max(1)).copied().unwrap_or_default(),
        }
    }

    /// Removes the handle with this number. Returns it, or NULL.
    fn take<T>(self, handles: &mut Vec<*mut T>) -> *mut T {
        let handle = self.pick(handles);
        handles.retain(|&other| other != handle);
        handle
    }
}

impl<'a> Bytes<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, mistake: Rarely(None) }
    }

    /// Calls `function` with a copy of the bytes, so that AddressSanitizer sees each access outside of them and after
    /// the call.
    fn lend<T>(&self, function: impl FnOnce(*const c_char, usize) -> T) -> T {
        match &self.mistake.0 {
            None if self.bytes.is_empty() => function(ptr::null(), 0),
            None => {
                let copy: Box<[u8]> = self.bytes.into();
                function(copy.as_ptr().cast(), copy.len())
            }
            Some(Mistake::NullWithLength(length)) => function(ptr::null(), *length | 1),
            Some(Mistake::TooLong(length)) => {
                let byte = Box::new(0_u8);
                function(ptr::from_ref(&*byte).cast(), length | 1 << (usize::BITS - 1))
            }
        }
    }

    /// Returns whether the library must refuse the bytes.
    fn is_wrong(&self) -> bool {
        self.mistake.0.is_some()
    }
}

/// Returns an event of spec/fixtures.
fn fixture(number: u16) -> &'static [u8] {
    static EVENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let events = EVENTS.get_or_init(|| {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/fixtures");
        let folders = ["requests", "not_http"].map(|name| fs::read_dir(fixtures.join(name)).expect("a folder"));
        let mut files: Vec<_> = folders.into_iter().flatten().map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        let event = |file| {
            let fixture: Value = serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON");
            serde_json::to_vec(&fixture["event"]).expect("JSON")
        };
        files.iter().map(event).collect()
    });
    &events[usize::from(number) % events.len()]
}

impl Event<'_> {
    fn lend<T>(&self, function: impl FnOnce(*const c_char, usize) -> T) -> T {
        match self {
            Self::Fixture(number) => Bytes::of(fixture(*number)).lend(function),
            Self::Changed { fixture: number, at, removed, inserted } => {
                let mut event = fixture(*number).to_vec();
                let start = usize::from(*at) % event.len();
                let end = event.len().min(start + usize::from(*removed));
                event.splice(start..end, inserted.iter().copied());
                Bytes::of(&event).lend(function)
            }
            Self::Any(bytes) => bytes.lend(function),
        }
    }
}

impl Headers<'_> {
    fn lend<T>(&self, function: impl FnOnce(*const c_char, usize) -> T) -> T {
        match self {
            Self::Pairs { pairs, missing } => {
                let mut block = Vec::new();
                for (name, value) in pairs {
                    let name = match name {
                        Name::Known(number) => NAMES[usize::from(*number) % NAMES.len()].as_bytes(),
                        Name::Any(name) => name,
                    };
                    block.extend_from_slice(&[name, b"\0", value, b"\0"].concat());
                }
                block.truncate(block.len().saturating_sub(usize::from(missing.0.unwrap_or_default())));
                Bytes::of(&block).lend(function)
            }
            Self::Any(bytes) => bytes.lend(function),
        }
    }
}

impl Rarely<WrongSize> {
    fn of<T>(&self) -> usize {
        let right = mem::size_of::<T>();
        match self.0 {
            None => right,
            Some(WrongSize::Smaller(bytes)) => right.saturating_sub(1 + usize::from(bytes)),
            Some(WrongSize::Larger(bytes)) => right + 1 + usize::from(bytes),
            Some(WrongSize::Zero) => 0,
        }
    }
}

/// Returns memory for a struct of the caller that begins with its size. The memory is no longer than the struct, but
/// always contains the size.
fn memory_for(size: usize) -> Box<[u64]> {
    let mut memory = vec![0; size.div_ceil(mem::size_of::<u64>()).max(1)];
    memory[0] = size as u64;
    memory.into()
}

impl ErrorArgument<'_> {
    fn lend<T>(&self, function: impl FnOnce(*const lamby_error) -> T) -> T {
        let Self { is_null, size, error_type, message, stack_trace } = self;
        if is_null.is_null() {
            return function(ptr::null());
        }
        let size = size.of::<lamby_error>();
        let mut memory = memory_for(size);
        error_type.lend(|data, length| {
            let error_type = lamby_slice { data, length };
            message.lend(|data, length| {
                let message = lamby_slice { data, length };
                stack_trace.lend(|data, length| {
                    let error = lamby_error { size, error_type, message, stack_trace: lamby_slice { data, length } };
                    let length = mem::size_of_val(&*memory).min(mem::size_of::<lamby_error>());
                    // SAFETY: both have `length` bytes, and they do not overlap.
                    unsafe {
                        ptr::copy_nonoverlapping(
                            ptr::from_ref(&error).cast::<u8>(),
                            memory.as_mut_ptr().cast(),
                            length,
                        );
                    }
                    function(memory.as_ptr().cast())
                })
            })
        })
    }
}

/// Returns whether a function succeeded. Panics if its status is not one of those that the header documents for it, or
/// if the failure has no message.
fn succeeded(status: lamby_status, documented: &[lamby_status]) -> bool {
    if status == LAMBY_OK {
        return true;
    }
    // SAFETY: the message is a C string that lives until another function fails in this thread.
    let message = unsafe { CStr::from_ptr(lamby_message()) }.to_str().expect("a message is UTF-8");
    assert!(documented.contains(&status), "{status:?} is not documented: {message}");
    check_text(message);
    false
}

/// Returns what a function wrote to its place, and checks that a failure wrote NULL. `call` gets the place.
fn handle<T>(
    place: &Place,
    documented: &[lamby_status],
    call: impl FnOnce(*mut *mut T) -> lamby_status,
) -> Option<*mut T> {
    let mut handle = ptr::dangling_mut();
    let status = call(if place.is_null() { ptr::null_mut() } else { &raw mut handle });
    let succeeded = succeeded(status, documented);
    assert!(!succeeded || !place.is_null(), "a result was written to NULL");
    assert_eq!(handle.is_null(), !succeeded && !place.is_null(), "{status:?}");
    succeeded.then_some(handle)
}

/// Returns a copy of the slice that a function wrote to its place.
fn view(place: &Place, is_null: bool, call: impl FnOnce(*mut lamby_slice) -> lamby_status) -> Option<Vec<u8>> {
    let mut slice = lamby_slice { data: ptr::null(), length: 0 };
    let status = call(if place.is_null() { ptr::null_mut() } else { &raw mut slice });
    let succeeded = succeeded(status, &[LAMBY_INVALID_ARGUMENT]);
    assert_eq!(succeeded, !place.is_null() && !is_null, "{status:?}");
    succeeded.then(|| copy(slice))
}

fn copy(slice: lamby_slice) -> Vec<u8> {
    if slice.data.is_null() {
        assert_eq!(slice.length, 0);
        return Vec::new();
    }
    // SAFETY: the library says that these bytes are readable.
    unsafe { slice::from_raw_parts(slice.data.cast(), slice.length) }.to_vec()
}

/// The handles that are open.
#[derive(Default)]
struct Handles {
    requests: Vec<*mut lamby_request>,
    buffers: Vec<*mut lamby_buffer>,
    runtimes: Vec<*mut lamby_runtime>,
}

impl Handles {
    fn play(&mut self, call: &Call<'_>, server: SocketAddr) {
        match call {
            Call::Read { event, id, place } => self.read(event, id, place),
            Call::Source { event, place } => source(event, place),
            Call::Write { request, status, headers, body, place } => {
                self.write(request.pick(&self.requests), status.0.unwrap_or(200), headers, body, place);
            }
            Call::View { request, buffer, place } => {
                drop(read_views(request.pick(&self.requests), place));
                let buffer = buffer.pick(&self.buffers);
                // SAFETY: the buffer is NULL or open.
                view(place, buffer.is_null(), |to| unsafe { lamby_buffer_view(buffer, to) });
            }
            Call::Open { address, agent, place } => {
                let servers = server.to_string();
                let servers = Bytes::of(servers.as_bytes());
                self.open(address.0.as_ref().unwrap_or(&servers), agent, place);
            }
            Call::Next { runtime, size } => next(runtime.pick(&self.runtimes), size),
            Call::Respond { runtime, payload } => {
                let runtime = runtime.pick(&self.runtimes);
                // SAFETY: the runtime is NULL or open.
                let status = payload.lend(|data, length| unsafe { lamby_runtime_respond(runtime, data, length) });
                let succeeded = succeeded(status, DELIVERY);
                assert!(!succeeded || !payload.is_wrong());
            }
            Call::Report { runtime, error } => {
                let runtime = runtime.pick(&self.runtimes);
                // SAFETY: the runtime is NULL or open, and the error has the size that it states.
                let status = error.lend(|error| unsafe { lamby_runtime_report_error(runtime, error) });
                let succeeded = succeeded(status, DELIVERY);
                assert!(!succeeded || !error.is_wrong() && !error.is_null.is_null());
            }
            Call::Begin { runtime, request, status, headers } => {
                begin(runtime.pick(&self.runtimes), request.pick(&self.requests), status, headers);
            }
            Call::WriteStream { runtime, data } => write_stream(runtime.pick(&self.runtimes), data),
            Call::End { runtime, error } => end(runtime.pick(&self.runtimes), error),
            Call::Stream { runtime, status, headers, chunks, error } => {
                let runtime = runtime.pick(&self.runtimes);
                next(runtime, &Rarely(None));
                begin(runtime, Handle(0).pick(&self.requests), status, headers);
                chunks.iter().for_each(|data| write_stream(runtime, data));
                end(runtime, error);
            }
            Call::Interrupt { runtime } => {
                let runtime = runtime.pick(&self.runtimes);
                // SAFETY: the runtime is NULL or open.
                let status = unsafe { lamby_runtime_interrupt(runtime) };
                assert_eq!(status, if runtime.is_null() { LAMBY_INVALID_ARGUMENT } else { LAMBY_OK });
            }
            // SAFETY: each handle is NULL or open, and nobody uses it later.
            Call::FreeRequest { request } => unsafe { lamby_request_free(request.take(&mut self.requests)) },
            Call::FreeBuffer { buffer } => unsafe { lamby_buffer_free(buffer.take(&mut self.buffers)) },
            Call::Close { runtime } => unsafe { lamby_runtime_close(runtime.take(&mut self.runtimes)) },
        }
    }

    fn read(&mut self, event: &Event<'_>, id: &Rarely<Bytes<'_>>, place: &Place) {
        let lambdas_id = Bytes::of(REQUEST_ID);
        let id_bytes = id.0.as_ref().unwrap_or(&lambdas_id);
        let documented = [LAMBY_INVALID_EVENT, LAMBY_UNHANDLED_EVENT, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT];
        let request = handle(place, &documented, |to| {
            event.lend(|event, length| {
                // SAFETY: the event is readable, and a pointer can be written to `to` if it is not NULL.
                id_bytes.lend(|id, id_length| unsafe { lamby_request_read(event, length, id, id_length, to) })
            })
        });
        let Some(request) = request else { return };
        assert!(!id_bytes.is_wrong());
        self.requests.push(request);
        let views = read_views(request, &VALID).expect("the request is open");
        let environment = views.environment();
        if id.0.is_none() {
            environment.check();
            let expected = event.lend(|event, length| {
                // SAFETY: `lend` lends readable bytes, and the library has read them.
                Environment::read(unsafe { slice::from_raw_parts(event.cast(), length) })
            });
            assert_eq!(environment, expected.expect("the core reads what the library reads"));
        }
    }

    fn write(
        &mut self,
        request: *mut lamby_request,
        status: c_int,
        headers: &Headers<'_>,
        body: &Bytes<'_>,
        place: &Place,
    ) {
        let documented =
            [LAMBY_INVALID_RESPONSE, LAMBY_RESPONSE_TOO_LARGE, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT];
        let buffer = handle(place, &documented, |to| {
            headers.lend(|block, block_length| {
                // SAFETY: the request is NULL or open, the slices are readable, and a pointer can be written to `to` if
                // it is not NULL.
                body.lend(|body, length| unsafe {
                    lamby_response_write(request, status, block, block_length, body, length, to)
                })
            })
        });
        let Some(buffer) = buffer else { return };
        self.buffers.push(buffer);
        assert!(!body.is_wrong());
        // SAFETY: the buffer is open.
        let payload = view(&VALID, false, |to| unsafe { lamby_buffer_view(buffer, to) }).expect("a payload");
        let payload: Value = serde_json::from_slice(&payload).expect("a payload is JSON");
        assert_eq!(payload["statusCode"], status);
        let text = payload["body"].as_str().expect("a body is a string");
        let sent = match payload["isBase64Encoded"].as_bool() {
            Some(true) => BASE64.decode(text).expect("a body is base64 when it is marked"),
            _ => text.as_bytes().to_vec(),
        };
        let environment = read_views(request, &VALID).expect("the request is open").environment();
        if environment.get("REQUEST_METHOD") == b"HEAD" || matches!(status, 100..=199 | 204 | 304) {
            assert_eq!(sent, b"");
        } else if !headers.are_chunked() {
            assert!(sent == body.bytes, "the body has changed");
        }
    }

    fn open(&mut self, address: &Bytes<'_>, agent: &Bytes<'_>, place: &Place) {
        let runtime = handle(place, &[LAMBY_INVALID_ARGUMENT, LAMBY_UNREACHABLE], |to| {
            address.lend(|address, length| {
                // SAFETY: the slices are readable, and a pointer can be written to `to` if it is not NULL.
                agent
                    .lend(|agent, agent_length| unsafe { lamby_runtime_open(address, length, agent, agent_length, to) })
            })
        });
        if let Some(runtime) = runtime {
            assert!(!address.is_wrong() && !agent.is_wrong());
            self.runtimes.push(runtime);
        }
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        // SAFETY: each handle is open, and nobody uses it later.
        unsafe {
            self.requests.iter().for_each(|&request| lamby_request_free(request));
            self.buffers.iter().for_each(|&buffer| lamby_buffer_free(buffer));
            self.runtimes.iter().for_each(|&runtime| lamby_runtime_close(runtime));
        }
    }
}

/// The documented failures of a response and of an error report.
const DELIVERY: &[lamby_status] =
    &[LAMBY_INTERRUPTED, LAMBY_UNREACHABLE, LAMBY_UNCONFIRMED, LAMBY_REFUSED, LAMBY_INVALID_ARGUMENT];

/// What the library shows of a request.
struct Views {
    env: Vec<u8>,
    body: Vec<u8>,
}

impl Views {
    /// Splits the block. Panics if it is malformed.
    fn environment(&self) -> Environment {
        let block = self.env.strip_suffix(b"\0").expect("the block ends with NUL");
        let parts: Vec<&[u8]> = block.split(|&byte| byte == 0).collect();
        assert_eq!(parts.len() % 2, 0, "the block ends in the middle of a pair");
        let pairs = parts.chunks(2).map(|pair| (str::from_utf8(pair[0]).expect("a key is text"), pair[1]));
        assert!(pairs.clone().all(|(key, _)| !key.is_empty()), "a key is empty");
        Environment::from_pairs(pairs, &self.body)
    }
}

/// Returns what the library shows of a request, or `None` if it must refuse the arguments.
fn read_views(request: *const lamby_request, place: &Place) -> Option<Views> {
    let is_null = request.is_null();
    // SAFETY: the request is NULL or open, and a slice can be written to `to` if it is not NULL.
    let env = view(place, is_null, |to| unsafe { lamby_request_env(request, to) });
    let body = view(place, is_null, |to| unsafe { lamby_request_body(request, to) });
    let integration = view(place, is_null, |to| unsafe { lamby_request_integration(request, to) })?;
    assert!(Integration::ALL.iter().any(|it| it.name().as_bytes() == integration), "{integration:?}");
    Some(Views { env: env?, body: body? })
}

fn source(event: &Event<'_>, place: &Place) {
    let is_refused = matches!(event, Event::Any(bytes) if bytes.is_wrong());
    let source = view(place, is_refused, |to| {
        // SAFETY: the event is readable, and a slice can be written to `to` if it is not NULL.
        event.lend(|event, length| unsafe { lamby_event_source(event, length, to) })
    });
    assert!(source.is_none_or(|name| name.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))));
}

fn next(runtime: *mut lamby_runtime, size: &Size) {
    let size = size.of::<lamby_invocation>();
    let mut memory = memory_for(size);
    let invocation = memory.as_mut_ptr().cast::<lamby_invocation>();
    let documented = [LAMBY_INTERRUPTED, LAMBY_TRUNCATED, LAMBY_UNREACHABLE, LAMBY_REFUSED, LAMBY_INVALID_ARGUMENT];
    // SAFETY: the runtime is NULL or open, and the struct has the size that it states.
    let next = || unsafe { lamby_runtime_next(runtime, invocation) };
    if !succeeded(next(), &documented) {
        return;
    }
    assert_eq!(next(), LAMBY_INVALID_ARGUMENT, "an invocation without a response was replaced");
    // SAFETY: the library has filled the struct, which is at least as large as its type.
    let invocation = unsafe { ptr::read(invocation) };
    assert!(size >= mem::size_of::<lamby_invocation>());
    assert!(!copy(invocation.request_id).is_empty());
    for slice in [
        invocation.event,
        invocation.invocation_id,
        invocation.function_arn,
        invocation.trace_id,
        invocation.client_context,
        invocation.cognito_identity,
        invocation.tenant_id,
    ] {
        copy(slice);
    }
}

impl Headers<'_> {
    /// Returns whether the body may be sent in chunks.
    fn are_chunked(&self) -> bool {
        self.lend(|block, length| match length {
            0 => false,
            // SAFETY: `lend` lends readable bytes, and the library has read them.
            _ => unsafe { slice::from_raw_parts(block.cast::<u8>(), length) }
                .split(|&byte| byte == 0)
                .any(|text| text.eq_ignore_ascii_case(b"transfer-encoding")),
        })
    }
}

fn begin(runtime: *mut lamby_runtime, request: *const lamby_request, status: &Status, headers: &Headers<'_>) {
    let code = status.0.unwrap_or(200);
    // SAFETY: both handles are NULL or open.
    let status =
        headers.lend(|data, length| unsafe { lamby_runtime_stream_begin(runtime, request, code, data, length) });
    let documented =
        [LAMBY_INTERRUPTED, LAMBY_INVALID_RESPONSE, LAMBY_UNREACHABLE, LAMBY_STREAM_CLOSED, LAMBY_INVALID_ARGUMENT];
    succeeded(status, &documented);
}

fn write_stream(runtime: *mut lamby_runtime, data: &Bytes<'_>) {
    // SAFETY: the runtime is NULL or open.
    let status = data.lend(|data, length| unsafe { lamby_runtime_stream_write(runtime, data, length) });
    let documented = [LAMBY_INTERRUPTED, LAMBY_STREAM_CLOSED, LAMBY_INVALID_RESPONSE, LAMBY_INVALID_ARGUMENT];
    assert!(!succeeded(status, &documented) || !data.is_wrong());
}

fn end(runtime: *mut lamby_runtime, error: &Rarely<ErrorArgument<'_>>) {
    // SAFETY: the runtime is NULL or open, and the error has the size that it states.
    let end = |error| unsafe { lamby_runtime_stream_end(runtime, error) };
    let status = error.0.as_ref().map_or_else(|| end(ptr::null()), |error| error.lend(end));
    let documented =
        [LAMBY_INTERRUPTED, LAMBY_INVALID_RESPONSE, LAMBY_STREAM_CLOSED, LAMBY_REFUSED, LAMBY_INVALID_ARGUMENT];
    let is_refused = error.0.as_ref().is_some_and(|error| !error.is_null.is_null() && error.is_wrong());
    assert!(!succeeded(status, &documented) || !is_refused);
}

impl ErrorArgument<'_> {
    /// Returns whether the library must refuse the error. NULL is not an error of its own.
    fn is_wrong(&self) -> bool {
        self.size.of::<lamby_error>() < mem::size_of::<lamby_error>()
            || [&self.error_type, &self.message, &self.stack_trace].iter().any(|bytes| bytes.is_wrong())
    }
}

/// The Runtime API that all runs share. A new listening socket for each run would use up the ports.
struct Server {
    listener: TcpListener,
    address: SocketAddr,
    done: AtomicBool,
}

impl Server {
    // SIGPIPE is not ignored, because programs in C do not ignore it, and the library must not raise it.
    fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("an address");
            Self { listener, address, done: AtomicBool::new(false) }
        })
    }

    /// Serves connections until `end` is called.
    fn run(&self, replies: &Mutex<slice::Iter<'_, Reply<'_>>>) {
        thread::scope(|scope| {
            loop {
                let Ok((socket, _)) = self.listener.accept() else { continue };
                if self.done.load(Ordering::SeqCst) {
                    return;
                }
                scope.spawn(|| serve(socket, replies));
            }
        });
    }

    /// Makes `run` return. Call it after the runtimes are closed.
    fn end(&self) {
        self.done.store(true, Ordering::SeqCst);
        while TcpStream::connect(self.address).is_err() {
            thread::yield_now(); // All ports are in use at the moment.
        }
    }
}

/// Serves a connection. Returns an error when one side has closed it.
fn serve(mut socket: TcpStream, replies: &Mutex<slice::Iter<'_, Reply<'_>>>) -> io::Result<()> {
    let mut received = Vec::new();
    loop {
        while position(&received, b"\r\n\r\n").is_none() {
            receive(&mut socket, &mut received)?;
        }
        let is_poll = received.starts_with(b"GET ");
        let usual = Reply { is_early: false, content: Content::Usual };
        let reply = replies.lock().expect("no thread has panicked").next().unwrap_or(&usual);
        if reply.is_early {
            reply.send(&mut socket, is_poll)?;
        }
        let length = loop {
            match request_length(&received) {
                Some(length) => break length,
                None => receive(&mut socket, &mut received)?,
            }
        };
        received.drain(..length);
        if !reply.is_early {
            reply.send(&mut socket, is_poll)?;
        }
    }
}

fn receive(socket: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<()> {
    let mut bytes = [0; 4096];
    match socket.read(&mut bytes)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            into.extend_from_slice(&bytes[..count]);
            Ok(())
        }
    }
}

impl Reply<'_> {
    /// Sends the reply. Returns an error if the connection must be closed, because the client would otherwise wait for
    /// the missing bytes.
    fn send(&self, socket: &mut TcpStream, is_poll: bool) -> io::Result<()> {
        match &self.content {
            Content::Usual if is_poll => send_event(socket, 0, 0),
            Content::Usual => send_status(socket, 202),
            Content::Event { fixture, missing } => send_event(socket, *fixture, missing.0.unwrap_or_default()),
            Content::Status(status) => send_status(socket, 200 + status % 400),
            Content::Any(bytes) => {
                socket.write_all(bytes)?;
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}

fn send_status(socket: &mut TcpStream, status: u16) -> io::Result<()> {
    write!(socket, "HTTP/1.1 {status} Status\r\nContent-Length: 2\r\n\r\n{{}}")
}

fn send_event(socket: &mut TcpStream, number: u16, missing: u8) -> io::Result<()> {
    let event = fixture(number);
    let head = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id\r\nLambda-Runtime-Trace-Id: Root=1\r\n\
         Lambda-Runtime-Deadline-Ms: 1542409706888\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    let reply = [head.as_bytes(), event].concat();
    socket.write_all(&reply[..reply.len() - usize::from(missing)])?;
    if missing == 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fuzz_target!(|script: Script<'_>| -> Corpus {
    if script.calls.is_empty() || script.calls.len() > 16 || script.replies.len() > 16 {
        return Corpus::Reject;
    }
    let server = Server::get();
    let play = || {
        // Without these handles, the fuzzer would rarely find a stream.
        let mut handles = Handles::default();
        handles.read(&Event::Any(Bytes::of(STREAMING)), &Rarely(None), &VALID);
        handles.open(&Bytes::of(server.address.to_string().as_bytes()), &Bytes::of(b"fuzz/1"), &VALID);
        script.calls.iter().for_each(|call| handles.play(call, server.address));
    };
    if !script.calls.iter().any(Call::connects) {
        play();
        return Corpus::Keep;
    }
    server.done.store(false, Ordering::SeqCst);
    let replies = Mutex::new(script.replies.iter());
    thread::scope(|scope| {
        scope.spawn(|| server.run(&replies));
        play();
        server.end();
    });
    Corpus::Keep
});
