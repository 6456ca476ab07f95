//! Waits without Ruby's lock, so that other Ruby threads can run.

use std::{
    ffi::c_void,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    ptr,
    thread::Result as Caught,
};

use lamby_runtime::Error as RuntimeError;
use magnus::rb_sys::protect;

use crate::error::NativeError;

/// Runs `work` without Ruby's lock. If a signal interrupts `work`, Ruby handles the signal first, and then `work` runs
/// again. `work` must not use Ruby objects. The compiler checks this, because Ruby objects are not `Send`: see
/// string.rs.
pub fn without<T: Send>(mut work: impl FnMut() -> Result<T, RuntimeError> + Send) -> Result<T, NativeError> {
    loop {
        match once(&mut work) {
            Some(Ok(Err(RuntimeError::Interrupted))) | None => check_interrupts()?,
            Some(Ok(result)) => return Ok(result?),
            // The panic continues to `guard`, which converts it to a Ruby exception.
            Some(Err(panic)) => resume_unwind(panic),
        }
    }
}

/// Returns the exception that a signal or another thread raises in this thread, if there is one.
fn check_interrupts() -> Result<(), NativeError> {
    // SAFETY: `protect` catches the exceptions of `rb_thread_check_ints`.
    protect(|| unsafe {
        rb_sys::rb_thread_check_ints();
        rb_sys::Qnil as rb_sys::VALUE
    })?;
    Ok(())
}

/// Runs `work` once without Ruby's lock. Returns `None` if an interrupt came before `work` began.
fn once<T, W: FnMut() -> T>(work: &mut W) -> Option<Caught<T>> {
    struct Call<'a, T, W> {
        work: &'a mut W,
        result: Option<Caught<T>>,
    }

    unsafe extern "C" fn call<T, W: FnMut() -> T>(data: *mut c_void) -> *mut c_void {
        // SAFETY: `data` points to the `Call` below, which outlives this function.
        let call = unsafe { &mut *data.cast::<Call<'_, T, W>>() };
        // A panic must not unwind into C.
        call.result = Some(catch_unwind(AssertUnwindSafe(&mut *call.work)));
        ptr::null_mut()
    }

    let mut data = Call { work, result: None };
    // SAFETY: -1 is the value of the macro RUBY_UBF_IO in ruby/thread.h. With this value, Ruby sends signals to the
    // thread until its system call returns.
    let unblock = unsafe { mem::transmute::<isize, rb_sys::rb_unblock_function_t>(-1) };
    // SAFETY: `call` gets a pointer to `data`, which is a `Call` and is valid while `call` runs. Unlike
    // `rb_thread_call_without_gvl`, `rb_thread_call_without_gvl2` raises no exceptions.
    unsafe {
        rb_sys::rb_thread_call_without_gvl2(
            Some(call::<T, W>),
            ptr::from_mut(&mut data).cast(),
            unblock,
            ptr::null_mut(),
        );
    }
    data.result
}
