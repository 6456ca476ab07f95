//! Counts, in tests only, the steps of loops whose length depends on outside input. A test of time would
//! measure the machine. A test of steps shows that twice the input is twice the work.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts one comparison or one look-up.
#[inline]
pub(crate) fn step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}

/// Returns how many steps a closure takes on this thread.
#[cfg(test)]
pub(crate) fn steps<T>(of: impl FnOnce() -> T) -> usize {
    let before = STEPS.get();
    of();
    STEPS.get() - before
}
