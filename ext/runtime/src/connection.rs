//! One connection to the Runtime API.

use std::{
    io::{self, IoSlice, Read as _, Write as _},
    net::TcpStream,
};

/// A blocking socket. Nothing here repeats a call that a signal interrupted.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// Whether a whole exchange has passed over it.
    pub used: bool,
}

impl Connection {
    pub(crate) fn open(host: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, used: false })
    }

    /// Whether the other side has closed it, or sent what nobody asked for. Seen before
    /// a request is written, it is certain that the request had no effect.
    pub(crate) fn is_stale(&self) -> bool {
        let peeked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let quiet = matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        !quiet || self.stream.set_nonblocking(false).is_err()
    }

    /// Writes some of the parts, as if they were one, from `start` on.
    pub(crate) fn write<const N: usize>(&mut self, parts: [&[u8]; N], start: usize) -> io::Result<usize> {
        let mut skip = start;
        let rest = parts.map(|part| {
            let skipped = skip.min(part.len());
            skip -= skipped;
            IoSlice::new(part.get(skipped..).unwrap_or_default())
        });
        match self.stream.write_vectored(&rest)? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            written => Ok(written),
        }
    }

    /// At least a byte.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(into)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection")),
            read => Ok(read),
        }
    }
}
