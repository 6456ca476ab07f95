//! Reads and writes Ruby strings in place.
//!
//! Any Ruby code may change, free or move the bytes of a String. So the functions of this module lend the bytes only to
//! closures that cannot run Ruby code. The compiler checks this: magnus' `Ruby` and `Value`, and all types that contain
//! one, are not `Send`, so a `Send` closure can neither capture nor return one. `ext/lamby/clippy.toml` forbids
//! `Ruby::get`, because such a closure could call it to get a `Ruby`.
//!
//! `rb_gc_guard!` keeps the String on the stack until the closure has returned. The garbage collector neither frees
//! nor moves an object that it finds on the stack.

use lamby_core::output::{NotWritten, Out, Output};
use magnus::{
    Error, RString, Ruby,
    rb_sys::{AsRawValue as _, FromRawValue as _, protect},
};
use rb_sys::{VALUE, rb_gc_guard};

use super::protected;
use crate::error::NativeError;

/// Lends a string's bytes to `read`.
pub fn lend<R: Send>(string: RString, read: impl FnOnce(&[u8]) -> R + Send) -> R {
    lend_all([string], |[bytes]| read(bytes))
}

/// Lends the bytes of several strings to `read`.
pub fn lend_all<const N: usize, R: Send>(strings: [RString; N], read: impl FnOnce([&[u8]; N]) -> R + Send) -> R {
    let strings = strings.map(|string| string.as_raw());
    // SAFETY: the values are Strings. `read` cannot run Ruby code, and other threads wait for Ruby's lock, so nothing
    // changes the Strings. The guards below keep them alive and in place.
    let result = read(strings.map(|string| unsafe { bytes(string) }));
    for string in &strings {
        rb_gc_guard!(*string);
    }
    result
}

/// Frozen strings. Nobody can change them, so their bytes may be read without Ruby's lock.
pub struct Frozen<const N: usize>([VALUE; N]);

/// Calls `work` with frozen copies of the strings. The copy of a long string shares the bytes of the original string.
pub fn freeze<const N: usize, R>(strings: &[RString; N], work: impl FnOnce(&Frozen<N>) -> R) -> Result<R, Error> {
    let mut frozen = Frozen([rb_sys::Qnil as VALUE; N]);
    protect(|| {
        for (frozen, string) in frozen.0.iter_mut().zip(strings) {
            // SAFETY: `rb_str_new_frozen` takes a String and returns one. `protect` catches its exceptions.
            *frozen = unsafe { rb_sys::rb_str_new_frozen(string.as_raw()) };
        }
        rb_sys::Qnil as VALUE
    })?;
    let result = work(&frozen);
    for string in &frozen.0 {
        rb_gc_guard!(*string);
    }
    Ok(result)
}

impl<const N: usize> Frozen<N> {
    /// Lends the strings' bytes to `read`, which may run without Ruby's lock.
    pub fn lend<R: Send>(&self, read: impl FnOnce([&[u8]; N]) -> R + Send) -> R {
        // SAFETY: the values are frozen Strings, and `freeze` keeps them on the stack.
        read(self.0.map(|string| unsafe { bytes(string) }))
    }
}

/// Returns a string's bytes.
///
/// # Safety
///
/// `string` must be a String that is on the stack. Nothing may change it while the bytes are in use.
unsafe fn bytes<'a>(string: VALUE) -> &'a [u8] {
    // SAFETY: RSTRING_PTR is valid for RSTRING_LEN bytes. The caller guarantees that nothing frees or changes them.
    unsafe { std::slice::from_raw_parts(rb_sys::RSTRING_PTR(string).cast(), rb_sys::RSTRING_LEN(string) as usize) }
}

/// Makes a UTF-8 string with these bytes. The parameter of type `Ruby` proves that this thread holds Ruby's lock.
pub fn utf8(_: &Ruby, bytes: &[u8]) -> Result<RString, Error> {
    protected::string(|| protected::utf8(bytes))
}

/// Makes a binary string with these bytes.
pub fn binary(_: &Ruby, bytes: &[u8]) -> Result<RString, Error> {
    protected::string(|| protected::binary(bytes))
}

/// Makes a UTF-8 string. `write` must append all of its `length` bytes.
///
/// # Errors
///
/// Returns Ruby's NoMemoryError if there is no memory for the string. Returns [`NotWritten`] if `write` appends fewer
/// than `length` bytes or returns an error.
pub fn utf8_of(
    ruby: &Ruby,
    length: usize,
    write: impl FnOnce(&mut NewString) -> Result<(), NotWritten>,
) -> Result<RString, NativeError> {
    let mut string = NewString::utf8(length)?;
    write(&mut string)?;
    if string.written == length { Ok(string.finish(ruby)) } else { Err(NotWritten.into()) }
}

/// A new string that is being written. Its memory is allocated, but not initialised. Writing calls no Ruby function, so
/// a closure of [`lend`] may write to it.
///
/// Keep it on the stack until it is finished, so that the garbage collector finds it.
pub struct NewString {
    raw: VALUE,
    capacity: usize,
    written: usize,
    hidden: bool,
}

impl NewString {
    /// Allocates a binary string of up to `capacity` bytes. Returns Ruby's NoMemoryError if there is no
    /// memory for it.
    pub fn binary(capacity: usize) -> Result<Self, Error> {
        // SAFETY: `rb_str_new` copies nothing from a null pointer. `protect` catches the exceptions of `rb_str_new`.
        let raw = protect(|| unsafe { rb_sys::rb_str_new(std::ptr::null(), length(capacity)) })?;
        Ok(Self { raw, capacity, written: 0, hidden: false })
    }

    /// Allocates a UTF-8 string of up to `capacity` bytes. Returns Ruby's NoMemoryError if there is no memory
    /// for it.
    pub fn utf8(capacity: usize) -> Result<Self, Error> {
        // SAFETY: as in `binary`.
        let raw = protect(|| unsafe { rb_sys::rb_utf8_str_new(std::ptr::null(), length(capacity)) })?;
        Ok(Self { raw, capacity, written: 0, hidden: false })
    }

    /// Hides the string from ObjectSpace until it is finished, so that no other thread can reach it while it is written
    /// without Ruby's lock. The alternative, `rb_str_locktmp`, would need an unlock after every exception. A hidden
    /// string needs no unlock, because the garbage collector frees it.
    pub fn hide(mut self) -> Self {
        // SAFETY: the string is an object that no Ruby code has seen.
        unsafe { rb_sys::rb_obj_hide(self.raw) };
        self.hidden = true;
        self
    }

    /// Lends all of the string's memory to `write`. The first call fills the memory with zeros before it calls `write`.
    /// Afterwards the whole memory counts as written. `write` may run without Ruby's lock if the string is hidden.
    /// After an error, another call lends the same memory, with the bytes that are already in it.
    pub fn fill<E>(&mut self, write: impl FnOnce(&mut [u8]) -> Result<(), E> + Send) -> Result<(), E> {
        // SAFETY: RSTRING_PTR is valid for `capacity` bytes, and nobody else has the string.
        let bytes = unsafe {
            let start = rb_sys::RSTRING_PTR(self.raw).cast_mut().cast::<u8>();
            if self.written == 0 {
                std::ptr::write_bytes(start, 0, self.capacity);
            }
            std::slice::from_raw_parts_mut(start, self.capacity)
        };
        self.written = self.capacity;
        let result = write(bytes);
        rb_gc_guard!(self.raw);
        result
    }

    /// Returns the string, with the bytes that were written.
    pub fn finish(self, ruby: &Ruby) -> RString {
        // SAFETY: the value is a String that is neither frozen nor shared. Its first `self.written` bytes are
        // initialised.
        let string = unsafe {
            rb_sys::rb_str_set_len(self.raw, length(self.written));
            if self.hidden {
                rb_sys::rb_obj_reveal(self.raw, ruby.class_string().as_raw());
            }
            RString::from_value(magnus::Value::from_raw(self.raw))
        };
        rb_gc_guard!(self.raw);
        string.expect("rb_str_new makes Strings")
    }

    /// Returns a writer that appends to the string.
    pub fn writer(&mut self) -> Writer<'_> {
        // SAFETY: RSTRING_PTR is valid for `capacity` bytes, and `written` is never larger than `capacity`.
        let next = unsafe { rb_sys::RSTRING_PTR(self.raw).cast_mut().cast::<u8>().add(self.written) };
        Writer { next, room: self.capacity - self.written, string: self }
    }
}

/// Appends to a [`NewString`]. It has its own copy of the position, so that the compiler keeps the position in
/// registers.
pub struct Writer<'s> {
    string: &'s mut NewString,
    next: *mut u8,
    /// Number of free bytes from `next` on.
    room: usize,
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.string.written = self.string.capacity - self.room;
    }
}

impl Writer<'_> {
    /// Moves the position to the end of the bytes that were written.
    ///
    /// # Safety
    ///
    /// The next `length` bytes must be initialised, and `length` must not be larger than `room`.
    #[inline]
    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller guarantees that `length` is not larger than `room`.
        self.next = unsafe { self.next.add(length) };
        self.room -= length;
    }
}

impl Output for Writer<'_> {
    #[inline]
    fn append(&mut self, bytes: &[u8]) -> Result<(), NotWritten> {
        if bytes.len() > self.room {
            return Err(NotWritten);
        }
        // SAFETY: there is room for the bytes. Nobody else has the string, so the bytes do not overlap it.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.next, bytes.len());
            self.advance(bytes.len());
        }
        Ok(())
    }

    fn append_with(
        &mut self,
        length: usize,
        write: impl FnOnce(Out<'_, [u8]>) -> Option<&mut [u8]>,
    ) -> Result<(), NotWritten> {
        if length > self.room {
            return Err(NotWritten);
        }
        // SAFETY: there is room for `length` bytes, and nobody else has the string. An `Out` does not allow reading
        // bytes that are not written.
        let free = unsafe { Out::new(std::ptr::slice_from_raw_parts_mut(self.next, length)) };
        match write(free) {
            // `write` returns a `&mut [u8]`, whose bytes are always initialised. But the slice could be in other
            // memory, so the condition compares the addresses.
            Some(bytes) if std::ptr::eq(bytes.as_ptr(), self.next) && bytes.len() <= length => {
                // SAFETY: the bytes are initialised, and there are at most `room` of them.
                unsafe { self.advance(bytes.len()) };
                Ok(())
            }
            _ => Err(NotWritten),
        }
    }
}

/// Converts a length to Ruby's type. The length of a `Vec` or a slice always fits into Ruby's type, because both have
/// the same maximum.
fn length(length: usize) -> std::ffi::c_long {
    length.try_into().unwrap_or(std::ffi::c_long::MAX)
}
