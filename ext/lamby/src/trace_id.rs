//! Writes an invocation's trace id into the process's environment.

use std::{
    ffi::c_char,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use magnus::{Error, RModule, RString, function, prelude::*};

use crate::string;

/// Defines `Lamby::Native.export_trace_id`.
pub fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("export_trace_id", function!(export_trace_id, 1))
}

/// The name of the variable and an equals sign, as in the C library's environment.
const NAME: &[u8] = b"_X_AMZN_TRACE_ID=";
/// Lambda's trace ids have 70 to 120 bytes.
const LONGEST: usize = 500;
/// Length of an entry in words of eight bytes: the name, the trace id, and at least one NUL.
const WORDS: usize = (NAME.len() + LONGEST + 1).div_ceil(8);
/// The entry, to which the C library's environment points. Storing it byte by byte would take 1,700 more instructions
/// for each invocation.
static ENTRY: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

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
        let mut entry = [0; WORDS * 8];
        entry[..NAME.len()].copy_from_slice(NAME);
        entry[NAME.len()..][..id.len()].copy_from_slice(id);
        let used = (NAME.len() + id.len()) / 8 + 1; // Includes a NUL after the id.
        for (place, word) in ENTRY.iter().zip(entry.as_chunks().0).take(used) {
            place.store(u64::from_ne_bytes(*word), Relaxed);
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
        let value = libc::getenv(c"_X_AMZN_TRACE_ID".as_ptr()).cast_const();
        if value != entry.cast_const().wrapping_add(NAME.len()) {
            libc::putenv(entry);
        }
    }
}
