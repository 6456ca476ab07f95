//! Ruby objects that are made without a jump over Rust's memory.
//!
//! Where memory ends, Ruby's functions that make objects raise NoMemoryError: a `longjmp`, which
//! runs no destructor of the Rust functions that it leaves. A borrowed client would stay borrowed
//! for ever. magnus calls most of them unprotected (`str_new`, `ary_new`, …). So whoever holds
//! something that has a destructor makes its objects here, under one `rb_protect`.

use magnus::{
    Error, RArray, RHash, RString, Value,
    rb_sys::{AsRawValue as _, FromRawValue as _, protect},
};
use rb_sys::VALUE;

/// An Array of what `items` makes, with the functions below. `items` is `Copy`, so it owns nothing
/// that a jump out of it would leave behind.
pub fn array<const N: usize>(items: impl FnOnce() -> [VALUE; N] + Copy) -> Result<RArray, Error> {
    let array = protect(|| {
        let items = items();
        // SAFETY: they are N values. What it raises, `protect` catches.
        unsafe { rb_sys::rb_ary_new_from_values(N as _, items.as_ptr()) }
    })?;
    // SAFETY: a value that Ruby has just made.
    Ok(RArray::from_value(unsafe { Value::from_raw(array) }).expect("rb_ary_new_from_values makes Arrays"))
}

/// A Hash that `fill` fills, as [`array`].
pub fn hash(fill: impl FnOnce(VALUE) + Copy) -> Result<RHash, Error> {
    let hash = protect(|| {
        let hash = new_hash();
        fill(hash);
        hash
    })?;
    // SAFETY: a value that Ruby has just made.
    Ok(RHash::from_value(unsafe { Value::from_raw(hash) }).expect("rb_hash_new makes Hashes"))
}

/// A UTF-8 String that shares the bytes of another.
pub fn shared(string: RString) -> Result<RString, Error> {
    let shared = protect(|| {
        // SAFETY: they take a String; what they raise, `protect` catches.
        unsafe {
            let shared = rb_sys::rb_str_new_shared(string.as_raw());
            rb_sys::rb_enc_associate_index(shared, rb_sys::rb_utf8_encindex())
        }
    })?;
    // SAFETY: a value that Ruby has just made.
    Ok(RString::from_value(unsafe { Value::from_raw(shared) }).expect("rb_str_new_shared makes Strings"))
}

// What is below raises by a jump: only to be called within the functions above, or under `rb_protect`.

pub const NIL: VALUE = rb_sys::Qnil as VALUE;

/// A UTF-8 String.
pub fn utf8(bytes: &[u8]) -> VALUE {
    // SAFETY: the pointer is valid for so many bytes.
    unsafe { rb_sys::rb_utf8_str_new(bytes.as_ptr().cast(), bytes.len() as _) }
}

/// A binary String.
pub fn binary(bytes: &[u8]) -> VALUE {
    // SAFETY: as in `utf8`.
    unsafe { rb_sys::rb_str_new(bytes.as_ptr().cast(), bytes.len() as _) }
}

/// An Integer.
pub fn integer(number: u64) -> VALUE {
    // SAFETY: it takes any number.
    unsafe { rb_sys::rb_ull2inum(number) }
}

/// True or false.
pub const fn boolean(it: bool) -> VALUE {
    (if it { rb_sys::Qtrue as u64 } else { rb_sys::Qfalse as u64 }) as VALUE
}

/// An empty Array.
pub fn new_array(capacity: usize) -> VALUE {
    // SAFETY: a `Vec` of so many values exists.
    unsafe { rb_sys::rb_ary_new_capa(capacity as _) }
}

/// Appends a value to an Array of [`new_array`].
pub fn push(array: VALUE, value: VALUE) {
    // SAFETY: the caller's Array.
    unsafe { rb_sys::rb_ary_push(array, value) };
}

/// An empty Hash.
pub fn new_hash() -> VALUE {
    // SAFETY: it takes nothing.
    unsafe { rb_sys::rb_hash_new() }
}

/// Sets a value in a Hash of [`new_hash`].
pub fn set(hash: VALUE, key: VALUE, value: VALUE) {
    // SAFETY: the caller's Hash.
    unsafe { rb_sys::rb_hash_aset(hash, key, value) };
}
