//! Configures the C library's memory allocator.

use magnus::{Error, RModule, function, prelude::*};

/// Defines `Lamby::Native.keep_freed_memory`.
pub fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("keep_freed_memory", function!(keep_freed_memory, 0))
}

/// `keep_freed_memory → nil`
///
/// Tells glibc to keep freed memory blocks of several megabytes for the next request. By default, glibc returns them to
/// the kernel, and the next large event needs new pages from the kernel. If an application echoes a body of 4.4 MB, the
/// request takes 4.5 ms of processor time by default, and 2.9 ms with this setting. Does nothing with other C
/// libraries.
/// <https://man7.org/linux/man-pages/man3/mallopt.3.html>
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (parameter, bytes) in [
        // Allocates blocks of up to 32 MB on the heap, where glibc can keep freed blocks. glibc accepts no larger
        // value.
        (libc::M_MMAP_THRESHOLD, 32 << 20),
        // Returns free memory at the end of the heap to the kernel only if there is more than 128 MB of it.
        (libc::M_TRIM_THRESHOLD, 128 << 20),
    ] {
        // SAFETY: `mallopt` takes two numbers, and locks the allocator while it changes the settings.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}
