//! Writes the heads of requests.

use std::io;

use crate::address::Address;

/// The head of a request that is being written.
#[derive(Debug, Default)]
pub(crate) struct RequestHead {
    bytes: Vec<u8>,
    /// Whether there was too little memory. Memory can run out, because outside input decides how long the values are.
    incomplete: bool,
}

impl RequestHead {
    /// Begins the head of a GET. Header fields and [`end`](Self::end) must follow.
    pub(crate) fn get(address: &Address, agent: &str, path: &[&str]) -> Self {
        Self::new("GET", address, agent, path)
    }

    /// Begins the head of a POST. Header fields and [`end_with_length`](Self::end_with_length) must follow.
    pub(crate) fn post(address: &Address, agent: &str, path: &[&str]) -> Self {
        Self::new("POST", address, agent, path)
    }

    /// Begins trailers: header fields that follow a body.
    pub(crate) fn trailers() -> Self {
        Self::default()
    }

    fn new(method: &str, address: &Address, agent: &str, path: &[&str]) -> Self {
        let mut head = Self::default();
        head.reserve(512).raw(method).raw(" ").raw(&address.prefix);
        for part in path {
            head.raw(part);
        }
        head.raw(" HTTP/1.1\r\n").field("Host", address.host.as_bytes()).field("User-Agent", agent.as_bytes());
        head
    }

    fn reserve(&mut self, length: usize) -> &mut Self {
        self.incomplete |= self.bytes.try_reserve(length).is_err();
        self
    }

    /// Writes text unchanged.
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.append(text.as_bytes(), |byte| byte)
    }

    fn append(&mut self, bytes: &[u8], map: impl Fn(u8) -> u8) -> &mut Self {
        self.reserve(bytes.len());
        if !self.incomplete {
            self.bytes.extend(bytes.iter().map(|&byte| map(byte)));
        }
        self
    }

    /// Writes a header field. Replaces control characters with spaces, so that an application cannot inject
    /// another line.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.raw(name).raw(": ");
        self.append(value, |byte| if byte < b' ' || byte == 0x7f { b' ' } else { byte }).raw("\r\n")
    }

    /// Ends the head of a request without a body, or ends trailers.
    pub(crate) fn end(mut self) -> io::Result<Vec<u8>> {
        self.raw("\r\n").bytes()
    }

    /// Ends the head of a request whose body has `length` bytes.
    pub(crate) fn end_with_length(mut self, length: usize) -> io::Result<Vec<u8>> {
        self.raw("Content-Length: ").raw(&length.to_string()).raw("\r\n\r\n").bytes()
    }

    /// Returns the bytes that were written since the last call.
    pub(crate) fn bytes(&mut self) -> io::Result<Vec<u8>> {
        match self.incomplete {
            true => Err(io::ErrorKind::OutOfMemory.into()),
            false => Ok(std::mem::take(&mut self.bytes)),
        }
    }
}

/// Percent-encodes a request id, so that it stays one segment of a path even if it contains a slash.
pub(crate) fn path_segment(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_a_line() {
        let address = Address { host: "localhost:80".into(), prefix: "/p".into() };
        let mut head = RequestHead::post(&address, "agent", &["/2018-06-01/runtime/init/error"]);
        head.field("X", b"a\r\nInjected: yes\0");
        assert_eq!(
            String::from_utf8(head.end_with_length(2).unwrap()).unwrap(),
            "POST /p/2018-06-01/runtime/init/error HTTP/1.1\r\nHost: localhost:80\r\nUser-Agent: agent\r\n\
             X: a  Injected: yes \r\nContent-Length: 2\r\n\r\n"
        );
    }

    #[test]
    fn too_little_memory_for_a_head_is_an_error() {
        let mut head = RequestHead::trailers();
        head.reserve(usize::MAX).field("X", b"a");
        assert_eq!(head.end().unwrap_err().kind(), io::ErrorKind::OutOfMemory);
    }

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(path_segment("8476a536-e9f4"), "8476a536-e9f4");
        assert_eq!(path_segment("a/../b?c é"), "a%2F..%2Fb%3Fc%20%C3%A9");
    }
}
