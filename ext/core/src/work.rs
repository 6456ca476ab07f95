//! Counts the steps of loops whose length depends on outside input, in tests only.
//!
//! A test that counts steps shows that twice the input takes twice the work. A test that measures time would depend on
//! the speed and the load of the machine.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts one comparison or one lookup. Does nothing outside of tests.
#[inline]
pub(crate) fn step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}

/// Returns how many steps a closure takes, on this thread.
#[cfg(test)]
pub(crate) fn steps<T>(of: impl FnOnce() -> T) -> usize {
    let before = STEPS.get();
    of();
    STEPS.get() - before
}
