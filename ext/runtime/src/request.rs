//! The head of a request.

use std::io::Write as _;

use crate::address::Address;

/// A request's head as it is written.
#[derive(Debug)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    pub(crate) fn get(address: &Address, agent: &str, path: &[&str]) -> Self {
        Self::new("GET", address, agent, path)
    }

    /// Fields and [`end`](Self::end) are to follow.
    pub(crate) fn post(address: &Address, agent: &str, path: &[&str]) -> Self {
        Self::new("POST", address, agent, path)
    }

    /// Fields that come after a body.
    pub(crate) fn trailers() -> Self {
        Self(Vec::new())
    }

    /// The fields alone.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0
    }

    fn new(method: &str, address: &Address, agent: &str, path: &[&str]) -> Self {
        let mut head = Self(Vec::with_capacity(512));
        head.raw(method).raw(" ").raw(&address.prefix);
        for part in path {
            head.raw(part);
        }
        head.raw(" HTTP/1.1\r\n").field("Host", address.host.as_bytes()).field("User-Agent", agent.as_bytes());
        head
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A field. What may not stand in one becomes a space: nothing that an application
    /// says ends a line.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.raw(name).raw(": ");
        self.0.extend(value.iter().map(|&byte| if byte < b' ' || byte == 0x7f { b' ' } else { byte }));
        self.raw("\r\n")
    }

    /// The end of a head without a body.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.raw("\r\n");
        self.0
    }

    /// The end of a head before a body of so many bytes.
    pub(crate) fn end_with_length(mut self, length: usize) -> Vec<u8> {
        // Writing to a Vec does not fail.
        let _ = write!(self.0, "Content-Length: {length}\r\n\r\n");
        self.0
    }
}

/// A request id as a part of a path: it is Lambda's to choose, not to break a path with.
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
    fn no_value_ends_a_line() {
        let address = Address { host: "localhost:80".into(), prefix: "/p".into() };
        let mut head = Head::post(&address, "agent", &["/2018-06-01/runtime/init/error"]);
        head.field("X", b"a\r\nInjected: yes\0");
        assert_eq!(
            String::from_utf8(head.end_with_length(2)).unwrap(),
            "POST /p/2018-06-01/runtime/init/error HTTP/1.1\r\nHost: localhost:80\r\nUser-Agent: agent\r\n\
             X: a  Injected: yes \r\nContent-Length: 2\r\n\r\n"
        );
    }

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(path_segment("8476a536-e9f4"), "8476a536-e9f4");
        assert_eq!(path_segment("a/../b?c é"), "a%2F..%2Fb%3Fc%20%C3%A9");
    }
}
