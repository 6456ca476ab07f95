//! Finds names in lists of headers.

use std::collections::{HashMap, hash_map::Entry};

use http::HeaderName;

use crate::work;

/// Finds the index of a name in a list. A search takes the same time in a list of any length.
#[derive(Debug, Default)]
pub(super) struct Places {
    hashed: HashMap<HeaderName, usize>,
}

/// If a list has fewer names than this, Lamby compares them one by one, which is faster than hashing them.
pub(super) const FEW: usize = 32;

impl Places {
    /// Returns the index of a name. If it returns `None`, the caller must append the name to the list.
    pub(super) fn find<T>(
        &mut self,
        name: &HeaderName,
        list: &[T],
        name_of: impl Fn(&T) -> &HeaderName,
    ) -> Option<usize> {
        if list.len() < FEW {
            return list.iter().inspect(|_| work::step()).position(|it| name_of(it) == name);
        }
        if self.hashed.is_empty() {
            let places = list.iter().inspect(|_| work::step()).enumerate();
            self.hashed = places.map(|(place, it)| (name_of(it).clone(), place)).collect();
        }
        work::step();
        match self.hashed.entry(name.clone()) {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(place) => {
                place.insert(list.len());
                None
            }
        }
    }
}
