// A Runtime API that sends prepared responses. The examples in the crate's documentation include this file.

use std::io::{Read as _, Write as _};

pub const EVENT: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                     Lambda-Runtime-Deadline-Ms: 1542409706888\r\nContent-Length: 16\r\n\r\n{\"path\":\"/cart\"}";
pub const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
pub const REGISTERED: &str = "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                          Content-Length: 0\r\n\r\n";

/// Returns a client whose Runtime API sends these responses, one for each request.
pub fn client(responses: &'static [&'static str]) -> lamby_runtime::Client {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut responses = responses.iter();
        while let Ok((mut socket, _)) = listener.accept() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while socket.read(&mut byte).is_ok_and(|read| read == 1) {
                request.push(byte[0]);
                if is_whole(&request) {
                    request.clear();
                    // A client that sends a further request waits, as it does with Lambda.
                    let Some(response) = responses.next() else { continue };
                    socket.write_all(response.as_bytes()).unwrap();
                }
            }
        }
    });
    lamby_runtime::Client::new(&address, "example/1.0").unwrap()
}

fn is_whole(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request);
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    if head.contains("chunked") {
        return body.contains("0\r\n") && body.ends_with("\r\n\r\n");
    }
    let length = head.split("Content-Length: ").nth(1).map_or(0, |it| it.split("\r\n").next().unwrap().parse().unwrap());
    body.len() == length
}
