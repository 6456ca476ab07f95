//! Bytes that cross the boundary.

use std::{ffi::c_char, ptr, slice};

use crate::status::Failure;

/// Bytes with a length. They need no NUL at their end. If `length` is 0, `data` may be NULL.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct lamby_slice {
    /// The first byte.
    pub data: *const c_char,
    /// The number of bytes.
    pub length: usize,
}

impl lamby_slice {
    pub(crate) const EMPTY: Self = Self { data: ptr::null(), length: 0 };

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr().cast(), length: bytes.len() }
    }

    /// Returns a slice of a text; an empty slice with NULL for `None`.
    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::EMPTY, |text| Self::of(text.as_bytes()))
    }
}

/// Borrows the bytes of an argument. `name` is the argument's name, for the error message.
///
/// # Safety
///
/// If `data` is not NULL, `length` bytes must be readable there, and must not change during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const c_char, length: usize, name: &str) -> Result<&'a [u8], Failure> {
    if data.is_null() {
        return match length {
            0 => Ok(&[]),
            _ => Err(Failure::argument(format!("{name} is NULL, and its length is {length}"))),
        };
    }
    if isize::try_from(length).is_err() {
        return Err(Failure::argument(format!("the length of {name}, {length}, is larger than the memory")));
    }
    // SAFETY: the caller promises that the bytes are readable and do not change. The length was checked above.
    Ok(unsafe { slice::from_raw_parts(data.cast(), length) })
}

/// Borrows UTF-8.
///
/// # Safety
///
/// The same as for [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize, name: &str) -> Result<&'a str, Failure> {
    // SAFETY: the caller makes the same promise.
    let bytes = unsafe { bytes(data, length, name) }?;
    str::from_utf8(bytes).map_err(|error| Failure::argument(format!("{name} is not UTF-8: {error}")))
}

/// Borrows an object from its handle.
///
/// # Safety
///
/// `handle` must be NULL, or a handle that this library returned and that was not freed.
pub(crate) unsafe fn handle<'a, T>(handle: *const T, name: &str) -> Result<&'a T, Failure> {
    // SAFETY: the caller promises that the handle is valid. The library never makes a mutable reference from a handle.
    unsafe { handle.as_ref() }.ok_or_else(|| Failure::argument(format!("{name} is NULL")))
}

/// Returns a place for a result, after checking that it is not NULL.
pub(crate) fn place<T>(to: *mut T, name: &str) -> Result<Place<T>, Failure> {
    match to.is_null() {
        true => Err(Failure::argument(format!("{name} is NULL"))),
        false => Ok(Place(to)),
    }
}

/// A place of the caller for a result.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// Writes the result.
    ///
    /// # Safety
    ///
    /// A `T` must be writable at the place that the caller has passed.
    pub(crate) unsafe fn put(&self, value: T) {
        // SAFETY: the caller promises that a `T` is writable here. The old value may be uninitialised, and `write` does
        // not drop it.
        unsafe { self.0.write(value) }
    }
}

/// Moves an object to the heap, and returns its handle.
pub(crate) fn into_handle<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Frees an object. Does nothing if the handle is NULL.
///
/// # Safety
///
/// The same as for [`handle`]. Nobody may use the handle during this call or later.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: `into_handle` made the handle, and the caller promises that it is freed once.
        drop(unsafe { Box::from_raw(handle) });
    }
}
