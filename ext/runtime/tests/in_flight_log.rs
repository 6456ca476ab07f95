//! Tests the file in which a client records its invocation. Another process can read this file.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // A test may panic.
mod server;

use std::thread;

use lamby_runtime::{Client, ErrorReport, InFlightLog};
use server::{ACCEPTED, TO, next, serve};

/// Makes a file of two empty slots, and lets the client write to the second one. Returns its path.
fn logged(client: &mut Client, name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("lamby-{}-{name}", std::process::id()));
    std::fs::write(&path, vec![0; 2 * InFlightLog::SLOT as usize]).unwrap();
    client.log_in_flight(InFlightLog::open(&path).unwrap().slot(1));
    path
}

fn slot(path: &std::path::Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(bytes.len() as u64, 2 * InFlightLog::SLOT);
    assert!(bytes[..InFlightLog::SLOT as usize].iter().all(|&byte| byte == 0), "the other slot");
    String::from_utf8_lossy(&bytes[InFlightLog::SLOT as usize..]).trim_end_matches('\0').to_owned()
}

#[test]
fn an_invocation_is_recorded_until_the_runtime_api_has_replied() {
    let (mut client, server) = serve(|accept| {
        let mut peer = accept();
        for _ in 0..2 {
            peer.request();
            peer.answer(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nLambda-Runtime-Invocation-Id: 7\r\nContent-Length: 2\r\n\r\n{}",
            );
            peer.request();
            peer.answer(ACCEPTED);
        }
    });
    let path = logged(&mut client, "replied");
    assert_eq!(slot(&path), "");
    next(&mut client).unwrap();
    assert_eq!(slot(&path), "+id-1\n7\n");
    client.respond(TO, "application/json", b"{}").unwrap();
    assert_eq!(slot(&path), "-id-1\n7\n");
    next(&mut client).unwrap();
    assert_eq!(slot(&path), "+id-1\n7\n");
    client.report_error(TO, &ErrorReport { error_type: "Runtime.X", body: b"{}", cause: None }).unwrap();
    assert_eq!(slot(&path), "-id-1\n7\n");
    server.join().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_invocation_is_recorded_before_its_event_has_arrived() {
    let (send, wait) = std::sync::mpsc::channel::<()>();
    let (mut client, server) = serve(move |accept| {
        let mut peer = accept();
        peer.request();
        peer.answer("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: 2\r\n\r\n{");
        wait.recv().unwrap();
        peer.answer("}");
    });
    let path = logged(&mut client, "half");
    let waiting = thread::spawn(move || next(&mut client).unwrap());
    while slot(&path).is_empty() {
        thread::yield_now();
    }
    assert_eq!(slot(&path), "+id-1\n\n");
    send.send(()).unwrap();
    assert_eq!(waiting.join().unwrap().1, "{}");
    server.join().unwrap();
    std::fs::remove_file(path).unwrap();
}
