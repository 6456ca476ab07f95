//! The headers of a request: which headers reach the application, and how repeated values are joined.

mod folded;
mod known;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use folded::{Folded, fold};
pub use known::Header;
use known::{LAMBDA_RUNTIME, PLATFORM, Rule};

use crate::{
    Error,
    event::{Text, Values},
    work,
};

/// The name of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a> {
    /// The name of a known header.
    Known(Header),
    /// Any other name, as the event spells it.
    Other(Text<'a>),
}

/// One header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The values of the header, joined.
    pub value: Text<'a>,
    /// Hash of the folded name: the name in lower case, with hyphens. Lamby compares only names with the same hash. The
    /// hash is 0 for a known header.
    hash: u64,
    /// Whether the client spelled the name with an underscore.
    underscored: bool,
}

/// The headers that reach the application, each name once, in the order of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// Whether the client sent a Content-Length. Lamby computes the value from the body.
    pub content_length: bool,
    /// The indexes of the known headers' fields.
    known: Places,
    /// A set of bits. Each field that is not a known header sets the bit of its hash. If the bit of a name's hash is
    /// not set, no field has that name, so Lamby need not search for it.
    seen: u64,
    /// The index of each field, by its folded name. The map is empty until there are more than `FEW` fields.
    index: HashMap<Box<[u8]>, usize>,
}

/// Up to this many fields, Lamby compares one name after another, which is faster than a hash table. A browser sends 15
/// to 25 headers.
const FEW: usize = 32;

/// For each known header, the index of its field, or [`NOWHERE`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct Places([u32; Header::ALL.len()]);

/// Stands for the index of a header that the request does not have.
const NOWHERE: u32 = u32::MAX;

impl Default for Places {
    fn default() -> Self {
        Self([NOWHERE; Header::ALL.len()])
    }
}

impl<'a> Headers<'a> {
    /// Returns the headers of the multi-value map, then the headers that are only in the single-value map. Either map
    /// may lack headers that the other map has.
    ///
    /// # Errors
    ///
    /// The errors of [`push`](Self::push).
    pub(super) fn merge(mut single: Values<'a>, multi: Values<'a>) -> Result<Self, Error> {
        drop_same(&mut single, &multi);
        let mut headers = Self::with_capacity(single.0.len().max(multi.0.len()));
        for (name, value) in multi {
            if let Some(value) = value {
                headers.push(name, value)?;
            }
        }
        let known = headers.len();
        for (name, value) in single {
            if let Some(value) = value
                && !headers.has_among_first(known, &name)
            {
                headers.push(name, value)?;
            }
        }
        Ok(headers)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { fields: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// Adds a header, or drops the header if its rule says so. Joins the value to earlier values of the same name.
    ///
    /// ```
    /// use lamby_core::{event::Text, request::headers::{Header, Headers}};
    ///
    /// let text = |text: &'static str| Text(text.as_bytes().into());
    /// let mut headers = Headers::default();
    /// for (name, value) in [("Accept", "text/html"), ("accept", "*/*"), ("Proxy", "evil.example")] {
    ///     headers.push(text(name), text(value))?;
    /// }
    /// assert_eq!(headers.get(Header::Accept), Some(&b"text/html, */*"[..]));
    /// assert_eq!(headers.len(), 1);
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if the value has a line break or a NUL. No integration sends such an event.
    pub fn push(&mut self, name: Text<'a>, value: Text<'a>) -> Result<(), Error> {
        let Some(folded) = Folded::new(&name) else {
            return Ok(()); // The name is not an HTTP token, so it does not come from an HTTP request.
        };
        if !is_single_line(&value) {
            single_line(&value, &format!("headers.{}", String::from_utf8_lossy(&name)))?;
        }
        let known = folded.known;
        let rule = known.map_or(Rule::List, Header::rule);
        if known == Some(Header::ContentLength) && !folded.underscored {
            self.content_length = true;
        }
        if rule == Rule::Drop || folded.starts_with(LAMBDA_RUNTIME) {
            return Ok(());
        }
        if folded.underscored && (rule == Rule::Exact || PLATFORM.iter().any(|prefix| folded.starts_with(prefix))) {
            return Ok(());
        }
        let Some(field) = self.find(&folded).and_then(|place| self.fields.get_mut(place)) else {
            let Folded { hash, underscored, .. } = folded;
            let name = known.map_or(Name::Other(name), Name::Known);
            self.add(Field { name, value, hash, underscored });
            return Ok(());
        };
        match (field.underscored, folded.underscored) {
            // `x_forwarded_for` has the same Rack key as `x-forwarded-for`, so a client could replace the value of
            // `x-forwarded-for`. Puma had this vulnerability: CVE-2024-45614.
            (false, true) => {}
            (true, false) => {
                field.value = value;
                field.underscored = false;
            }
            _ => {
                let separator: &[u8] = if rule == Rule::Cookies { b"; " } else { b", " };
                let joined = field.value.0.to_mut();
                joined.extend_from_slice(separator);
                joined.extend_from_slice(&value);
            }
        }
        Ok(())
    }

    fn add(&mut self, field: Field<'a>) {
        let place = self.fields.len();
        match field.name {
            Name::Known(header) => self.known.set(header, place),
            Name::Other(_) => self.seen |= bit(field.hash),
        }
        self.fields.push(field);
        if place >= FEW {
            let indexed = if place == FEW { 0 } else { place };
            let fields = self.fields.iter().zip(0..).skip(indexed);
            self.index.extend(fields.map(|(field, place)| (field.folded_name(), place)));
        }
    }

    /// Returns the index of a name. Ignores case, and treats underscores as hyphens.
    fn find(&self, folded: &Folded<'_>) -> Option<usize> {
        if let Some(header) = folded.known {
            return self.known.get(header);
        }
        if self.seen & bit(folded.hash) == 0 {
            return None;
        }
        if self.fields.len() > FEW {
            work::step();
            return self.index.get(&*folded.to_bytes()).copied();
        }
        self.fields.iter().position(|field| {
            work::step();
            field.hash == folded.hash
                && field.spelling().iter().map(|b| fold(*b)).eq(folded.name.iter().map(|b| fold(*b)))
        })
    }

    /// Returns a known header's value; `None` if the header is missing, or spelled with underscores.
    #[must_use]
    pub fn get(&self, header: Header) -> Option<&[u8]> {
        self.field(header).filter(|field| !field.underscored).map(|field| &*field.value)
    }

    /// Sets a header. Replaces the client's header of that name.
    pub(super) fn set(&mut self, header: Header, value: Text<'a>) {
        match self.known.get(header).and_then(|place| self.fields.get_mut(place)) {
            Some(field) => {
                field.value = value;
                field.underscored = false;
            }
            None => self.add(Field { name: Name::Known(header), value, hash: 0, underscored: false }),
        }
    }

    fn field(&self, header: Header) -> Option<&Field<'a>> {
        self.fields.get(self.known.get(header)?)
    }

    /// Returns all headers, in the order of the event.
    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    /// Returns how many headers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns whether there are no headers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Returns whether one of the first `count` headers has this name. Ignores case.
    fn has_among_first(&self, count: usize, name: &[u8]) -> bool {
        count > 0
            && Folded::new(name).is_some_and(|folded| {
                let place = self.find(&folded).filter(|place| *place < count);
                place
                    .and_then(|place| self.fields.get(place))
                    .is_some_and(|field| field.underscored == folded.underscored)
            })
    }
}

/// Returns the bit that represents a hash in [`Headers::seen`].
const fn bit(hash: u64) -> u64 {
    1 << (hash >> 58)
}

impl Places {
    fn get(&self, header: Header) -> Option<usize> {
        match self.0.get(header as usize) {
            None | Some(&NOWHERE) => None,
            Some(place) => usize::try_from(*place).ok(),
        }
    }

    fn set(&mut self, header: Header, field: usize) {
        // An event has at most 6 MB, so the number of its headers always fits into a `u32`.
        if let (Some(place), Ok(field)) = (self.0.get_mut(header as usize), u32::try_from(field)) {
            *place = field;
        }
    }
}

impl Field<'_> {
    /// Returns the name. The name of a known header is in lower case, with hyphens.
    fn spelling(&self) -> &[u8] {
        match &self.name {
            Name::Known(header) => header.wire_name(),
            Name::Other(name) => name,
        }
    }

    fn folded_name(&self) -> Box<[u8]> {
        self.spelling().iter().map(|b| fold(*b)).collect()
    }
}

/// Drops each name of the single-value map that the multi-value map has at the same position. API Gateway writes both
/// maps in the same order, so one comparison for each name is usually enough.
fn drop_same(single: &mut Values<'_>, multi: &Values<'_>) {
    let mut rest = &*multi.0;
    if rest.is_empty() {
        return;
    }
    single.0.retain(|(name, _)| {
        let mut is_same = false;
        while let Some(((other, Some(_)), tail)) = rest.split_first()
            && other == name
        {
            rest = tail;
            is_same = true;
        }
        !is_same
    });
}

/// Checks that a text for the environment, such as a header, a cookie, an address or a query, is a single line.
///
/// # Errors
///
/// [`Error::InvalidEvent`] if it has a line break or a NUL. No integration sends such an event.
pub(super) fn single_line(text: &[u8], field: &str) -> Result<(), Error> {
    match is_single_line(text) {
        true => Ok(()),
        false => Err(Error::field(field, "its value has a line break or a NUL")),
    }
}

fn is_single_line(text: &[u8]) -> bool {
    // Most blocks have a fixed length, and the loop has no branches, so the compiler compares all bytes of a block at
    // once. The last block of a text overlaps the block before it. The speed matters, because every header's value is
    // checked here, and cookies are long.
    let is_clean = |bytes: &[u8]| bytes.iter().fold(true, |clean, &b| clean & (b != b'\r') & (b != b'\n') & (b != 0));
    match (text.last_chunk::<16>(), text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(last), ..) => text.as_chunks::<16>().0.iter().all(|chunk| is_clean(chunk)) && is_clean(last),
        (None, Some(first), Some(last)) => is_clean(first) && is_clean(last),
        _ => is_clean(text),
    }
}
