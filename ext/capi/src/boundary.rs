//! The boundary between C and Rust: every function runs inside [`call`], so no panic leaves the library.

use std::{
    any::Any,
    cell::RefCell,
    ffi::{CStr, CString, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::status::{Failure, lamby_status, lamby_status::*};

/// Returns the version of the library, such as "7.0.0".
///
/// The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn lamby_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };
    VERSION.as_ptr()
}

thread_local! {
    static MESSAGE: RefCell<CString> = RefCell::default();
}

/// Returns why the last function that failed in this thread failed. The message says what was wrong, where, and what
/// to do. It is UTF-8. It is empty if no function has failed in this thread.
///
/// The string belongs to the library. It lives until another function fails in this thread, or the thread ends.
#[unsafe(no_mangle)]
pub extern "C" fn lamby_message() -> *const c_char {
    MESSAGE.try_with(|message| message.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// Runs the body of a function. Keeps the message of a failure for [`lamby_message`], and returns the status.
pub(crate) fn call(body: impl FnOnce() -> Result<(), Failure>) -> lamby_status {
    // A panic is no reason to end the process: the handles stay valid, and a runtime that panicked refuses later calls.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => LAMBY_OK,
        Ok(Err(failure)) => keep(failure),
        Err(panic) => keep(panicked(&*panic)),
    }
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic");
    Failure { status: LAMBY_INTERNAL_ERROR, message: format!("liblamby has a bug: {text}") }
}

/// Keeps the message of a failure, and returns its status.
#[cold]
fn keep(failure: Failure) -> lamby_status {
    let message = CString::new(failure.message.replace('\0', "\u{fffd}")).unwrap_or_default();
    let _ = MESSAGE.try_with(|it| it.replace(message)); // The thread is ending if this fails.
    failure.status
}
