//! Gives `fuzz/` access to the parser of the Runtime API's responses. This module is not part of the crate's API: only
//! `cargo fuzz` compiles it.

use std::{
    io::{self, Write as _},
    net::{Shutdown, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
};

use crate::{
    connection::Connection,
    http::{field::Field, response::Response},
};

/// A response as the client parses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The status code.
    pub status: u16,
    /// Length of the body in bytes: its Content-Length or, without a Content-Length, the number of bytes that arrived.
    pub length: usize,
    /// The body. This field is empty if the body is so long that the client leaves a part of it in the socket.
    pub body: Vec<u8>,
    /// The request id, if the response is an invocation.
    pub request_id: Option<String>,
}

/// Receives a response from a server that sends `bytes` in pieces of `size` bytes and then closes the connection.
///
/// # Errors
///
/// Returns the kind of the client's error.
pub fn parse(bytes: &[u8], size: usize) -> Result<Parsed, io::ErrorKind> {
    let (server, client) = UnixStream::pair().map_err(|error| error.kind())?;
    client.set_nonblocking(true).map_err(|error| error.kind())?;
    // A pair of Unix sockets is faster to make than a TCP connection, and behaves the same.
    let mut connection = Connection::over(TcpStream::from(OwnedFd::from(client)), None);
    let mut response = Response::default();
    for piece in bytes.chunks(size.clamp(1, 16 * 1024)) {
        (&server).write_all(piece).map_err(|error| error.kind())?;
        match response.receive(&mut connection) {
            Ok(()) => return Ok(Parsed::new(&response)),
            // The client has read the whole piece. The next call of `receive` continues where this call stopped, as
            // after a signal.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.kind()),
        }
    }
    server.shutdown(Shutdown::Both).map_err(|error| error.kind())?;
    response.receive(&mut connection).map_err(|error| error.kind())?;
    Ok(Parsed::new(&response))
}

impl Parsed {
    fn new(response: &Response) -> Self {
        let length = response.body_length();
        let body = response.buffered();
        // The client calls this method for each response, so the fuzzer tests it too.
        let _ = response.keeps_alive();
        Self {
            status: response.status(),
            length,
            body: if body.len() == length { body.to_vec() } else { Vec::new() },
            request_id: response.field(Field::RequestId).map(str::to_owned),
        }
    }
}
