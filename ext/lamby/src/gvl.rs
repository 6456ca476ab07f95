//! Waiting while other Ruby threads run.

use std::{
    ffi::c_void,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    ptr,
    thread::Result as Caught,
};

use lamby_runtime::Error as RuntimeError;
use magnus::rb_sys::protect;

use crate::error::Failure;

/// Runs `work` without Ruby's lock; again, after Ruby has looked after its signals,
/// whenever one interrupted it. `work` must not use Ruby objects: `Send` keeps handles out, as in string.rs.
pub fn without<T: Send>(mut work: impl FnMut() -> Result<T, RuntimeError> + Send) -> Result<T, Failure> {
    loop {
        match once(&mut work) {
            Some(Ok(Err(RuntimeError::Interrupted))) | None => check_interrupts()?,
            Some(Ok(result)) => return Ok(result?),
            // It goes on up to `guard`, which is the only place to end it.
            Some(Err(panic)) => resume_unwind(panic),
        }
    }
}

/// Raises what a signal, or another thread, wants to be raised here.
fn check_interrupts() -> Result<(), Failure> {
    // SAFETY: what it raises, `protect` catches.
    protect(|| unsafe {
        rb_sys::rb_thread_check_ints();
        rb_sys::Qnil as rb_sys::VALUE
    })?;
    Ok(())
}

/// None where an interrupt was there before the work began.
fn once<T, W: FnMut() -> T>(work: &mut W) -> Option<Caught<T>> {
    struct Call<'a, T, W> {
        work: &'a mut W,
        result: Option<Caught<T>>,
    }

    unsafe extern "C" fn call<T, W: FnMut() -> T>(data: *mut c_void) -> *mut c_void {
        // SAFETY: it is the `Call` below, which outlives this function.
        let call = unsafe { &mut *data.cast::<Call<'_, T, W>>() };
        // No panic may cross into C.
        call.result = Some(catch_unwind(AssertUnwindSafe(&mut *call.work)));
        ptr::null_mut()
    }

    let mut data = Call { work, result: None };
    // SAFETY: -1 is what the macro RUBY_UBF_IO of ruby/thread.h stands for: Ruby sends the
    // thread a signal until its system call returns.
    let unblock = unsafe { mem::transmute::<isize, rb_sys::rb_unblock_function_t>(-1) };
    // SAFETY: `call` gets what it wants, for as long as it runs. This variant raises nothing.
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
