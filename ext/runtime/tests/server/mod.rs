//! A server that follows a test's script.
#![allow(dead_code)] // No test file uses all of these functions.
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use lamby_runtime::{Client, Error, InvocationRef};

pub const EVENT: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: 2\r\n\r\n{}";
pub const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";
pub const TO: InvocationRef<'_> = InvocationRef { request_id: "id-1", invocation_id: None };

/// A connection, as the server sees it.
pub struct Peer(pub TcpStream);

impl Peer {
    /// Reads a whole request: its head, and as many bytes of its body as its Content-Length says.
    pub fn request(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            assert_eq!(self.0.read(&mut byte).unwrap(), 1, "closed inside a request");
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let length =
            head.split("Content-Length: ").nth(1).map_or(0, |it| it.split("\r\n").next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        head + &String::from_utf8_lossy(&body)
    }

    pub fn answer(&mut self, text: &str) -> &mut Self {
        self.0.write_all(text.as_bytes()).unwrap();
        self
    }
}

/// Makes a client, and a server that runs `script` in a thread. `script` accepts one connection at a time.
pub fn serve<T: Send + 'static>(
    script: impl FnOnce(&mut dyn FnMut() -> Peer) -> T + Send + 'static,
) -> (Client, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::new(&listener.local_addr().unwrap().to_string(), "test/1").unwrap();
    (client, thread::spawn(move || script(&mut || Peer(listener.accept().unwrap().0))))
}

pub fn next(client: &mut Client) -> Result<(String, String), Error> {
    let id = client.next_invocation()?.request_id().to_owned();
    let mut event = vec![0; client.event_length()];
    client.read_event(&mut event)?;
    Ok((id, String::from_utf8(event).unwrap()))
}
