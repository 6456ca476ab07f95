//! The types of an event's fields: text, lists and maps of text, flags and the body. They also accept the other
//! forms that test events and local tools use.

use std::{borrow::Cow, collections::HashMap, fmt, ops::Deref};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{memory, work};

/// A string of the event. It borrows from the event, unless the string has escapes, or the event has a number instead.
///
/// Its type is bytes instead of `str`, because a client may send any bytes in a header, and Rack expects them
/// unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
        self.visit_borrowed_bytes(v.as_bytes())
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        self.visit_bytes(v.as_bytes())
    }

    fn visit_borrowed_bytes<E: Error>(self, v: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(v)))
    }

    fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Self::Value, E> {
        memory::copy(v).map(|copy| Text(Cow::Owned(copy))).map_err(E::custom)
    }

    // Hand-written test events may contain numbers and booleans in place of strings.

    fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string().into_bytes())))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string().into_bytes())))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string().into_bytes())))
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(if v { b"true" } else { b"false" })))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

/// The body, encoded as it is in the event: as base64 or as text.
///
/// Lamby reads the body as bytes, because checking megabytes of base64 for UTF-8 would take time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawBody<'a>(pub Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for RawBody<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawBodyVisitor;

        impl<'de> Visitor<'de> for RawBodyVisitor {
            type Value = RawBody<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(RawBody(Cow::Borrowed(v.as_bytes())))
            }

            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                self.visit_bytes(v.as_bytes())
            }

            fn visit_borrowed_bytes<E>(self, v: &'de [u8]) -> Result<Self::Value, E> {
                Ok(RawBody(Cow::Borrowed(v)))
            }

            fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Self::Value, E> {
                memory::copy(v).map(|copy| RawBody(Cow::Owned(copy))).map_err(E::custom)
            }
        }

        deserializer.deserialize_bytes(RawBodyVisitor)
    }
}

/// A boolean. Also accepts the strings "true" and "false". An empty string and null mean false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlagVisitor;

        impl Visitor<'_> for FlagVisitor {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, v: bool) -> Result<Flag, E> {
                Ok(Flag(v))
            }

            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }

            fn visit_str<E: Error>(self, v: &str) -> Result<Flag, E> {
                self.visit_bytes(v.as_bytes())
            }

            fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Flag, E> {
                match v {
                    b"true" => Ok(Flag(true)),
                    b"false" | b"" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Bytes(v), &self)),
                }
            }
        }

        deserializer.deserialize_any(FlagVisitor)
    }
}

/// Names and values in the order of the event. The event has them in a map of strings or in a map of lists. `cookies`
/// is a list without names, so each cookie gets an empty name. Null is read as an empty map.
///
/// A value is `None` if it is null in the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values<'a>(pub Vec<(Text<'a>, Option<Text<'a>>)>);

impl<'a> Values<'a> {
    /// Returns an index of the names. A look-up takes the same time for any number of names.
    ///
    /// ```
    /// use lamby_core::event::{Text, Values};
    ///
    /// let text = |text: &'static str| Text(text.as_bytes().into());
    /// let values = Values(vec![(text("a"), Some(text("1"))), (text("b"), None)]);
    /// let index = values.lookup();
    /// assert_eq!(index.get(b"a"), Some(&b"1"[..]));
    /// assert_eq!((index.get(b"b"), index.contains(b"b")), (None, true));
    /// ```
    #[must_use]
    pub fn lookup(&self) -> Lookup<'_, 'a> {
        if self.0.len() <= FEW {
            return Lookup::Few(self);
        }
        let mut first = HashMap::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            first.entry(&**name).or_insert(value.as_deref());
        }
        Lookup::Many(first)
    }
}

/// Up to this many names, [`Lookup`] compares one name after another, which is faster than a hash table.
const FEW: usize = 16;

/// Finds the values of [`Values`] by their names, compared byte by byte.
#[derive(Debug)]
pub enum Lookup<'v, 'a> {
    /// Compares one name after another.
    Few(&'v Values<'a>),
    /// Looks the name up in a hash table. A client can send thousands of names, and comparing them one by one would be
    /// slow.
    Many(HashMap<&'v [u8], Option<&'v [u8]>>),
}

impl<'v> Lookup<'v, '_> {
    /// Returns the first value of a name; `None` if the name is missing or its value is null.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&'v [u8]> {
        self.find(name).flatten()
    }

    /// Returns whether the event has the name, even with a null value.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &[u8]) -> Option<Option<&'v [u8]>> {
        match self {
            Self::Few(values) => {
                let mut names = values.0.iter();
                let found = names.find(|(key, _)| {
                    work::step();
                    **key == *name
                });
                found.map(|(_, value)| value.as_deref())
            }
            Self::Many(first) => {
                work::step();
                first.get(name).copied()
            }
        }
    }
}

impl<'a> IntoIterator for Values<'a> {
    type Item = (Text<'a>, Option<Text<'a>>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Initial capacity. A browser's request has 15 to 25 headers, so the list grows at most once.
const USUAL_COUNT: usize = 16;

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings, or of lists of strings")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Values::default())
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut values = Values::default();
                while let Some(key) = map.next_key()? {
                    if values.0.capacity() == 0 {
                        values.0.reserve(USUAL_COUNT);
                    }
                    map.next_value_seed(OneOrMany { key, values: &mut values })?;
                }
                Ok(values)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut values = Values::default();
                while let Some(value) = seq.next_element()? {
                    memory::push(&mut values.0, (Text::default(), value)).map_err(Error::custom)?;
                }
                Ok(values)
            }
        }

        deserializer.deserialize_any(ValuesVisitor)
    }
}

/// The value of a name: a string, a list of strings, or null.
struct OneOrMany<'v, 'a> {
    key: Text<'a>,
    values: &'v mut Values<'a>,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for OneOrMany<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> OneOrMany<'_, 'a> {
    fn one<E: Error>(self, text: Result<Text<'a>, E>) -> Result<(), E> {
        memory::push(&mut self.values.0, (self.key, Some(text?))).map_err(E::custom)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for OneOrMany<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<(), E> {
        self.one(TextVisitor.visit_borrowed_str(v))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<(), E> {
        self.one(TextVisitor.visit_str(v))
    }

    fn visit_borrowed_bytes<E: Error>(self, v: &'de [u8]) -> Result<(), E> {
        self.one(TextVisitor.visit_borrowed_bytes(v))
    }

    fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<(), E> {
        self.one(TextVisitor.visit_bytes(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<(), E> {
        self.one(TextVisitor.visit_u64(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<(), E> {
        self.one(TextVisitor.visit_i64(v))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<(), E> {
        self.one(TextVisitor.visit_f64(v))
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<(), E> {
        self.one(TextVisitor.visit_bool(v))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        memory::push(&mut self.values.0, (self.key, None)).map_err(E::custom)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        while let Some(value) = seq.next_element::<Option<Text<'de>>>()? {
            if let Some(value) = value {
                memory::push(&mut self.values.0, (self.key.clone(), Some(value))).map_err(Error::custom)?;
            }
        }
        Ok(())
    }
}
