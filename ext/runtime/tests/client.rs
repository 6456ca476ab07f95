//! Tests the client against a server that follows a script.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // A test may panic.
mod server;

use std::{io::Read as _, net::TcpListener, thread};

use lamby_runtime::{Client, Error, ErrorReport, ErrorTrailers, InvocationRef};
use server::{ACCEPTED, EVENT, Peer, TO, next, serve};

#[test]
fn an_invocation_and_its_response_use_one_connection() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        [EVENT, ACCEPTED, EVENT, ACCEPTED].map(|answer| {
            let request = peer.request();
            peer.answer(answer);
            request
        })
    });
    for _ in 0..2 {
        assert_eq!(next(&mut client).unwrap(), ("id-1".into(), "{}".into()));
        assert_eq!(client.respond(TO, "application/json", b"[1]").unwrap().status, 202);
    }
    let [get, post, ..] = server.join().unwrap();
    assert!(get.starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:"), "{get}");
    assert!(get.contains("\r\nUser-Agent: test/1\r\n"), "{get}");
    assert!(post.starts_with("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n"), "{post}");
    assert!(post.contains("\r\nContent-Type: application/json\r\n") && post.ends_with("\r\n\r\n[1]"), "{post}");
    assert!(!post.contains("Invocation-Id"), "{post}");
}

#[test]
fn an_invocation_has_all_headers_that_lambda_sends() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: id-1\r\nLambda-Runtime-Deadline-Ms: 1542409706888\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-2:123456789012:function:f\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5bef4de7;Parent=9a;Sampled=1\r\nLambda-Runtime-Client-Context: {\"a\":1}\r\n\
             Lambda-Runtime-Cognito-Identity: {}\r\nLambda-Runtime-Aws-Tenant-Id: blue\r\nLambda-Runtime-Invocation-Id: i-9\r\n\
             Content-Length: 0\r\n\r\n",
        );
        peer.request()
    });
    let invocation = client.next_invocation().unwrap();
    assert_eq!(invocation.request_id(), "id-1");
    assert_eq!(invocation.deadline(), Some(1_542_409_706_888));
    assert_eq!(invocation.function_arn(), Some("arn:aws:lambda:us-east-2:123456789012:function:f"));
    assert_eq!(invocation.trace_id(), Some("Root=1-5bef4de7;Parent=9a;Sampled=1"));
    assert_eq!(invocation.client_context(), Some("{\"a\":1}"));
    assert_eq!(invocation.cognito_identity(), Some("{}"));
    assert_eq!(invocation.tenant_id(), Some("blue"));
    assert_eq!(invocation.invocation_id(), Some("i-9"));
    let report = ErrorReport { error_type: "Function.Oops", body: b"{}", cause: Some(b"{\"exceptions\":[]}") };
    let _ = client.report_error(InvocationRef { request_id: "id-1", invocation_id: Some("i-9") }, &report);
    let post = server.join().unwrap();
    assert!(post.contains("\r\nLambda-Runtime-Invocation-Id: i-9\r\n"), "{post}");
    assert!(post.contains("\r\nLambda-Runtime-Function-Error-Type: Function.Oops\r\n"), "{post}");
    assert!(post.contains("\r\nLambda-Runtime-Function-XRay-Error-Cause: {\"exceptions\":[]}\r\n"), "{post}");
}

#[test]
fn an_event_arrives_whole_however_it_is_sent() {
    for length in [0, 1, 16_000, 300_000, 3_000_000] {
        let event: String = "0123456789abcdef".chars().cycle().take(length).collect();
        for (how, step) in [("length", 1_000_000), ("length", 1_000), ("chunked", 700), ("close", 50_000)] {
            let sent = event.clone();
            let (mut client, server) = serve(move |accept| {
                let mut peer = accept();
                peer.request();
                peer.answer("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-").answer("Request-Id: id-1\r\n");
                match how {
                    "length" => peer.answer(&format!("Content-Length: {}\r\n\r\n", sent.len())),
                    "chunked" => peer.answer("Transfer-Encoding: chunked\r\n\r\n"),
                    _ => peer.answer("\r\n"),
                };
                for part in sent.as_bytes().chunks(step) {
                    let part = str::from_utf8(part).unwrap();
                    match how {
                        "chunked" => peer.answer(&format!("{:x}\r\n{part}\r\n", part.len())),
                        _ => peer.answer(part),
                    };
                }
                match how {
                    "chunked" => _ = peer.answer("0\r\n\r\n"),
                    "close" => {
                        drop(peer);
                        peer = accept();
                    }
                    _ => {}
                }
                peer.request();
                peer.answer(ACCEPTED);
            });
            assert_eq!(next(&mut client).unwrap().1, event, "{how} {length}");
            assert_eq!(client.respond(TO, "application/json", b"").unwrap().status, 202);
            server.join().unwrap();
        }
    }
}

#[test]
fn a_connection_that_was_closed_between_two_requests_is_opened_again() {
    let (mut client, server) = serve(|accept| {
        for _ in 0..2 {
            let mut peer = accept();
            peer.request();
            peer.answer(EVENT);
            drop(peer); // Closes the connection, as a server does after its keep-alive timeout.
            let mut peer = accept();
            peer.request();
            peer.answer(ACCEPTED);
        }
        2
    });
    for _ in 0..2 {
        next(&mut client).unwrap();
        thread::sleep(std::time::Duration::from_millis(20)); // Gives the server time to close the connection.
        assert_eq!(client.respond(TO, "application/json", b"[]").unwrap().status, 202);
        thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.join().unwrap(), 2);
}

#[test]
fn an_announced_close_is_no_error() {
    let (mut client, server) = serve(|accept| {
        for answer in [EVENT, ACCEPTED] {
            let mut peer = accept();
            peer.request();
            peer.answer(&answer.replace("Content-Length", "Connection: close\r\nContent-Length"));
        }
    });
    next(&mut client).unwrap();
    assert_eq!(client.respond(TO, "application/json", b"[]").unwrap().status, 202);
    server.join().unwrap();
}

#[test]
fn a_response_that_was_sent_whole_is_never_retried() {
    for half in ["", "HTTP/1.1 20"] {
        let (mut client, server) = serve(move |accept| {
            let mut peer = accept();
            peer.request();
            peer.answer(EVENT);
            peer.request();
            peer.answer(half);
        });
        next(&mut client).unwrap();
        match client.respond(TO, "application/json", b"[]").unwrap_err() {
            Error::Connection { repeatable, request, .. } => {
                assert!(!repeatable);
                assert!(request.ends_with("invocation/id-1/response"), "{request}");
            }
            other => panic!("{other}"),
        }
        server.join().unwrap();
    }
}

#[test]
fn a_poll_without_a_response_may_be_retried() {
    let (mut client, server) = serve(|accept| {
        accept().request();
        let mut peer = accept();
        peer.request();
        peer.answer("HTTP/1.1 200 OK\r\nLambda-Run");
        drop(peer);
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
    });
    for _ in 0..2 {
        assert!(matches!(client.next_invocation(), Err(Error::Connection { repeatable: true, .. })));
    }
    assert_eq!(next(&mut client).unwrap().1, "{}");
    server.join().unwrap();
}

#[test]
fn half_an_event_names_its_invocation() {
    for length in [100, 1_000_000] {
        let (mut client, server) = serve(move |accept| {
            let mut peer = accept();
            peer.request();
            peer.answer(&format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nLambda-Runtime-Invocation-Id: i\r\nContent-Length: {length}\r\n\r\n{{"
            ));
        });
        match next(&mut client).unwrap_err() {
            Error::Truncated { request_id, invocation_id, .. } => {
                assert_eq!((request_id.as_str(), invocation_id.as_deref()), ("id-1", Some("i")));
            }
            other => panic!("{other}"),
        }
        server.join().unwrap();
    }
}

#[test]
fn a_refusal_is_returned_with_its_reason_even_if_it_comes_before_all_was_sent() {
    let refusal = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 9\r\n\r\ntoo large";
    let (mut client, server) = serve(move |accept| {
        let mut peer = accept();
        let mut head = [0; 64];
        peer.0.read_exact(&mut head).unwrap();
        // The server closes the connection before it has read most of the body, so that the client's next write fails.
        peer.answer(refusal);
    });
    let reply = client.respond(TO, "application/json", &vec![b' '; 8_000_000]).unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (413, "too large"));
    server.join().unwrap();
}

#[test]
fn another_status_of_next_is_an_error_that_quotes_the_body() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nstate");
    });
    assert_eq!(
        client.next_invocation().unwrap_err().to_string(),
        "/2018-06-01/runtime/invocation/next: the Runtime API answered 403: state"
    );
    server.join().unwrap();
}

#[test]
fn what_is_not_http_is_refused() {
    for answer in
        ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", EVENT.split("\r\n").next().unwrap()]
    {
        let (mut client, server) = serve(move |accept| {
            let mut peer = accept();
            peer.request();
            peer.answer(answer);
        });
        assert!(matches!(client.next_invocation(), Err(Error::Connection { .. })), "{answer}");
        server.join().unwrap();
    }
}

#[test]
fn a_refused_connection_is_an_error_with_the_address() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut client = Client::new(&format!("127.0.0.1:{port}"), "test/1").unwrap();
    let error = client.next_invocation().unwrap_err();
    assert!(matches!(error, Error::Connection { repeatable: true, .. }));
    assert!(
        error.to_string().contains(&format!("the connection to the Runtime API at 127.0.0.1:{port} failed")),
        "{error}"
    );
}

/// Reads from a connection until the last chunk and its trailers have arrived.
fn streamed(peer: &mut Peer) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") || !String::from_utf8_lossy(&bytes).contains("\r\n0\r\n") {
        assert_eq!(peer.0.read(&mut byte).unwrap(), 1, "closed inside a stream");
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_response_is_streamed_in_chunks_and_its_connection_is_closed() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
        let sent = streamed(&mut peer);
        peer.answer(ACCEPTED);
        assert_eq!(peer.0.read(&mut [0]).unwrap(), 0, "it is closed");
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
        sent
    });
    next(&mut client).unwrap();
    let to = InvocationRef { request_id: "id-1", invocation_id: Some("i-1") };
    client.begin_stream(to, "application/vnd.awslambda.http-integration-response", b"{}\0\0\0\0\0\0\0\0").unwrap();
    client.write_stream(b"hello, world").unwrap();
    client.write_stream(b"").unwrap();
    assert_eq!(client.end_stream(None).unwrap().status, 202);
    next(&mut client).unwrap();
    let sent = server.join().unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n"), "{head}");
    for field in [
        "Content-Type: application/vnd.awslambda.http-integration-response",
        "Lambda-Runtime-Function-Response-Mode: streaming",
        "Transfer-Encoding: chunked",
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        "Lambda-Runtime-Invocation-Id: i-1",
    ] {
        assert!(head.split("\r\n").any(|line| line == field), "{field} in {head}");
    }
    assert_eq!(body, "a\r\n{}\0\0\0\0\0\0\0\0\r\nc\r\nhello, world\r\n0\r\n\r\n");
}

#[test]
fn a_response_that_ends_early_has_its_error_in_trailers() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        let sent = streamed(&mut peer);
        peer.answer(ACCEPTED);
        sent
    });
    client.begin_stream(TO, "text/plain", b"some").unwrap();
    let broken = ErrorTrailers { error_type: "Function.Oops", body: "e30=" };
    assert_eq!(client.end_stream(Some(broken)).unwrap().status, 202);
    let sent = server.join().unwrap();
    let trailers =
        "0\r\nLambda-Runtime-Function-Error-Type: Function.Oops\r\nLambda-Runtime-Function-Error-Body: e30=\r\n\r\n";
    assert!(sent.ends_with(trailers), "{sent}");
}

#[test]
fn a_stream_that_the_other_side_closes_is_an_error_and_the_client_can_continue() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        let mut head = [0; 64];
        peer.0.read_exact(&mut head).unwrap();
        peer.answer("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 4\r\n\r\nfull");
        drop(peer);
        let mut peer = accept();
        peer.request();
        peer.answer(EVENT);
    });
    client.begin_stream(TO, "text/plain", b"some").unwrap();
    let chunk = vec![b'x'; 1_000_000];
    let error = (0..100).find_map(|_| client.write_stream(&chunk).err()).unwrap();
    assert!(matches!(error, Error::Stream { .. }));
    assert!(error.to_string().contains("closed by the other side"), "{error}");
    assert_eq!(next(&mut client).unwrap().1, "{}");
    server.join().unwrap();
}

#[test]
fn another_thread_can_abort_a_stream_that_nobody_reads_and_the_client_can_continue() {
    let (mut client, server) = serve(|accept| {
        let first = accept(); // The server reads nothing.
        let mut second = accept();
        let request = second.request();
        second.answer(EVENT);
        drop(first);
        request
    });
    let handle = client.abort_handle();
    handle.abort(); // Does nothing, because there is no stream yet.
    client.begin_stream(TO, "text/plain", b"one").unwrap();
    let other = thread::spawn(move || {
        thread::sleep(std::time::Duration::from_millis(50));
        handle.abort();
    });
    let chunk = vec![0; 1 << 20];
    let ended = (0..100).find_map(|_| client.write_stream(&chunk).err());
    assert!(matches!(ended, Some(Error::Stream { .. })), "{ended:?}");
    other.join().unwrap();
    assert_eq!(next(&mut client).unwrap().1, "{}");
    assert!(server.join().unwrap().starts_with("GET /2018-06-01/runtime/invocation/next "));
}
