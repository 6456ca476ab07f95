//! A program in C does not ignore SIGPIPE, so this signal would end it. This test does not ignore SIGPIPE either.

mod support;

use std::{net::Shutdown, thread, time::Duration};

use lamby_capi::lamby_status::*;
use support::serve;

/// Large enough to fill the buffers of a connection, in bytes.
const LARGE: usize = 16 * 1024 * 1024;

#[test]
fn a_response_to_a_closed_connection_raises_no_signal() {
    // SAFETY: no other thread uses the signal, and the default action has no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (runtime, server) = serve(|mut peer| {
        peer.request();
        peer.send_event("id-1");
        peer.head();
        // Meanwhile the runtime fills the buffers, and waits in a write. The shutdown first, and then closing the
        // connection with unread bytes, make this write and later ones fail with EPIPE.
        thread::sleep(Duration::from_millis(200));
        peer.0.shutdown(Shutdown::Write).unwrap();
    });
    runtime.next().unwrap();
    let status = runtime.respond(&"x".repeat(LARGE));
    assert!(matches!(status, LAMBY_UNREACHABLE | LAMBY_UNCONFIRMED), "{status:?}");
    server.join().unwrap();
}
