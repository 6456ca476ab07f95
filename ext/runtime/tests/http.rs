//! Tests responses that are rare but legal HTTP, and responses that are not legal.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // A test may panic.
mod server;

use std::{io::Write as _, sync::mpsc, thread, time::Duration};

use lamby_runtime::{Client, Error};
use server::{ACCEPTED, EVENT, TO, next, serve};

/// Sends these bytes as the response to `/next`, either together or byte by byte. Returns the request id and the event
/// that the client parses from them.
fn next_of(bytes: &str, at_once: bool) -> Result<(String, String), Error> {
    let bytes = bytes.to_owned();
    let (mut client, server) = serve(move |accept| {
        let mut peer = accept();
        peer.request();
        for piece in bytes.as_bytes().chunks(if at_once { bytes.len() } else { 1 }) {
            if peer.0.write_all(piece).is_err() {
                break; // The client has closed the connection.
            }
        }
    });
    let result = next(&mut client);
    drop(client);
    server.join().unwrap();
    result
}

const INTERIM: &str =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n";

#[test]
fn interim_responses_are_skipped() {
    for at_once in [true, false] {
        assert_eq!(next_of(&format!("{INTERIM}{EVENT}"), at_once).unwrap(), ("id-1".into(), "{}".into()));
    }
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        for _ in 0..2 {
            peer.request();
            peer.answer(INTERIM).answer(ACCEPTED);
        }
    });
    for _ in 0..2 {
        assert_eq!(client.respond(TO, "application/json", b"{}").unwrap().status, 202);
    }
    server.join().unwrap();
}

/// httparse skips empty lines before a response. An empty line usually ends a head, but the empty lines before a
/// response do not.
#[test]
fn empty_lines_before_a_response_are_skipped_when_they_arrive_alone() {
    let (found, result) = mpsc::channel();
    // The client runs in a thread, so that the test fails instead of hanging if the client loops forever, as an earlier
    // version did.
    thread::spawn(move || {
        let (mut client, server) = serve(|accept| {
            let mut peer = accept();
            peer.request();
            peer.answer("\n\n");
            thread::sleep(Duration::from_millis(50)); // Lets the client read the empty lines first.
            peer.answer(EVENT);
        });
        found.send(next(&mut client).unwrap()).unwrap();
        server.join().unwrap();
    });
    assert_eq!(result.recv_timeout(Duration::from_secs(60)).unwrap(), ("id-1".into(), "{}".into()));
}

#[test]
fn an_interim_response_to_a_stream_is_skipped() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.answer(INTERIM);
        let mut sent = [0; 1];
        let mut all = Vec::new();
        while !all.ends_with(b"\r\n0\r\n\r\n") {
            std::io::Read::read_exact(&mut peer.0, &mut sent).unwrap();
            all.push(sent[0]);
        }
        peer.answer(ACCEPTED);
    });
    client.begin_stream(TO, "text/plain", b"a").unwrap();
    assert_eq!(client.end_stream(None).unwrap().status, 202);
    server.join().unwrap();
}

#[test]
fn a_request_is_not_retried_after_an_interim_response() {
    let (mut client, server) = serve(|accept| {
        accept().request();
        let mut peer = accept();
        peer.request();
        peer.answer("HTTP/1.1 100 Continue\r\n\r\n");
    });
    // The first connection closes without a reply, and the second one closes after an interim response. In both cases,
    // the server may have received the request.
    for _ in 0..2 {
        let error = client.respond(TO, "application/json", b"{}").unwrap_err();
        assert!(matches!(error, Error::Connection { repeatable: false, .. }), "{error}");
    }
    server.join().unwrap();
}

#[test]
fn any_number_of_fields_up_to_4096_is_read() {
    for (count, accepted) in [(64, true), (65, true), (1000, true), (4094, true), (5000, false)] {
        let more: String = (0..count).map(|number| format!("X-{number}: y\r\n")).collect();
        let response = EVENT.replace("Lambda-Runtime-Aws", &format!("{more}Lambda-Runtime-Aws"));
        match next_of(&response, true) {
            Ok(event) => assert!(accepted && event == ("id-1".into(), "{}".into())),
            Err(error) => assert!(!accepted && error.to_string().contains("more than 4096 header fields"), "{error}"),
        }
    }
}

#[test]
fn a_folded_value_is_one_line() {
    let response =
        EVENT.replace("Content-Length", "Lambda-Runtime-Trace-Id: Root=1;\r\n \tSampled=1\r\nContent-Length");
    let (mut client, server) = serve(move |accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(&response);
    });
    let invocation = client.next_invocation().unwrap();
    assert_eq!(invocation.trace_id(), Some("Root=1;   \tSampled=1"));
    server.join().unwrap();
}

#[test]
fn equal_content_lengths_are_one() {
    for length in ["2\r\nContent-Length: 2", "2, 2"] {
        let response = EVENT.replace("Length: 2", &format!("Length: {length}"));
        assert_eq!(next_of(&response, true).unwrap().1, "{}");
    }
}

#[test]
fn a_transfer_coding_overrides_a_content_length_and_ends_the_connection() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        let head =
            EVENT.replace("Content-Length: 2\r\n\r\n{}", "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.answer(&head).answer("2\r\n{}\r\n0\r\n\r\n");
        let mut peer = accept();
        peer.request();
        peer.answer(ACCEPTED);
    });
    assert_eq!(next(&mut client).unwrap().1, "{}");
    assert_eq!(client.respond(TO, "application/json", b"{}").unwrap().status, 202);
    server.join().unwrap();
}

#[test]
fn an_event_whose_end_is_unknown_is_an_error_that_names_the_invocation() {
    for (framing, reason) in [
        ("Content-Length: 2\r\nContent-Length: 3", "several Content-Lengths"),
        ("Content-Length: +2", "\"+2\", which is not a length"),
        ("Content-Length: 18446744073709551615", "which is not a length"),
        ("Content-Length: 99999999999999999999", "which is not a length"),
        ("Transfer-Encoding: gzip, chunked", "Transfer-Encoding of its response is \"gzip\" and more"),
    ] {
        match next_of(&EVENT.replace("Content-Length: 2", framing), true).unwrap_err() {
            Error::Truncated { request_id, source, .. } => {
                assert_eq!(request_id, "id-1");
                assert!(source.to_string().contains(reason), "{source}");
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_reply_whose_end_is_unknown_has_a_status() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(&ACCEPTED.replace("16", "16, 17"));
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
    });
    assert_eq!(client.respond(TO, "application/json", b"{}").unwrap().status, 202);
    assert_eq!(next(&mut client).unwrap().1, "{}");
    server.join().unwrap();
}

#[test]
fn bytes_that_cannot_be_a_response_are_an_error_at_once() {
    let endless = "x".repeat(1_200_000);
    for (bytes, reason) in [
        ("SSH-2.0-OpenSSH", "is not HTTP"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches protocols"),
        (&format!("HTTP/1.1 200 OK\r\nX: {endless}"), "over 1 MB"),
        (&"HTTP/1.1 100 Continue\r\n\r\n".repeat(50_000), "over 1 MB"),
        ("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", "is not HTTP"),
    ] {
        let error = next_of(bytes, true).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_message_quotes_the_beginning_of_a_long_reply() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(&format!("HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000)));
    });
    let error = client.next_invocation().unwrap_err();
    assert!(matches!(&error, Error::Status { status: 403, body, .. } if body.len() == 1000), "{error}");
    server.join().unwrap();
}

#[test]
fn a_client_that_is_dropped_ends_its_connection() {
    let (client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
        std::io::Read::read(&mut peer.0, &mut [0]).unwrap()
    });
    let mut client: Client = client;
    next(&mut client).unwrap();
    drop(client);
    assert_eq!(server.join().unwrap(), 0);
}
