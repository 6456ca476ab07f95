//! Makes Ruby objects, and catches the exceptions that Ruby raises while it makes them.
//!
//! When memory runs out, Ruby's functions that make objects raise NoMemoryError by `longjmp`. It leaves Rust functions
//! without running their destructors. For example, a `RefCell` with a borrowed client would stay borrowed forever.
//! magnus calls most of Ruby's functions without `rb_protect` (for example in `str_new` and `ary_new`). So code that
//! holds a value with a destructor makes its Ruby objects with the functions of this module, under one `rb_protect`.

use std::{ffi::c_int, ptr};

use magnus::{
    Error, RArray, RHash, RString, Value,
    rb_sys::{AsRawValue as _, FromRawValue as _, protect},
};
use rb_sys::{VALUE, st_data_t, st_retval};

/// Returns an Array of the values that `items` makes with the functions below. `items` is `Copy`, so it owns nothing
/// that a `longjmp` would leak.
pub fn array<const N: usize>(items: impl FnOnce() -> [VALUE; N] + Copy) -> Result<RArray, Error> {
    let array = protect(|| {
        let items = items();
        // SAFETY: `items` holds N values. `protect` catches the exceptions of `rb_ary_new_from_values`.
        unsafe { rb_sys::rb_ary_new_from_values(N as _, items.as_ptr()) }
    })?;
    // SAFETY: Ruby has just returned the value, so it is alive.
    Ok(RArray::from_value(unsafe { Value::from_raw(array) }).expect("rb_ary_new_from_values makes Arrays"))
}

/// Returns a Hash that `fill` fills. `fill` is `Copy` for the same reason as in [`array`].
pub fn hash(fill: impl FnOnce(VALUE) + Copy) -> Result<RHash, Error> {
    filled_hash(new_hash, fill)
}

/// Returns a copy of `original` to which `fill` adds pairs. `fill` is `Copy` for the same reason as in [`array`].
pub fn copied_hash(original: RHash, fill: impl FnOnce(VALUE) + Copy) -> Result<RHash, Error> {
    let original = original.as_raw();
    // SAFETY: `original` is a Hash. `filled_hash` catches the exceptions of `rb_hash_dup`.
    filled_hash(|| unsafe { rb_sys::rb_hash_dup(original) }, fill)
}

fn filled_hash(make: impl FnOnce() -> VALUE + Copy, fill: impl FnOnce(VALUE) + Copy) -> Result<RHash, Error> {
    let hash = protect(|| {
        let hash = make();
        fill(hash);
        hash
    })?;
    // SAFETY: Ruby has just returned the value, so it is alive.
    Ok(RHash::from_value(unsafe { Value::from_raw(hash) }).expect("`make` makes Hashes"))
}

/// Returns a String that `make` makes with the functions below. `make` is `Copy` for the same reason as in [`array`].
pub fn string(make: impl FnOnce() -> VALUE + Copy) -> Result<RString, Error> {
    let string = protect(make)?;
    // SAFETY: Ruby has just returned the value, so it is alive.
    Ok(RString::from_value(unsafe { Value::from_raw(string) }).expect("`make` makes Strings"))
}

/// Returns a UTF-8 String that shares the bytes of another String.
pub fn shared(string: RString) -> Result<RString, Error> {
    self::string(|| {
        // SAFETY: both functions take a String. `protect` catches their exceptions.
        unsafe {
            let shared = rb_sys::rb_str_new_shared(string.as_raw());
            rb_sys::rb_enc_associate_index(shared, rb_sys::rb_utf8_encindex())
        }
    })
}

// The functions below can raise by `longjmp`. Call them only within the functions above, or under `rb_protect`.

/// Ruby's nil.
pub const NIL: VALUE = rb_sys::Qnil as VALUE;

/// Makes a UTF-8 String.
pub fn utf8(bytes: &[u8]) -> VALUE {
    // SAFETY: the pointer is valid for this many bytes.
    unsafe { rb_sys::rb_utf8_str_new(bytes.as_ptr().cast(), bytes.len() as _) }
}

/// Makes a frozen UTF-8 String.
pub fn frozen_utf8(bytes: &[u8]) -> VALUE {
    // SAFETY: the value is an object that nobody else has. `rb_str_freeze` would first try to shrink the String.
    unsafe { rb_sys::rb_obj_freeze(utf8(bytes)) }
}

/// Makes a binary String.
pub fn binary(bytes: &[u8]) -> VALUE {
    // SAFETY: as in `utf8`.
    unsafe { rb_sys::rb_str_new(bytes.as_ptr().cast(), bytes.len() as _) }
}

/// Makes an Integer.
pub fn integer(number: u64) -> VALUE {
    // SAFETY: the function takes any number.
    unsafe { rb_sys::rb_ull2inum(number) }
}

/// Returns Ruby's true or false.
pub const fn boolean(it: bool) -> VALUE {
    (if it { rb_sys::Qtrue as u64 } else { rb_sys::Qfalse as u64 }) as VALUE
}

/// Makes an empty Array with room for `capacity` values.
pub fn new_array(capacity: usize) -> VALUE {
    // SAFETY: `capacity` is the length of a collection in memory or a small constant, so Ruby's type can hold it.
    unsafe { rb_sys::rb_ary_new_capa(capacity as _) }
}

/// Appends a value to an Array from [`new_array`].
pub fn push(array: VALUE, value: VALUE) {
    // SAFETY: the caller passes an Array.
    unsafe { rb_sys::rb_ary_push(array, value) };
}

/// Makes an empty Hash.
pub fn new_hash() -> VALUE {
    // SAFETY: the function has no arguments.
    unsafe { rb_sys::rb_hash_new() }
}

/// Sets a value in a Hash from [`new_hash`].
pub fn set(hash: VALUE, key: VALUE, value: VALUE) {
    // SAFETY: the caller passes a Hash.
    unsafe { rb_sys::rb_hash_aset(hash, key, value) };
}

/// Replaces the values of a Hash of more than eight pairs, in the order of the pairs. Leaves the first `skip` pairs
/// unchanged. If there are fewer values than pairs, the other values become nil.
pub fn replace_values(hash: VALUE, skip: usize, values: &[VALUE]) {
    struct Rest<'v> {
        skip: usize,
        values: &'v [VALUE],
    }

    unsafe extern "C" fn select(_: st_data_t, _: st_data_t, rest: st_data_t, _: c_int) -> c_int {
        // SAFETY: `rest` points to the `Rest` below, which nothing else uses meanwhile.
        let rest = unsafe { &mut *(rest as *mut Rest<'_>) };
        let is_skipped = rest.skip > 0;
        rest.skip = rest.skip.saturating_sub(1);
        (if is_skipped { st_retval::ST_CONTINUE } else { st_retval::ST_REPLACE }) as c_int
    }

    unsafe extern "C" fn replace(_: *mut st_data_t, to: *mut st_data_t, rest: st_data_t, _: c_int) -> c_int {
        // SAFETY: as in `select`. `to` points to the value of a pair.
        let (rest, to) = unsafe { (&mut *(rest as *mut Rest<'_>), &mut *to) };
        let (value, others) = rest.values.split_first().unwrap_or((&NIL, &[]));
        rest.values = others;
        *to = *value as st_data_t;
        st_retval::ST_CONTINUE as c_int
    }

    let mut rest = Rest { skip, values };
    // SAFETY: `hash` is a Hash. `rb_hash_tbl`, which is the macro RHASH_TBL in ruby.h, returns its table, and tells the
    // garbage collector that the table changes without write barriers. The callbacks raise no exceptions, and do not
    // change the keys.
    unsafe {
        let table = rb_sys::rb_hash_tbl(hash, c"".as_ptr(), 0);
        rb_sys::rb_st_foreach_with_replace(table, Some(select), Some(replace), ptr::from_mut(&mut rest) as st_data_t);
    }
}
