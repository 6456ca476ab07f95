//! The Runtime API: invocations, responses and errors.

mod error;
mod invocation;
mod stream;

pub use self::{error::lamby_error, invocation::lamby_invocation, stream::*};

use std::{
    ffi::c_char,
    sync::{Mutex, MutexGuard, TryLockError},
};

// The type lamby_runtime has the name of this crate, so the path begins with `::`.
use ::lamby_runtime::{AbortHandle, Client, Error as RuntimeError, ErrorReport as Report, InterruptHandle, Reply};

use self::{
    error::ErrorReport,
    invocation::{Current, begin, read_event},
    stream::Stream,
};
use crate::{
    boundary::call,
    slice::{bytes, free, handle, into_handle, place, text},
    status::{Failure, lamby_status, lamby_status::*},
};

/// A client of the Runtime API with one connection.
///
/// One thread at a time may use it. For several invocations at the same time, as on Lambda Managed Instances, open a
/// runtime for each thread. Only lamby_runtime_interrupt and lamby_runtime_stream_abort may be called from any thread at
/// any time.
pub struct lamby_runtime {
    inner: Mutex<Inner>,
    interrupt: InterruptHandle,
    abort: AbortHandle,
}

/// What one thread at a time uses.
struct Inner {
    client: Client,
    phase: Phase,
    /// The call that a signal has interrupted.
    interrupted: Option<Call>,
    /// The invocation in flight, or the last one.
    current: Current,
    stream: Stream,
}

/// A call that may be interrupted, and the number of bytes that it sends. The client continues an interrupted call. Other
/// bytes would become a part of the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Call {
    function: &'static str,
    length: usize,
}

/// What the runtime may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No invocation was asked for yet, so an error is an error of the initialization.
    Initializing,
    /// No invocation is in flight.
    Idle,
    /// An invocation has arrived, and its event is being read.
    Receiving,
    /// An invocation needs a response or an error.
    InFlight,
    /// A response or an error was sent, but not confirmed, or a part of a stream was sent. A response or an error may be sent
    /// again.
    Unconfirmed,
    /// The application writes to a stream.
    Streaming,
    /// The last chunk of a stream is being sent.
    Ending,
}

impl lamby_runtime {
    /// Borrows a runtime for one call.
    ///
    /// # Safety
    ///
    /// The same as for [`handle`].
    unsafe fn lock<'a>(runtime: *const Self) -> Result<MutexGuard<'a, Inner>, Failure> {
        // SAFETY: the caller makes the same promise.
        match unsafe { handle(runtime, "runtime") }?.inner.try_lock() {
            Ok(inner) => Ok(inner),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::argument("another thread is using this runtime; open a runtime for each thread"))
            }
            Err(TryLockError::Poisoned(_)) => Err(Failure {
                status: LAMBY_INTERNAL_ERROR,
                message: "an earlier call failed inside of liblamby; close this runtime".to_owned(),
            }),
        }
    }
}

impl Inner {
    /// Runs the body of a function. After an interruption, only the same call may follow.
    fn run(
        &mut self,
        function: &'static str,
        length: usize,
        body: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let call = Call { function, length };
        if let Some(interrupted) = self.interrupted.filter(|interrupted| *interrupted != call) {
            let Call { function, .. } = interrupted;
            return Err(Failure::argument(format!(
                "{function} was interrupted; call it again with the same arguments"
            )));
        }
        let result = body(self);
        let is_interrupted = matches!(&result, Err(failure) if failure.status == LAMBY_INTERRUPTED);
        self.interrupted = is_interrupted.then_some(call);
        result
    }

    /// Checks that the runtime is in one of the phases.
    fn expect(&self, phases: &[Phase], what: &str) -> Result<(), Failure> {
        if phases.contains(&self.phase) {
            return Ok(());
        }
        Err(Failure::argument(match self.phase {
            Phase::Initializing | Phase::Idle => {
                format!("{what} needs an invocation; call lamby_runtime_next first")
            }
            Phase::Receiving => {
                format!("the event is not complete, so {what} is too early; call lamby_runtime_next again")
            }
            Phase::InFlight | Phase::Unconfirmed => {
                format!("invocation {} has no response yet, so {what} is too early", self.current.request_id)
            }
            Phase::Streaming | Phase::Ending => {
                format!(
                    "the response to invocation {} is a stream that has not ended, so {what} is too early",
                    self.current.request_id
                )
            }
        }))
    }

    /// Keeps the phase that follows from a reply to a response or an error.
    fn settle(&mut self, reply: Result<Reply, RuntimeError>) -> Result<(), Failure> {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                let failure = Failure::from(error);
                if failure.status == LAMBY_UNCONFIRMED {
                    self.phase = Phase::Unconfirmed;
                }
                return Err(failure);
            }
        };
        self.phase = Phase::Idle;
        check(&reply)
    }
}

/// Returns a failure if the Runtime API did not accept a response or an error.
fn check(Reply { status, body }: &Reply) -> Result<(), Failure> {
    match status {
        200..=299 => Ok(()),
        _ => Err(Failure { status: LAMBY_REFUSED, message: format!("the Runtime API answered {status}: {body}") }),
    }
}

/// Opens a client of the Runtime API.
///
/// `address` is the value of the environment variable AWS_LAMBDA_RUNTIME_API, HOST:PORT. `agent` names the program in
/// the User-Agent header, for example "my-runtime/1.0". Neither is used after the call. The client connects at its first
/// request.
///
/// On success, `*runtime` is a new runtime that the caller must close. On failure, it is NULL.
///
/// Errors: LAMBY_INVALID_ARGUMENT if the address has another form, LAMBY_UNREACHABLE if the system has no file
/// descriptors left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_open(
    address: *const c_char,
    address_length: usize,
    agent: *const c_char,
    agent_length: usize,
    runtime: *mut *mut lamby_runtime,
) -> lamby_status {
    call(|| {
        let to = place(runtime, "runtime")?;
        // SAFETY: the caller promises that a pointer can be written to `runtime`.
        unsafe { to.put(std::ptr::null_mut()) };
        // SAFETY: the caller promises that both slices are readable, and the call does not keep them.
        let (address, agent) =
            unsafe { (text(address, address_length, "address")?, text(agent, agent_length, "agent")?) };
        let mut client = Client::new(address, agent)?;
        let interrupt = client
            .interrupt_handle()
            .map_err(|error| Failure { status: LAMBY_UNREACHABLE, message: error.to_string() })?;
        let abort = client.abort_handle();
        let inner = Inner {
            client,
            phase: Phase::Initializing,
            interrupted: None,
            current: Current::default(),
            stream: Stream::default(),
        };
        // SAFETY: as above.
        unsafe { to.put(into_handle(lamby_runtime { inner: Mutex::new(inner), interrupt, abort })) };
        Ok(())
    })
}

/// Waits for the next invocation. There is no timeout, because Lambda may freeze the process for a long time.
///
/// Set `invocation->size` to sizeof(lamby_invocation) before the call. The slices in `*invocation` belong to the
/// runtime. They live until the next call of lamby_runtime_next or lamby_runtime_close.
///
/// Every invocation needs exactly one response or error: lamby_runtime_respond, lamby_runtime_report_error, or a stream
/// that is begun and ended.
///
/// Errors: LAMBY_INTERRUPTED; LAMBY_TRUNCATED: the invocation has arrived without its whole event, and must be reported
/// with lamby_runtime_report_error; LAMBY_UNREACHABLE; LAMBY_REFUSED; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT, also if the
/// last invocation has no response yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_next(
    runtime: *mut lamby_runtime,
    invocation: *mut lamby_invocation,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime is valid.
        let mut inner = unsafe { lamby_runtime::lock(runtime) }?;
        // SAFETY: the caller promises that the struct is valid.
        let size = unsafe { lamby_invocation::size_of(invocation) }?;
        inner.run("lamby_runtime_next", 0, |inner| {
            let phases = [Phase::Initializing, Phase::Idle, Phase::Receiving, Phase::Unconfirmed];
            inner.expect(&phases, "the next invocation")?;
            if inner.phase != Phase::Receiving {
                begin(inner)?;
            }
            read_event(inner)
        })?;
        // SAFETY: the caller promises that `size` bytes can be written there.
        unsafe { inner.current.view().write_to(invocation, size) };
        Ok(())
    })
}

/// Sends the response to the invocation in flight: the payload that lamby_response_write has made, or any JSON if the
/// event is not an HTTP request.
///
/// The bytes are not used after the call.
///
/// Errors: LAMBY_INTERRUPTED; LAMBY_UNREACHABLE and LAMBY_UNCONFIRMED: call again after a pause; LAMBY_REFUSED, for
/// example if the payload is too large; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_respond(
    runtime: *mut lamby_runtime,
    payload: *const c_char,
    payload_length: usize,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime is valid, and the slice is readable. The call does not keep it.
        let (mut inner, payload) =
            unsafe { (lamby_runtime::lock(runtime)?, bytes(payload, payload_length, "payload")?) };
        inner.run("lamby_runtime_respond", payload.len(), |inner| {
            inner.expect(&[Phase::InFlight, Phase::Unconfirmed], "a response")?;
            let reply = inner.client.respond(inner.current.reference(), "application/json", payload);
            inner.settle(reply)
        })
    })
}

/// Reports that the invocation in flight failed. Before the first call of lamby_runtime_next, reports that the
/// initialization failed; the program should end afterwards.
///
/// The error is not used after the call.
///
/// Errors: those of lamby_runtime_respond.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_report_error(
    runtime: *mut lamby_runtime,
    error: *const lamby_error,
) -> lamby_status {
    call(|| {
        // SAFETY: the caller promises that the runtime and the error are valid. The call does not keep the error.
        let (mut inner, report) = unsafe { (lamby_runtime::lock(runtime)?, ErrorReport::read(error)?) };
        let body = report.json();
        let report = Report { error_type: &report.error_type, body: &body, cause: None };
        inner.run("lamby_runtime_report_error", body.len(), |inner| {
            if inner.phase == Phase::Initializing {
                return check(&inner.client.report_init_error(&report)?);
            }
            inner.expect(&[Phase::InFlight, Phase::Unconfirmed], "an error")?;
            let reply = inner.client.report_error(inner.current.reference(), &report);
            inner.settle(reply)
        })
    })
}

/// Makes the call that waits for the Runtime API return LAMBY_INTERRUPTED. If no call waits, the next call that has to
/// wait returns it. If a signal handler of the waiting thread calls this function, two calls return LAMBY_INTERRUPTED:
/// one because of the signal, and one because of this function.
///
/// Any thread may call it, and so may a signal handler. It makes one system call, and does nothing else. Nobody may call
/// it during lamby_runtime_close or later.
///
/// Errors: LAMBY_INVALID_ARGUMENT if `runtime` is NULL. This function leaves no message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_interrupt(runtime: *const lamby_runtime) -> lamby_status {
    // This function does not use `call`, because a signal handler may not touch this thread's message.
    // SAFETY: the caller promises that the runtime is NULL or valid.
    match unsafe { runtime.as_ref() } {
        Some(runtime) => {
            runtime.interrupt.interrupt();
            LAMBY_OK
        }
        None => LAMBY_INVALID_ARGUMENT,
    }
}

/// Closes the connection and frees the runtime. Does nothing if it is NULL. Lambda reports an invocation in flight as
/// failed when the process ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lamby_runtime_close(runtime: *mut lamby_runtime) {
    // SAFETY: the caller promises that nobody uses the runtime during this call or later.
    unsafe { free(runtime) }
}
