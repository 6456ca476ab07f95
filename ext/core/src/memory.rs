//! Allocates memory whose size depends on an event or a response. Returns an error if there is not enough memory.
//!
//! `Vec::push` and similar methods abort the process when memory runs out. With an [`Error::OutOfMemory`], only one
//! invocation fails.

use crate::Error;

/// Returns an empty `Vec` with capacity for `count` items.
///
/// ```
/// use lamby_core::{Error, memory};
///
/// assert!(memory::with_capacity::<u8>(100)?.capacity() >= 100);
/// assert!(matches!(memory::with_capacity::<u8>(usize::MAX), Err(Error::OutOfMemory { .. })));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
#[inline]
pub fn with_capacity<T>(count: usize) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| out_of_memory::<T>(count))?;
    Ok(items)
}

/// Returns a copy of the bytes.
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
pub fn copy(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut copy = with_capacity(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Checks that `bytes` times `factor` bytes can be allocated. To check this, it allocates the memory and frees it.
///
/// Call it before code that would abort the process when memory runs out, such as serde_json, or many small
/// allocations. `bytes` is the size of that code's input. The code needs `factor` times as much memory as its input.
/// Run that code immediately afterwards, while this thread still holds Ruby's GVL, so that the memory is still free.
/// Inputs of up to 64 KB are not checked.
///
/// ```
/// use lamby_core::memory;
///
/// assert!(memory::check(100_000, 8).is_ok());
/// assert!(memory::check(usize::MAX / 8, 8).is_err());
/// ```
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
#[inline]
pub fn check(bytes: usize, factor: usize) -> Result<(), Error> {
    if bytes > FEW { ask(bytes.saturating_mul(factor)).map(drop) } else { Ok(()) }
}

/// Largest input that [`check`] does not check, in bytes.
const FEW: usize = 64 * 1024;

/// Allocates memory. If this function were inlined, the compiler would remove the allocation, because nothing uses it.
#[inline(never)]
fn ask(bytes: usize) -> Result<Vec<u8>, Error> {
    with_capacity(bytes)
}

/// Appends bytes.
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
#[inline]
pub fn extend(all: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    reserve(all, bytes.len())?;
    all.extend_from_slice(bytes);
    Ok(())
}

/// Appends an item.
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
#[inline]
pub fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), Error> {
    reserve(items, 1)?;
    items.push(item);
    Ok(())
}

/// Reserves capacity for more items.
///
/// # Errors
///
/// Returns [`Error::OutOfMemory`] if there is not enough memory.
#[inline]
pub fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), Error> {
    items.try_reserve(more).map_err(|_| out_of_memory::<T>(items.len().saturating_add(more)))
}

#[cold]
fn out_of_memory<T>(count: usize) -> Error {
    Error::OutOfMemory { bytes: count.saturating_mul(size_of::<T>()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_allocation_is_an_error_with_the_size() {
        assert_eq!(
            with_capacity::<u64>(usize::MAX / 16).unwrap_err(),
            Error::OutOfMemory { bytes: usize::MAX / 2 - 7 }
        );
        assert_eq!(with_capacity::<u64>(usize::MAX).unwrap_err(), Error::OutOfMemory { bytes: usize::MAX });
        assert_eq!(copy(b"abc").unwrap(), b"abc");
    }
}
