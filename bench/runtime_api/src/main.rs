//! A minimal Runtime API, and a minimal client for it. The overhead of another client is its time minus the time of the
//! minimal client.
//!
//! ```text
//! lamby-bench-runtime-api serve EVENT WARM_UP ROUNDS INVOCATIONS
//!     Prints its port. After each round, prints the microseconds for each invocation.
//! lamby-bench-runtime-api bare HOST:PORT RESPONSE
//!     Polls and responds, until the server ends.
//! lamby-bench-runtime-api bare-stream HOST:PORT SIZE COUNT
//!     Polls and responds with COUNT chunks of SIZE bytes, until the server ends.
//! ```

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    process,
    sync::{Arc, Mutex},
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |text: &str| text.parse().expect("a number");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", event, warm_up, rounds, invocations] => {
            serve(&fs::read(event)?, number(warm_up), number(rounds), number(invocations))
        }
        ["bare", address, answer] => bare(address, &fs::read(answer)?),
        ["bare-stream", address, size, count] => bare_stream(address, number(size), number(count)),
        _ => panic!("unknown arguments; the first lines of the source list the commands"),
    }
}

/// Counts responses over all connections.
struct Count {
    warm_up: usize,
    rounds: usize,
    invocations: usize,
    answers: usize,
    started: Instant,
}

impl Count {
    fn answer(&mut self) {
        self.answers += 1;
        if self.answers < self.warm_up {
            return;
        }
        let measured = self.answers - self.warm_up;
        if measured.is_multiple_of(self.invocations) {
            if measured > 0 {
                println!("{:.3}", self.started.elapsed().as_secs_f64() * 1e6 / self.invocations as f64);
            }
            if measured == self.rounds * self.invocations {
                process::exit(0);
            }
            self.started = Instant::now();
        }
    }
}

fn serve(event: &[u8], warm_up: usize, rounds: usize, invocations: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let mut next = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\nContent-Length: {}\r\n\r\n",
        event.len()
    )
    .into_bytes();
    next.extend_from_slice(event);
    let next: Arc<[u8]> = next.into();
    let count = Arc::new(Mutex::new(Count { warm_up, rounds, invocations, answers: 0, started: Instant::now() }));
    for stream in listener.incoming() {
        let (mut stream, next, count) = (stream?, next.clone(), count.clone());
        stream.set_nodelay(true)?;
        thread::spawn(move || {
            let mut buffer = Vec::new();
            while let Ok(Some(path)) = request(&mut stream, &mut buffer) {
                let written = match path {
                    Path::Next => stream.write_all(&next),
                    Path::Answer => stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"),
                    Path::Register => stream.write_all(
                        b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                    ),
                    // The server has no event for an extension, so it sends no response.
                    Path::ExtensionEvent => Ok(()),
                };
                if written.is_err() {
                    break;
                }
                if path == Path::Answer {
                    count.lock().expect("no thread panics").answer();
                }
            }
        });
    }
    Ok(())
}

/// A kind of request. An adapter that is an extension sends more kinds of requests than a runtime.
#[derive(PartialEq)]
enum Path {
    Next,
    Answer,
    Register,
    ExtensionEvent,
}

impl Path {
    fn of(message: &[u8]) -> Self {
        let line = message.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let has = |part: &[u8]| line.windows(part.len()).any(|it| it == part);
        match () {
            () if has(b"/extension/register") => Self::Register,
            () if has(b"/extension/event") => Self::ExtensionEvent,
            () if line.starts_with(b"GET") => Self::Next,
            () => Self::Answer,
        }
    }
}

/// Reads a request or a response. Returns `None` if the connection has ended.
fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Path>> {
    buffer.resize(buffer.capacity().max(64 * 1024), 0);
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(filled * 2, 0);
        }
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Ok(None);
        }
        filled += read;
        if let Some(head) = buffer[..filled].windows(4).position(|it| it == b"\r\n\r\n") {
            if is_chunked(&buffer[..head]) {
                let path = Path::of(buffer);
                let begun = buffer[head + 4..filled].to_vec();
                return Ok(chunks(stream, begun, buffer)?.then_some(path));
            }
            let whole = head + 4 + content_length(&buffer[..head]);
            if whole > buffer.len() {
                buffer.resize(whole, 0);
            }
            while filled < whole {
                let read = stream.read(&mut buffer[filled..whole])?;
                if read == 0 {
                    return Ok(None);
                }
                filled += read;
            }
            return Ok(Some(Path::of(buffer)));
        }
    }
}

fn is_chunked(head: &[u8]) -> bool {
    let name = b"transfer-encoding: chunked";
    head.windows(name.len()).any(|it| it.eq_ignore_ascii_case(name))
}

/// Reads a body in chunks, and returns whether it is complete. A chunk of 16 digits contains the time at which it was
/// written, in microseconds since 1970.
fn chunks(stream: &mut TcpStream, begun: Vec<u8>, buffer: &mut [u8]) -> io::Result<bool> {
    let mut data = begun;
    let mut at = 0;
    loop {
        // Reads all chunks in the data. Ends at an incomplete size line, which the next read completes.
        while let Some(line) = data[at..].windows(2).position(|it| it == b"\r\n") {
            let digits = data[at..at + line].iter().map_while(|&it| char::from(it).to_digit(16));
            let size = digits.fold(0, |sum, digit| sum * 16 + digit as usize);
            if size == 0 {
                // The benchmark's clients send no trailers.
                return Ok(data[at + line..].ends_with(b"\r\n\r\n") || data.ends_with(b"0\r\n\r\n"));
            }
            let content = at + line + 2;
            if data.len() >= content + size + 2 {
                if size == 16 {
                    print_delay(&data[content..content + size]);
                }
                at = content + size + 2;
                continue;
            }
            // Reads the rest of a large chunk, and drops it.
            let mut missing = content + size + 2 - data.len();
            while missing > 0 {
                let space = missing.min(buffer.len());
                let read = stream.read(&mut buffer[..space])?;
                if read == 0 {
                    return Ok(false);
                }
                missing -= read;
            }
            data.clear();
            at = 0;
        }
        data.drain(..at);
        at = 0;
        let read = stream.read(buffer)?;
        if read == 0 {
            return Ok(false);
        }
        data.extend_from_slice(&buffer[..read]);
    }
}

fn print_delay(written: &[u8]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_micros());
    if let Some(written) = str::from_utf8(written).ok().and_then(|it| it.parse::<u128>().ok()) {
        println!("delay {}", now.saturating_sub(written));
    }
}

fn content_length(head: &[u8]) -> usize {
    let name = b"content-length:";
    let at = head.windows(name.len()).position(|it| it.eq_ignore_ascii_case(name));
    let digits = at.map(|at| &head[at + name.len()..]).unwrap_or_default();
    digits
        .iter()
        .skip_while(|it| **it == b' ')
        .take_while(|it| it.is_ascii_digit())
        .fold(0, |sum, it| sum * 10 + usize::from(it - b'0'))
}

/// Polls and responds over one connection, with exactly four system calls for each invocation of a small event: one
/// write and one read for each of its two requests. The server always sends the same event and the same confirmation,
/// so the heads of these two replies are parsed only once.
fn bare(address: &str, answer: &[u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut post = format!(
        "POST /2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response HTTP/1.1\r\nHost: {address}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        answer.len()
    )
    .into_bytes();
    post.extend_from_slice(answer);
    let get = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes();
    let mut event = first_reply(&mut stream, &get)?;
    let mut accepted = first_reply(&mut stream, &post)?;
    loop {
        for (request, reply) in [(&get, &mut event), (&post, &mut accepted)] {
            if stream.write_all(request).and_then(|()| stream.read_exact(reply)).is_err() {
                return Ok(()); // The server has counted all responses, and ended.
            }
        }
    }
}

/// Sends a request, and returns the head and the body of the reply. The server sends the whole head in one write.
fn first_reply(stream: &mut TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request)?;
    let mut reply = vec![0; 64 * 1024];
    let read = stream.read(&mut reply)?;
    let head = reply[..read].windows(4).position(|it| it == b"\r\n\r\n").expect("a whole head");
    let size = head + 4 + content_length(&reply[..head]);
    reply.resize(size, 0);
    stream.read_exact(&mut reply[read..])?;
    Ok(reply)
}

/// Opens a connection for each response, because the Runtime API closes the connection after a streamed response.
fn bare_stream(address: &str, size: usize, count: usize) -> io::Result<()> {
    let head = format!(
        "POST /2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response HTTP/1.1\r\nHost: {address}\r\n\
         Content-Type: application/vnd.awslambda.http-integration-response\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let get = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut chunk = format!("{size:x}\r\n").into_bytes();
    chunk.extend(std::iter::repeat_n(b'x', size));
    chunk.extend_from_slice(b"\r\n");
    let mut buffer = Vec::new();
    loop {
        let Ok(mut stream) = TcpStream::connect(address) else { return Ok(()) };
        stream.set_nodelay(true)?;
        let mut answer = || -> io::Result<Option<Path>> {
            stream.write_all(get.as_bytes())?;
            request(&mut stream, &mut buffer)?;
            stream.write_all(head.as_bytes())?;
            for _ in 0..count {
                stream.write_all(&chunk)?;
            }
            stream.write_all(b"0\r\n\r\n")?;
            request(&mut stream, &mut buffer)
        };
        if !matches!(answer(), Ok(Some(_))) {
            return Ok(());
        }
    }
}
