//! What Ruby sees when something is wrong: the classes of `lib/lamby/error.rb`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lamby_core::Error as CoreError;
use magnus::{Error, ExceptionClass, Module as _, RModule, Ruby};

/// Why a native method does not return.
pub enum Failure {
    /// An error of the core.
    Core(CoreError),
    /// An exception that Ruby code raised: it passes through untouched.
    Ruby(Error),
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        Self::Core(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ruby(error)
    }
}

/// Runs the body of a native method.
///
/// magnus turns a panic into Ruby's `fatal`, which nothing can rescue and which
/// ends the process. Caught here it fails one invocation, not the sandbox.
pub fn guard<T>(ruby: &Ruby, body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(Failure::Ruby(error))) => Err(error),
        Ok(Err(Failure::Core(error))) => Err(exception(ruby, class_of(&error), error.to_string())),
        Err(panic) => {
            let reason = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(reason), _) => (*reason).to_owned(),
                (_, Some(reason)) => reason.clone(),
                _ => "no reason given".to_owned(),
            };
            let message = format!("a bug in lamby's native extension, please report it: {reason}");
            Err(exception(ruby, "InternalError", message))
        }
    }
}

fn class_of(error: &CoreError) -> &'static str {
    match error {
        CoreError::NotAnObject { .. } | CoreError::InvalidEvent { .. } => "InvalidEvent",
        CoreError::UnhandledEvent { .. } => "UnhandledEvent",
        CoreError::InvalidResponse(_) => "InvalidResponse",
        CoreError::ResponseTooLarge { .. } => "ResponseTooLarge",
    }
}

fn exception(ruby: &Ruby, class: &str, message: String) -> Error {
    let lamby = ruby.class_object().const_get::<_, RModule>("Lamby");
    match lamby.and_then(|lamby| lamby.const_get::<_, ExceptionClass>(class)) {
        Ok(class) => Error::new(class, message),
        Err(missing) => missing,
    }
}
