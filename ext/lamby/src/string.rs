//! Ruby strings that are written in place, and Ruby strings that are read in place.

use magnus::{
    Error, RString, Ruby,
    rb_sys::{AsRawValue as _, FromRawValue as _, protect},
};

/// A binary string whose bytes `write` writes; it gets `capacity` bytes and tells
/// how many of them it used. Where there is no memory for it, Ruby's NoMemoryError returns.
pub fn binary<E: From<Error>>(
    ruby: &Ruby,
    capacity: usize,
    write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<RString, E> {
    // SAFETY: rb_str_new makes a String, with no pointer to copy from; what it raises, `protect` catches.
    let raw = protect(|| unsafe { rb_sys::rb_str_new(std::ptr::null(), capacity as _) })?;
    build(ruby, raw, capacity, write)
}

/// The same in UTF-8.
pub fn utf8<E: From<Error>>(
    ruby: &Ruby,
    capacity: usize,
    write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<RString, E> {
    // SAFETY: as above.
    let raw = protect(|| unsafe { rb_sys::rb_utf8_str_new(std::ptr::null(), capacity as _) })?;
    build(ruby, raw, capacity, write)
}

fn build<E>(
    ruby: &Ruby,
    raw: rb_sys::VALUE,
    capacity: usize,
    write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<RString, E> {
    // SAFETY: the callers made it a moment ago.
    let string = RString::from_value(unsafe { magnus::Value::from_raw(raw) }).unwrap_or_else(|| ruby.str_new(""));
    // SAFETY: the string is new, so nobody else reads or writes it; it has
    // `capacity` bytes, which `write` may write but calls no Ruby to move. They are
    // not initialised: `write` only ever writes them before it counts them.
    let length = unsafe {
        let bytes = std::slice::from_raw_parts_mut(rb_sys::RSTRING_PTR(raw).cast_mut().cast::<u8>(), capacity);
        write(bytes)?
    };
    // SAFETY: `length` is at most the capacity that the string was made with.
    unsafe { rb_sys::rb_str_set_len(string.as_raw(), length.min(capacity) as _) };
    Ok(string)
}

/// Lends a string's bytes.
///
/// # Safety
///
/// For as long as the bytes are read, nothing may change the string, and it must
/// stay where it is: visible on the stack wherever Ruby may collect garbage, as
/// compaction moves short strings that are not.
pub unsafe fn bytes<'a>(string: RString) -> &'a [u8] {
    // SAFETY: it is a String; the rest is the caller's.
    unsafe { raw_bytes(string.as_raw()) }
}

/// The same of a raw value, which must be a String.
///
/// # Safety
///
/// As of [`bytes`].
pub unsafe fn raw_bytes<'a>(raw: rb_sys::VALUE) -> &'a [u8] {
    // SAFETY: RSTRING_PTR is valid for RSTRING_LEN bytes; the rest is the caller's.
    unsafe { std::slice::from_raw_parts(rb_sys::RSTRING_PTR(raw).cast(), rb_sys::RSTRING_LEN(raw) as usize) }
}
