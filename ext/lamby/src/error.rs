//! Converts errors and panics to Ruby exceptions. Lamby's exception classes are in lib/lamby/error.rb and
//! lib/lamby/runtime/error.rb.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lamby_core::{Error as CoreError, event::EventSource, output::NotWritten};
use lamby_runtime::Error as RuntimeError;
use magnus::{Class as _, Error, Exception, ExceptionClass, Module as _, RModule, Ruby};

/// The error of a native method.
pub enum NativeError {
    /// An error of the core.
    Core(CoreError),
    /// An error of the Runtime API's client.
    Runtime(RuntimeError),
    /// Two threads use one client at the same time.
    Busy,
    /// The bytes do not have the length that was computed for them.
    NotWritten(NotWritten),
    /// An exception that Ruby code raised. It passes through unchanged.
    Ruby(Error),
}

impl From<CoreError> for NativeError {
    fn from(error: CoreError) -> Self {
        Self::Core(error)
    }
}

impl From<NotWritten> for NativeError {
    fn from(error: NotWritten) -> Self {
        Self::NotWritten(error)
    }
}

impl From<RuntimeError> for NativeError {
    fn from(error: RuntimeError) -> Self {
        Self::Runtime(error)
    }
}

impl From<Error> for NativeError {
    fn from(error: Error) -> Self {
        Self::Ruby(error)
    }
}

/// Runs the body of a native method, and converts its error or panic to a Ruby exception.
///
/// magnus would convert a panic to Ruby's `fatal`, which nothing can rescue and which ends the process. `guard` catches
/// the panic, so that only one invocation fails and the process continues.
pub fn guard<T>(ruby: &Ruby, body: impl FnOnce() -> Result<T, NativeError>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(NativeError::Ruby(error))) => Err(error),
        Ok(Err(NativeError::Core(error @ CoreError::OutOfMemory { .. }))) => {
            Err(Error::new(ruby.exception_no_mem_error(), error.to_string()))
        }
        Ok(Err(NativeError::Core(error))) => Err(core_error(ruby, &error)),
        Ok(Err(NativeError::Runtime(error))) => Err(runtime_error(ruby, &error)),
        Ok(Err(NativeError::Busy)) => Err(exception(
            ruby,
            "InternalError",
            "two threads use one client of the Runtime API at the same time".to_owned(),
        )),
        Ok(Err(NativeError::NotWritten(error))) => Err(bug(ruby, &error.to_string())),
        Err(panic) => {
            let reason = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(reason), _) => (*reason).to_owned(),
                (_, Some(reason)) => reason.clone(),
                _ => "no reason given".to_owned(),
            };
            Err(bug(ruby, &reason))
        }
    }
}

/// Returns the exception for a bug in this extension.
fn bug(ruby: &Ruby, reason: &str) -> Error {
    exception(ruby, "InternalError", format!("a bug in lamby's native extension, please report it: {reason}"))
}

/// Returns the core's message, followed by a hint about what to do in Ruby.
fn message_of(error: &CoreError) -> String {
    match error {
        CoreError::UnhandledEvent { kind } => format!(
            "{error}. Handle it with Lamby.config.on(:{}) {{ |event, context| ... }}, \
             or point its trigger at another function",
            kind.map_or("unknown", EventSource::name)
        ),
        _ => error.to_string(),
    }
}

/// Returns the name of the exception's class in the module `Lamby`.
fn class_of(error: &CoreError) -> &'static str {
    match error {
        CoreError::NotAnObject { .. } | CoreError::InvalidEvent { .. } => "InvalidEvent",
        CoreError::UnhandledEvent { .. } => "UnhandledEvent",
        CoreError::InvalidResponse(_) => "InvalidResponse",
        CoreError::ResponseTooLarge { .. } | CoreError::BodyTooLarge { .. } => "ResponseTooLarge",
        // `guard` raises NoMemoryError for this error, so nothing uses this name.
        CoreError::OutOfMemory { .. } => "Error",
    }
}

/// Returns the exception for an error of the core. If the event is not HTTP, the exception names the kind of event.
fn core_error(ruby: &Ruby, error: &CoreError) -> Error {
    let (class, message) = (class_of(error), message_of(error));
    let Some(kind) = error.kind() else { return exception(ruby, class, message) };
    let made = (|| {
        let lamby: RModule = ruby.class_object().const_get("Lamby")?;
        let class: ExceptionClass = lamby.const_get(class)?;
        class.new_instance((message, ruby.sym_new(kind.name())))
    })();
    made.map_or_else(|error: Error| error, |exception: Exception| exception.into())
}

/// Returns an exception of a class in the module `Lamby`.
fn exception(ruby: &Ruby, class: &str, message: String) -> Error {
    let lamby = ruby.class_object().const_get::<_, RModule>("Lamby");
    match lamby.and_then(|lamby| lamby.const_get::<_, ExceptionClass>(class)) {
        Ok(class) => Error::new(class, message),
        Err(missing) => missing,
    }
}

/// Returns an exception of one of the classes in `lib/lamby/runtime/error.rb`.
fn runtime_error(ruby: &Ruby, error: &RuntimeError) -> Error {
    let class = match error {
        RuntimeError::Address { .. } | RuntimeError::Interrupted => "Error",
        RuntimeError::Connection { repeatable: true, .. } => "Unreachable",
        RuntimeError::Connection { .. } => "Unconfirmed",
        RuntimeError::Truncated { .. } => "TruncatedEvent",
        RuntimeError::Status { .. } => "Refused",
        RuntimeError::Stream { .. } => "StreamClosed",
        RuntimeError::Forked => "Forked",
    };
    let made = (|| {
        let lamby: RModule = ruby.class_object().const_get("Lamby")?;
        let class: ExceptionClass = lamby.const_get::<_, RModule>("Runtime")?.const_get(class)?;
        let message = error.to_string();
        match error {
            RuntimeError::Truncated { request_id, invocation_id, .. } => {
                class.new_instance((message, request_id.as_str(), invocation_id.as_deref()))
            }
            _ => class.new_instance((message,)),
        }
    })();
    made.map_or_else(|error: Error| error, |exception: Exception| exception.into())
}
