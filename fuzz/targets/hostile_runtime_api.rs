//! Calls a Runtime API that sends any bytes, and that closes and resets connections. Each call of the client must
//! return. No POST may arrive twice, and the client must report correctly which POSTs have arrived.
#![no_main]

use std::{
    collections::HashSet,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use arbitrary::Arbitrary;
use lamby_fuzz::request_length;
use lamby_runtime::{Client, Error, ErrorReport, ErrorTrailers, InvocationRef};
use libfuzzer_sys::{Corpus, fuzz_target};

#[derive(Debug, Arbitrary)]
struct Script<'a> {
    /// The server's steps on each connection, in order.
    connections: Vec<Vec<Step<'a>>>,
    calls: Vec<Call>,
}

#[derive(Debug, Arbitrary)]
enum Step<'a> {
    /// Reads one request to its end.
    Request,
    /// Reads some bytes of a request.
    Bytes(u8),
    Event(Event),
    Status(Status),
    Any(&'a [u8]),
    /// Stops sending, but still reads.
    Shutdown,
    Close,
}

#[derive(Debug, Arbitrary)]
struct Event {
    id: u8,
    length: u32,
    /// Number of bytes at the end of the event that the server does not send.
    missing: u16,
    chunked: bool,
    interim: bool,
    fields: u8,
}

#[derive(Debug, Arbitrary)]
enum Status {
    Accepted,
    TooLate,
    TooLarge,
    Fatal,
    Other(u16),
}

#[derive(Debug, Arbitrary)]
enum Call {
    Next { reads: bool },
    Respond { length: u16 },
    Fail,
    FailInit,
    Stream { pieces: u8, ends: End },
    Register,
    Disconnect,
}

#[derive(Debug, Arbitrary)]
enum End {
    Well,
    Broken,
    Disconnected,
}

const LONGEST_EVENT: u32 = 600 * 1024;
const PATIENCE: Duration = Duration::from_millis(3);

impl Event {
    fn length(&self) -> usize {
        (self.length % LONGEST_EVENT) as usize
    }

    /// Returns the byte that the whole event repeats. If the client mixes up two events, its result contains other
    /// bytes.
    fn byte(&self) -> u8 {
        b'a' + self.id % 26
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.interim {
            bytes.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n\r\n");
        }
        bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: ");
        bytes.extend_from_slice(&[self.byte(); 8]);
        for number in 0..self.fields {
            bytes.extend_from_slice(format!("\r\nX-{number}: 1").as_bytes());
        }
        let body = vec![self.byte(); self.length()];
        if self.chunked {
            bytes.extend_from_slice(b"\r\nTransfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(70_000) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(&body);
        }
        bytes.truncate(bytes.len() - usize::from(self.missing).min(bytes.len()));
        bytes
    }
}

impl Status {
    fn bytes(&self) -> Vec<u8> {
        let status = match self {
            Self::Accepted => 202,
            Self::TooLate => 410,
            Self::TooLarge => 413,
            Self::Fatal => 500,
            Self::Other(status) => status % 1000,
        };
        format!("HTTP/1.1 {status:03} Status\r\nContent-Length: 2\r\nLambda-Extension-Identifier: x\r\n\r\n{{}}")
            .into_bytes()
    }
}

/// The server that all runs share. A new listening socket for each run would use up the ports.
struct Server {
    listener: TcpListener,
    address: SocketAddr,
    done: AtomicBool,
}

impl Server {
    fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            // Ruby and Rust's `main` ignore SIGPIPE, but libFuzzer's `main` does not. SAFETY: no handler is installed,
            // and no other thread runs yet.
            unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("an address");
            Self { listener, address, done: AtomicBool::new(false) }
        })
    }

    /// Serves one connection after another. Returns all POSTs that arrived completely.
    fn run(&self, script: &[Vec<Step<'_>>]) -> Vec<String> {
        let mut posts = Vec::new();
        let mut steps = script.iter();
        loop {
            let Ok((socket, _)) = self.listener.accept() else { continue };
            if self.done.load(Ordering::SeqCst) {
                return posts;
            }
            // If there are no steps, the server closes the connection immediately.
            let steps = steps.next().map_or(&[][..], Vec::as_slice);
            // If server and client wait for each other, this timeout makes the server close the connection.
            socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let mut peer = Peer { socket, read: Vec::new() };
            let _ = peer.play(steps);
            posts.append(&mut peer.posts());
        }
    }

    /// Makes `run` return. Call it after the client has closed its connections.
    fn end(&self) {
        self.done.store(true, Ordering::SeqCst);
        while TcpStream::connect(self.address).is_err() {
            thread::yield_now(); // All ports are in use at the moment.
        }
    }
}

struct Peer {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    fn play(&mut self, steps: &[Step<'_>]) -> std::io::Result<()> {
        let mut expected = 0;
        for step in steps {
            match step {
                Step::Request => {
                    expected += 1;
                    while self.requests().0.len() < expected && self.receive(64 * 1024)? > 0 {}
                }
                Step::Bytes(count) => drop(self.receive(usize::from(*count) + 1)?),
                Step::Event(event) => {
                    self.socket.write_all(&event.bytes())?;
                    if event.missing > 0 {
                        // Otherwise the client would read the bytes of the next step in place of the missing bytes.
                        return Ok(());
                    }
                }
                Step::Status(status) => self.socket.write_all(&status.bytes())?,
                Step::Any(bytes) => self.socket.write_all(bytes)?,
                Step::Shutdown => self.socket.shutdown(Shutdown::Write)?,
                Step::Close => return Ok(()),
            }
        }
        Ok(())
    }

    fn receive(&mut self, count: usize) -> std::io::Result<usize> {
        let mut bytes = vec![0; count];
        let count = self.socket.read(&mut bytes)?;
        self.read.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn posts(&self) -> Vec<String> {
        self.requests().0.into_iter().filter(|request| request.starts_with("POST ")).collect()
    }

    /// Returns the requests that have arrived completely, and the bytes after them.
    fn requests(&self) -> (Vec<String>, &[u8]) {
        let mut requests = Vec::new();
        let mut rest = &self.read[..];
        while let Some(length) = request_length(rest) {
            let (request, after) = rest.split_at(length);
            requests.push(String::from_utf8_lossy(request).into_owned());
            rest = after;
        }
        (requests, rest)
    }
}

/// The client's reports about its POSTs.
#[derive(Default)]
struct Claims {
    /// The marks (such as `<3>`) of the POSTs that had no effect, according to the client.
    not_arrived: Vec<String>,
}

impl Claims {
    fn note<T>(&mut self, mark: String, result: Result<T, Error>) {
        if let Err(Error::Connection { repeatable: true, .. }) = result {
            self.not_arrived.push(mark);
        }
    }
}

fn call(client: &mut Client, call: &Call, number: usize, claims: &mut Claims, is_known: bool) {
    let mark = format!("<{number}>");
    let id = format!("id-{number}");
    let to = InvocationRef { request_id: &id, invocation_id: None };
    let report = ErrorReport { error_type: "Function.Error", body: mark.as_bytes(), cause: None };
    match call {
        Call::Next { reads } => match client.next_invocation().map(|it| it.request_id().to_owned()) {
            Ok(id) => {
                assert!(!id.is_empty());
                if *reads {
                    read_event(client, &id, is_known);
                } else {
                    assert!(matches!(client.discard_event(), Error::Truncated { request_id, .. } if request_id == id));
                }
            }
            Err(Error::Truncated { request_id, .. }) => assert!(!request_id.is_empty()),
            Err(_) => {}
        },
        Call::Respond { length } => {
            let body = format!("{mark}{}", "x".repeat(usize::from(*length)));
            claims.note(mark, client.respond(to, "application/json", body.as_bytes()));
        }
        Call::Fail => claims.note(mark.clone(), client.report_error(to, &report)),
        Call::FailInit => claims.note(mark.clone(), client.report_init_error(&report)),
        Call::Stream { pieces, ends } => stream(client, to, *pieces, ends, &mark),
        Call::Register => drop(client.register_extension("lamby")),
        Call::Disconnect => client.disconnect(),
    }
}

fn read_event(client: &mut Client, id: &str, is_known: bool) {
    if client.event_length() > 2 * LONGEST_EVENT as usize {
        // The native extension discards an event if it cannot allocate a String of its length.
        client.discard_event();
        return;
    }
    let mut event = vec![0; client.event_length()];
    match client.read_event(&mut event) {
        Ok(()) if is_known => {
            assert!(event.iter().all(|byte| *byte == id.as_bytes()[0]), "bytes of another event");
        }
        Ok(()) => {}
        Err(error) => assert!(matches!(error, Error::Truncated { request_id, .. } if request_id == id)),
    }
}

fn stream(client: &mut Client, to: InvocationRef<'_>, pieces: u8, ends: &End, mark: &str) {
    if client.begin_stream(to, "text/plain", mark.as_bytes()).is_err() {
        return client.disconnect();
    }
    for number in 0..pieces {
        if client.write_stream(&[b'x'].repeat(usize::from(number) * 64)).is_err() {
            return client.disconnect();
        }
    }
    match ends {
        End::Well => drop(client.end_stream(None)),
        End::Broken => drop(client.end_stream(Some(ErrorTrailers { error_type: "Function.Error", body: "e30=" }))),
        End::Disconnected => client.disconnect(),
    }
}

fuzz_target!(|script: Script<'_>| -> Corpus {
    if script.calls.len() > 12 || script.calls.is_empty() || script.connections.len() > 12 {
        return Corpus::Reject;
    }
    // Whether all events come from `Event::bytes`.
    let is_known = !script.connections.iter().flatten().any(|step| matches!(step, Step::Any(_)));
    let server = Server::get();
    server.done.store(false, Ordering::SeqCst);
    let mut claims = Claims::default();
    let posts = thread::scope(|scope| {
        let posts = scope.spawn(|| server.run(&script.connections));
        // This block drops the client, because its connections must be closed before `end` is called.
        {
            let mut client = Client::new(&server.address.to_string(), "fuzz/1").expect("an address");
            for (number, it) in script.calls.iter().enumerate() {
                call(&mut client, it, number, &mut claims, is_known);
            }
        }
        server.end();
        posts.join().expect("the server has no faults")
    });

    let marks: Vec<&str> = posts.iter().filter_map(|post| Some(&post[post.find('<')?..=post.find('>')?])).collect();
    let distinct: HashSet<&str> = marks.iter().copied().collect();
    assert_eq!(marks.len(), distinct.len(), "a POST arrived twice: {marks:?}");
    for mark in &claims.not_arrived {
        assert!(!distinct.contains(&**mark), "{mark} arrived, but the client says that it can be sent again");
    }
    Corpus::Keep
});
