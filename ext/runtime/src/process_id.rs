//! The id of this process. The client compares it before each request, to notice that it runs in a forked process.

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// The id that [`keep`] has read, or 0.
static KEPT: AtomicU32 = AtomicU32::new(0);

/// Returns the id of this process. Asks the system for it, unless [`keep`] was called.
pub(crate) fn current() -> u32 {
    match KEPT.load(Relaxed) {
        0 => process::id(),
        id => id,
    }
}

/// Reads the id of this process once, so that the client does not make a system call before each request. glibc keeps
/// no copy of the id since version 2.25.
///
/// A program that calls this function must call it again in each forked process, before that process uses a client.
/// Otherwise the forked process would use the connection of its parent. `pthread_atfork` can do this. The function is
/// async-signal-safe, so it can be called in the child process of a program with threads.
///
/// ```
/// lamby_runtime::process_id::keep();
/// ```
pub fn keep() {
    KEPT.store(process::id(), Relaxed);
}
