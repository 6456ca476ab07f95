//! One connection to the Runtime API.

use std::{
    io::{self, IoSlice, Read as _},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg};

use crate::{interrupt::InterruptHandle, process_id};

/// During this time after an exchange, the client assumes that the connection is still open, and does not check it
/// before a GET. The GET for the next invocation usually follows within this time, and Lambda does not freeze the
/// process before that GET.
const FRESH: Duration = Duration::from_millis(10);

/// Makes a write to a closed connection an error, and not a SIGPIPE. Ruby and Rust programs ignore this signal, but it
/// would end a program in C. `write_vectored` cannot pass this flag.
#[cfg(not(target_vendor = "apple"))]
const SEND_FLAGS: SendFlags = SendFlags::NOSIGNAL;
/// macOS has no such flag. There, the standard library sets the option SO_NOSIGPIPE of the socket.
#[cfg(target_vendor = "apple")]
const SEND_FLAGS: SendFlags = SendFlags::empty();

/// A blocking socket. If a signal interrupts a system call, the method that made the call returns an error and does not
/// retry.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Arc<TcpStream>,
    /// When the last response arrived. `None` before the first response.
    last_used: Option<Instant>,
    /// Id of the process that opened the connection.
    process: u32,
    /// Interrupts a read. Waiting for it needs another system call for each read, so most clients have none.
    interrupt: Option<InterruptHandle>,
}

impl Connection {
    pub(crate) fn open(host: &str, interrupt: Option<InterruptHandle>) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream, interrupt))
    }

    /// Makes a connection from a socket that is already open.
    pub(crate) fn over(stream: TcpStream, interrupt: Option<InterruptHandle>) -> Self {
        Self { stream: Arc::new(stream), last_used: None, process: process_id::current(), interrupt }
    }

    /// Returns whether the other side has closed the connection, or has sent bytes without a request. The caller checks
    /// this before it sends a request. If the connection is stale, the caller has sent nothing yet, so it can safely
    /// send the request over a new connection.
    pub(crate) fn is_stale(&self) -> bool {
        let peeked = recv(&*self.stream, &mut [0], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        !matches!(peeked, Err(rustix::io::Errno::AGAIN))
    }

    /// Returns whether the connection has already carried a request and its response.
    pub(crate) fn is_used(&self) -> bool {
        self.last_used.is_some()
    }

    /// Returns whether a response arrived less than [`FRESH`] ago.
    pub(crate) fn is_fresh(&self) -> bool {
        self.last_used.is_some_and(|last_used| last_used.elapsed() < FRESH)
    }

    /// Records that a whole response has arrived.
    pub(crate) fn set_used(&mut self) {
        self.last_used = Some(Instant::now());
    }

    /// Writes the concatenated parts from position `start` on. Writes only as much as the system accepts at once.
    /// Returns how many bytes it wrote.
    pub(crate) fn write<const N: usize>(&mut self, parts: [&[u8]; N], start: usize) -> io::Result<usize> {
        let mut skip = start;
        let rest = parts.map(|part| {
            let skipped = skip.min(part.len());
            skip -= skipped;
            IoSlice::new(part.get(skipped..).unwrap_or_default())
        });
        match sendmsg(&*self.stream, &rest, &mut SendAncillaryBuffer::default(), SEND_FLAGS)? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            written => Ok(written),
        }
    }

    /// Reads at least one byte. Returns how many bytes it read.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(interrupt) = &self.interrupt {
            interrupt.wait(&*self.stream)?;
        }
        match (&*self.stream).read(into)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the other side closed the connection")),
            read => Ok(read),
        }
    }
}

/// Shuts the connection down. Closing the socket is not enough, because the connection stays open while a forked
/// process has a copy of the socket. A forked process that drops its copy must not end its parent's connection.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.process == process_id::current() {
            // Ignore an error: it means that the other side has already ended the connection.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }
}

/// A handle with which another thread aborts a client's stream.
///
/// ```
/// use lamby_runtime::Client;
///
/// let client = Client::new("127.0.0.1:9001", "example/1.0")?;
/// let handle = client.abort_handle();
/// std::thread::spawn(move || handle.abort());
/// # Ok::<(), lamby_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AbortHandle(Arc<Mutex<(Weak<TcpStream>, u32)>>);

impl AbortHandle {
    /// Shuts the stream's connection down. A thread that waits in
    /// [`write_stream`](crate::Client::write_stream) gets [`Error::Stream`](crate::Error::Stream). Does nothing
    /// if there is no stream.
    pub fn abort(&self) {
        let (stream, process) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A forked process does not own the connection.
        if *process == process_id::current() {
            // Ignore an error: it means that the server has already closed the connection, so no thread is blocked on
            // it.
            drop(stream.upgrade().map(|stream| stream.shutdown(Shutdown::Both)));
        }
    }

    pub(crate) fn attach(&self, connection: Option<&Connection>) {
        let connection = connection.map_or_else(Default::default, |it| (Arc::downgrade(&it.stream), it.process));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}
