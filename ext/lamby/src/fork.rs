//! Notices that the process has forked.

use lamby_runtime::process_id;

/// Makes the Runtime API's client keep the id of this process until the process forks. The C library calls the handler
/// in each child of `fork`, whether Ruby, a gem or the C library has called it. `Process._fork` misses the last two.
/// Ruby's `Process.spawn` may use `vfork`, which calls no handler, but its child runs no code of Lamby.
pub fn init() {
    unsafe extern "C" fn in_child() {
        process_id::keep();
    }

    // SAFETY: the handler is a function of this library, which Ruby never unloads. It is async-signal-safe, as a
    // handler in the child of a process with threads must be.
    let result = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    // Without memory for the handler, the client asks for the id before each request.
    if result == 0 {
        process_id::keep();
    }
}
