//! The result of each function.

use lamby_core::Error as CoreError;
use lamby_runtime::Error as RuntimeError;

/// The result of a function. If it is not LAMBY_OK, `lamby_message` returns the reason.
///
/// Later versions may add values. Treat a value that you do not know like LAMBY_INTERNAL_ERROR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum lamby_status {
    /// The function succeeded.
    LAMBY_OK = 0,
    /// A signal arrived, or lamby_runtime_interrupt was called. Call the same function with the same arguments again:
    /// it continues where it stopped.
    LAMBY_INTERRUPTED = 1,
    /// An argument is NULL or wrong, or the function cannot be called in this order.
    LAMBY_INVALID_ARGUMENT = 2,
    /// The event is not JSON, or one of its fields is wrong. The message names the field.
    LAMBY_INVALID_EVENT = 3,
    /// The event is not an HTTP request. lamby_event_source returns its sender.
    LAMBY_UNHANDLED_EVENT = 4,
    /// The application's response violates HTTP, or the integration cannot carry it.
    LAMBY_INVALID_RESPONSE = 5,
    /// The response is larger than the integration accepts.
    LAMBY_RESPONSE_TOO_LARGE = 6,
    /// There is not enough memory for the event or the response.
    LAMBY_OUT_OF_MEMORY = 7,
    /// The Runtime API cannot be reached, and the request had no effect. The same call can be repeated after a pause.
    LAMBY_UNREACHABLE = 8,
    /// A whole response or error was sent, but the connection failed before the Runtime API confirmed it. The same call
    /// can be repeated: the Runtime API refuses it if it has received the first one.
    LAMBY_UNCONFIRMED = 9,
    /// The connection failed in the middle of an event. Report the invocation with lamby_runtime_report_error.
    LAMBY_TRUNCATED = 10,
    /// The Runtime API no longer accepts the stream, for example because the client has disconnected.
    LAMBY_STREAM_CLOSED = 11,
    /// The Runtime API refused the request. A retry would not help.
    LAMBY_REFUSED = 12,
    /// This process was forked from the process that opened the runtime, and only that process may use it.
    LAMBY_FORKED = 13,
    /// A bug in liblamby. Please report it with the message.
    LAMBY_INTERNAL_ERROR = 14,
}

use lamby_status::*;

/// Why a function failed: its status, and the message for `lamby_message`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: lamby_status,
    pub(crate) message: String,
}

impl Failure {
    /// Returns the failure for an argument that is wrong, or a call in the wrong order.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self { status: LAMBY_INVALID_ARGUMENT, message: message.into() }
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        let status = match error {
            CoreError::NotAnObject { .. } | CoreError::InvalidEvent { .. } => LAMBY_INVALID_EVENT,
            CoreError::UnhandledEvent { .. } => LAMBY_UNHANDLED_EVENT,
            CoreError::InvalidResponse(_) => LAMBY_INVALID_RESPONSE,
            CoreError::ResponseTooLarge { .. } | CoreError::BodyTooLarge { .. } => LAMBY_RESPONSE_TOO_LARGE,
            CoreError::OutOfMemory { .. } => LAMBY_OUT_OF_MEMORY,
        };
        Self { status, message: error.to_string() }
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let status = match error {
            RuntimeError::Interrupted => LAMBY_INTERRUPTED,
            RuntimeError::Address { .. } => LAMBY_INVALID_ARGUMENT,
            RuntimeError::Connection { repeatable: true, .. } => LAMBY_UNREACHABLE,
            RuntimeError::Connection { repeatable: false, .. } => LAMBY_UNCONFIRMED,
            RuntimeError::Truncated { .. } => LAMBY_TRUNCATED,
            RuntimeError::Stream { .. } => LAMBY_STREAM_CLOSED,
            RuntimeError::Status { .. } => LAMBY_REFUSED,
            RuntimeError::Forked => LAMBY_FORKED,
        };
        Self { status, message: error.to_string() }
    }
}
