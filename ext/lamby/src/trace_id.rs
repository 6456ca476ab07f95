//! Writes an invocation's trace id into the process's environment.

use std::{
    ffi::{CStr, c_char},
    iter,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use magnus::{Error, RModule, RString, function, prelude::*};

use crate::string;

/// Defines `Lamby::Native.export_trace_id`.
pub fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("export_trace_id", function!(export_trace_id, 1))
}

const NAME: &CStr = c"_X_AMZN_TRACE_ID";
/// Lambda's trace ids have 70 to 120 bytes.
const LONGEST: usize = 500;
/// `_X_AMZN_TRACE_ID=`, the trace id, and at least one NUL. The C library's environment points to these bytes.
static ENTRY: [AtomicU8; NAME.count_bytes() + 1 + LONGEST + 1] =
    [const { AtomicU8::new(0) }; NAME.count_bytes() + 1 + LONGEST + 1];

/// `export_trace_id(id) → true or false`
///
/// Sets the environment variable `_X_AMZN_TRACE_ID`, in the same memory each time. `ENV["_X_AMZN_TRACE_ID"] = id` would
/// take new memory for each id: `setenv` of the C library never frees an old value, because a caller of `getenv` may
/// still use it. That is 144 bytes for each invocation.
/// <https://sourceware.org/glibc/wiki/EnvironmentModifications>
///
/// Returns false, and does nothing, if the id is too long or has a NUL.
fn export_trace_id(id: RString) -> bool {
    string::lend(id, |id| {
        if id.len() > LONGEST || id.contains(&0) {
            return false;
        }
        let entry = NAME.to_bytes().iter().chain(b"=").chain(id).chain(iter::once(&0));
        for (place, byte) in ENTRY.iter().zip(entry) {
            place.store(*byte, Relaxed);
        }
        install();
        true
    })
}

/// Puts [`ENTRY`] into the environment, unless it is there. Ruby code may have replaced or deleted the variable since.
fn install() {
    let entry = ENTRY.as_ptr().cast::<c_char>().cast_mut();
    // SAFETY: the caller holds Ruby's lock, and Ruby code changes the environment only with this lock. Both arguments
    // end with a NUL. `putenv` keeps the pointer, and a static lives as long as the process. Others only read the bytes
    // of an entry: the last byte of ENTRY is always NUL, so a reader never reads beyond its end.
    unsafe {
        let value = libc::getenv(NAME.as_ptr()).cast_const();
        if value != entry.cast_const().wrapping_add(NAME.count_bytes() + 1) {
            libc::putenv(entry);
        }
    }
}
