//! Finds names in lists of headers.

use std::collections::{HashMap, hash_map::Entry};

use crate::work;

/// Finds the index of a name in a list. Ignores case. A search takes the same time in a list of any length.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The index of each name, in lower case; `None` while the list is short.
    hashed: Option<HashMap<Vec<u8>, usize>>,
}

/// If a list has fewer names than this, Lamby compares them one by one, which is faster than hashing them.
pub(super) const FEW: usize = 32;

impl Places {
    /// Returns the index of a name; `None` if it is not in the list. Then the caller must append the name to the list,
    /// because this method may already have stored the list's length as the index of the name.
    #[inline]
    pub(super) fn find<T>(&mut self, name: &[u8], list: &[T], name_of: impl Fn(&T) -> &[u8]) -> Option<usize> {
        if list.len() < FEW {
            return list.iter().inspect(|_| work::step()).position(|it| name_of(it).eq_ignore_ascii_case(name));
        }
        self.find_hashed(name, list, name_of)
    }

    fn find_hashed<T>(&mut self, name: &[u8], list: &[T], name_of: impl Fn(&T) -> &[u8]) -> Option<usize> {
        let hashed = self.hashed.get_or_insert_with(|| {
            let places = list.iter().inspect(|_| work::step()).enumerate();
            places.map(|(place, it)| (name_of(it).to_ascii_lowercase(), place)).collect()
        });
        work::step();
        match hashed.entry(name.to_ascii_lowercase()) {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(place) => {
                place.insert(list.len());
                None
            }
        }
    }
}
