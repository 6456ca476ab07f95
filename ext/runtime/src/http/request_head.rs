//! Writes the heads of requests.

use std::{borrow::Cow, io};

use crate::address::Address;

/// The head of a request that is being written.
#[derive(Debug, Default)]
pub(crate) struct RequestHead {
    bytes: Vec<u8>,
    /// Whether there was too little memory. Memory can run out, because outside input decides how long the values are.
    incomplete: bool,
}

impl RequestHead {
    /// Returns the header fields that all requests of a client have. The client makes them once, because they do not
    /// change.
    pub(crate) fn common_fields(address: &Address, agent: &str) -> String {
        format!("Host: {}\r\nUser-Agent: {}\r\n", address.host, agent.replace(|it: char| it.is_ascii_control(), " "))
    }

    /// Begins the head of a GET with the [`common_fields`](Self::common_fields). Other header fields and
    /// [`end`](Self::end) must follow.
    pub(crate) fn get(address: &Address, common_fields: &str, path: &[&str]) -> Self {
        Self::new("GET ", address, common_fields, path)
    }

    /// Begins the head of a POST with the [`common_fields`](Self::common_fields). Other header fields and
    /// [`end_with_length`](Self::end_with_length) must follow.
    pub(crate) fn post(address: &Address, common_fields: &str, path: &[&str]) -> Self {
        Self::new("POST ", address, common_fields, path)
    }

    /// Begins trailers: header fields that follow a body.
    pub(crate) fn trailers() -> Self {
        Self::default()
    }

    fn new(method: &str, address: &Address, common_fields: &str, path: &[&str]) -> Self {
        let mut head = Self::default();
        head.reserve(512).raw(method).raw(&address.prefix);
        for part in path {
            head.raw(part);
        }
        head.raw(" HTTP/1.1\r\n").raw(common_fields);
        head
    }

    fn reserve(&mut self, length: usize) -> &mut Self {
        self.incomplete |= self.bytes.try_reserve(length).is_err();
        self
    }

    /// Writes text unchanged.
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.append(text.as_bytes())
    }

    fn append(&mut self, bytes: &[u8]) -> &mut Self {
        self.reserve(bytes.len());
        if !self.incomplete {
            self.bytes.extend_from_slice(bytes);
        }
        self
    }

    /// Writes a header field. Replaces control characters with spaces, so that an application cannot inject
    /// another line.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.raw(name).raw(": ");
        let start = self.bytes.len();
        self.append(value);
        for byte in self.bytes.get_mut(start..).unwrap_or_default() {
            *byte = if byte.is_ascii_control() { b' ' } else { *byte };
        }
        self.raw("\r\n")
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
pub(crate) fn path_segment(id: &str) -> Cow<'_, str> {
    let is_unreserved = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~');
    if id.bytes().all(is_unreserved) {
        return Cow::Borrowed(id); // Lambda's ids are UUIDs.
    }
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        match is_unreserved(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_a_line() {
        let address = Address { host: "localhost:80".into(), prefix: "/p".into() };
        let fields = RequestHead::common_fields(&address, "agent\r\n");
        let mut head = RequestHead::post(&address, &fields, &["/2018-06-01/runtime/init/error"]);
        head.field("X", b"a\r\nInjected: yes\0");
        assert_eq!(
            String::from_utf8(head.end_with_length(2).unwrap()).unwrap(),
            "POST /p/2018-06-01/runtime/init/error HTTP/1.1\r\nHost: localhost:80\r\nUser-Agent: agent  \r\n\
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
