//! Several threads, and a signal handler, use liblamby at the same time.

mod support;

use std::{
    net::TcpListener,
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use lamby_capi::{lamby_runtime, lamby_runtime_interrupt, lamby_status::*};
use support::{Peer, Request, Runtime, message, serve};

const THREADS: usize = 8;
const INVOCATIONS: usize = 200;

/// Serves one connection: gives each poll a new id, and records the id and the body of each response.
fn respond_to(mut peer: Peer, ids: &AtomicUsize, responses: &Mutex<Vec<(String, String)>>) {
    while let Some(request) = peer.request() {
        if request.starts_with("GET ") {
            peer.send_event(&format!("id-{}", ids.fetch_add(1, Ordering::SeqCst)));
            continue;
        }
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let id = head.split('/').nth(4).unwrap();
        responses.lock().unwrap().push((id.to_owned(), body.to_owned()));
        peer.accept();
    }
}

/// Responds to one invocation with its id. Repeats interrupted calls.
fn process_next(runtime: &Runtime) {
    let (id, event) = loop {
        match runtime.next() {
            Err(LAMBY_INTERRUPTED) => {}
            result => break result.unwrap(),
        }
    };
    let payload = Request::read(&event).payload(&id);
    let mut status = LAMBY_INTERRUPTED;
    while status == LAMBY_INTERRUPTED {
        status = runtime.respond(&payload);
    }
    assert_eq!(status, LAMBY_OK, "{}", message());
}

/// Panics unless each invocation has exactly one response, with its id.
fn check_responses(mut responses: Vec<(String, String)>, invocations: usize) {
    let mut expected: Vec<_> = (0..invocations).map(|number| format!("id-{number}")).collect();
    expected.sort();
    responses.sort();
    assert_eq!(responses.iter().map(|(id, _)| id).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    for (id, payload) in &responses {
        assert!(payload.ends_with(&format!(r#""body":"{id}"}}"#)), "{id} got {payload}");
    }
}

#[test]
fn eight_threads_with_their_own_runtimes_respond_to_each_invocation_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (ids, responses) = (AtomicUsize::new(0), Mutex::default());
    thread::scope(|scope| {
        for number in 0..THREADS {
            let address = &address;
            scope.spawn(move || {
                let runtime = Runtime::open(address);
                for _ in 0..INVOCATIONS {
                    process_next(&runtime);
                    // Another thread's failure must not change this thread's message.
                    let wrong = format!("{number} has no port");
                    assert_eq!(open_status(&wrong), LAMBY_INVALID_ARGUMENT);
                    assert!(message().contains(&wrong), "{}", message());
                }
            });
        }
        for _ in 0..THREADS {
            let peer = Peer(listener.accept().unwrap().0);
            scope.spawn(|| respond_to(peer, &ids, &responses));
        }
    });
    check_responses(responses.into_inner().unwrap(), THREADS * INVOCATIONS);
}

fn open_status(address: &str) -> lamby_capi::lamby_status {
    let mut runtime = ptr::null_mut();
    // SAFETY: both slices are readable, and `runtime` is a place for the handle.
    unsafe { lamby_capi::lamby_runtime_open(address.as_ptr().cast(), address.len(), ptr::null(), 0, &raw mut runtime) }
}

/// A runtime whose Runtime API tells the test that a poll has arrived, and sends the event when the test tells it to.
struct Waiting {
    runtime: Runtime,
    polled: mpsc::Receiver<()>,
    release: mpsc::Sender<()>,
    /// Ends with the number of polls.
    server: thread::JoinHandle<usize>,
}

impl Waiting {
    fn start() -> Self {
        let (polls, polled) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let (runtime, server) = serve(move |mut peer| {
            let mut polls_so_far = 0;
            while let Some(request) = peer.request() {
                if request.starts_with("POST ") {
                    peer.accept();
                    continue;
                }
                polls_so_far += 1;
                let _ = polls.send(()); // A test may not wait for the poll.
                released.recv().unwrap();
                peer.send_event("id-1");
            }
            polls_so_far
        });
        Self { runtime, polled, release, server }
    }

    /// Interrupts a call of lamby_runtime_next with `interrupt`, and checks that the next call gets the invocation of
    /// the same poll.
    fn check_interrupt(self, interrupt: impl FnOnce(&Runtime, libc::pthread_t)) {
        let Self { runtime, polled, release, server } = self;
        thread::scope(|scope| {
            let (threads, thread) = mpsc::channel();
            let runtime = &runtime;
            let waiting = scope.spawn(move || {
                // SAFETY: the function has no preconditions.
                threads.send(unsafe { libc::pthread_self() }).unwrap();
                assert_eq!(runtime.next(), Err(LAMBY_INTERRUPTED));
                release.send(()).unwrap();
                loop {
                    // A signal handler in this thread interrupts twice: by the signal, and by lamby_runtime_interrupt.
                    match runtime.next() {
                        Err(LAMBY_INTERRUPTED) => {}
                        result => return result.expect("the invocation is not lost"),
                    }
                }
            });
            polled.recv().unwrap();
            interrupt(runtime, thread.recv().unwrap());
            assert_eq!(waiting.join().unwrap().0, "id-1");
            assert_eq!(runtime.respond("{}"), LAMBY_OK);
        });
        drop(runtime);
        assert_eq!(server.join().unwrap(), 1, "the interrupted poll was sent again");
    }
}

#[test]
fn a_runtime_that_another_thread_uses_refuses_each_call() {
    let Waiting { runtime, polled, release, .. } = Waiting::start();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| runtime.next());
        polled.recv().unwrap();
        assert_eq!(runtime.next(), Err(LAMBY_INVALID_ARGUMENT));
        assert!(message().contains("another thread is using this runtime"), "{}", message());
        assert_eq!(runtime.respond("{}"), LAMBY_INVALID_ARGUMENT);
        assert_eq!(runtime.write_stream(b"x"), LAMBY_INVALID_ARGUMENT);
        release.send(()).unwrap();
        assert_eq!(waiting.join().unwrap().unwrap().0, "id-1");
    });
    assert_eq!(runtime.respond("{}"), LAMBY_OK);
}

#[test]
fn an_interrupt_from_another_thread_loses_no_invocation() {
    Waiting::start().check_interrupt(|runtime, _| runtime.interrupt());
}

#[test]
fn an_interrupt_before_the_call_interrupts_the_call() {
    let Waiting { runtime, release, .. } = Waiting::start();
    release.send(()).unwrap();
    // Several interrupts are one interrupt.
    for _ in 0..100_000 {
        runtime.interrupt();
    }
    assert_eq!(runtime.next(), Err(LAMBY_INTERRUPTED));
    assert_eq!(runtime.next().unwrap().0, "id-1");
}

/// The runtime that the signal handler interrupts.
static INTERRUPTED: AtomicPtr<lamby_runtime> = AtomicPtr::new(ptr::null_mut());

extern "C" fn interrupt(_signal: libc::c_int) {
    // SAFETY: the test keeps the runtime open while it sends signals.
    unsafe { lamby_runtime_interrupt(INTERRUPTED.load(Ordering::SeqCst)) };
}

#[test]
fn an_interrupt_from_a_signal_handler_loses_no_invocation() {
    // SAFETY: the handler only calls lamby_runtime_interrupt, which a signal handler may call.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = interrupt as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()), 0);
    }
    // The thread that waits runs the handler.
    Waiting::start().check_interrupt(|runtime, thread| {
        INTERRUPTED.store(runtime.pointer(), Ordering::SeqCst);
        // SAFETY: the thread has not ended, because it waits for the invocation.
        assert_eq!(unsafe { libc::pthread_kill(thread, libc::SIGUSR1) }, 0);
    });
    // Another thread runs the handler.
    Waiting::start().check_interrupt(|runtime, _| {
        INTERRUPTED.store(runtime.pointer(), Ordering::SeqCst);
        // SAFETY: the function has no preconditions.
        assert_eq!(unsafe { libc::raise(libc::SIGUSR1) }, 0);
    });
}

#[test]
fn interrupts_at_any_time_lose_no_invocation() {
    let (ids, responses) = (AtomicUsize::new(0), Mutex::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    thread::scope(|scope| {
        scope.spawn(|| respond_to(Peer(listener.accept().unwrap().0), &ids, &responses));
        let runtime = Runtime::open(&listener.local_addr().unwrap().to_string());
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    runtime.interrupt();
                    thread::sleep(Duration::from_micros(20));
                }
            });
            for _ in 0..INVOCATIONS {
                process_next(&runtime);
            }
            done.store(true, Ordering::SeqCst);
        });
        // Here the runtime is closed, which ends the server's thread.
    });
    check_responses(responses.into_inner().unwrap(), INVOCATIONS);
}
