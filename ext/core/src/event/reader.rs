//! Reads the JSON that AWS sends in nearly all events. This reader executes half as many instructions as serde_json,
//! because it checks sixteen bytes of a string at once. It parses numbers with serde_json. For all other JSON, and for
//! errors, this reader returns [`Unread`], and then serde_json reads the whole text. Only serde_json decides what is an
//! error, so this reader must not accept a text that serde_json would reject. See
//! docs/decisions/010-a-reader-for-usual-json.md.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use crate::percent_encoding::hex;

/// Reads JSON. The text must be UTF-8.
///
/// # Errors
///
/// [`Unread`].
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Unread> {
    let mut reader = Reader { rest: text, depth: 0, decoded: Vec::new() };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(Unread),
    }
}

/// This reader could not read the text, because the text is not JSON, does not fit `T`, or has a form that only
/// serde_json supports. The caller reads it again with serde_json, which reports the error if there is one.
#[derive(Debug)]
pub(super) struct Unread;

struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
    /// The decoded text of the last string that had escapes.
    decoded: Vec<u8>,
}

/// Deepest nesting that this reader reads. An event of an HTTP integration has five levels.
const DEEPEST: u8 = 32;

// The small functions are inlined, because reading an event then takes 6 % fewer instructions.
impl<'a> Reader<'a> {
    /// Skips whitespace, and returns the next byte without consuming it.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    #[inline]
    fn take<const N: usize>(&mut self, token: [u8; N]) -> Result<(), Unread> {
        match self.rest.split_first_chunk() {
            Some((first, rest)) if *first == token => {
                self.rest = rest;
                Ok(())
            }
            _ => Err(Unread),
        }
    }

    /// Consumes a string without escapes, and returns the text between its quotes. Consumes nothing if the string has
    /// escapes.
    #[inline]
    fn plain_string(&mut self) -> Option<&'a [u8]> {
        let after_quote = self.rest.strip_prefix(b"\"")?;
        let (text, end) = after_quote.split_at_checked(plain_length(after_quote))?;
        self.rest = end.strip_prefix(b"\"")?;
        Some(text)
    }

    /// Consumes a string with escapes, and decodes it into `self.decoded`.
    fn escaped_string(&mut self) -> Result<&[u8], Unread> {
        self.take(*b"\"")?;
        self.decoded.clear();
        self.decoded.reserve(64); // Otherwise the buffer would grow four times for a usual text.
        loop {
            let (plain, rest) = self.rest.split_at_checked(plain_length(self.rest)).ok_or(Unread)?;
            self.decoded.extend_from_slice(plain);
            match rest {
                [b'\\', escape @ ..] => {
                    let (char, rest) = decode_escape(escape).ok_or(Unread)?;
                    self.decoded.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    self.rest = rest;
                }
                _ => {
                    self.rest = rest;
                    self.take(*b"\"")?;
                    return Ok(&self.decoded);
                }
            }
        }
    }

    /// Reads a number with serde_json.
    // An event has one or two numbers. If this function were inlined for each field, reading an event would be 4 %
    // slower.
    #[cold]
    fn number<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unread> {
        let is_outside = |b: &u8| !matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.rest.iter().position(is_outside).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(length).ok_or(Unread)?;
        self.rest = rest;
        let mut deserializer = serde_json::Deserializer::from_slice(number);
        let value = deserializer.deserialize_any(visitor).map_err(|_| Unread)?;
        deserializer.end().map_err(|_| Unread)?;
        Ok(value)
    }

    /// Reads an object or an array: the items between two brackets.
    fn nested<T>(
        &mut self,
        [open, close]: [u8; 2],
        read: impl FnOnce(Items<'_, 'a>) -> Result<T, Unread>,
    ) -> Result<T, Unread> {
        if self.depth == DEEPEST {
            return Err(Unread);
        }
        self.take([open])?;
        self.depth += 1;
        let value = read(Items { reader: self, close, is_first: true })?;
        self.depth -= 1;
        self.peek();
        self.take([close])?;
        Ok(value)
    }
}

/// Returns how many bytes of a string's text come before the first quote, backslash or control character. JSON requires
/// an escape for control characters. <https://www.rfc-editor.org/rfc/rfc8259#section-7>
#[inline]
fn plain_length(text: &[u8]) -> usize {
    let is_special = |byte| (byte == b'"') | (byte == b'\\') | (byte < b' ');
    let mut rest = text;
    while let Some((block, after)) = rest.split_first_chunk::<16>() {
        // This expression has no branches, so the compiler compares all sixteen bytes at once.
        let special = u128::from_le_bytes(block.map(|byte| if is_special(byte) { 0xff } else { 0 }));
        if special != 0 {
            return text.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let length = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
    text.len() - rest.len() + length
}

/// Decodes an escape, whose backslash the caller has already consumed. Returns the character, and the text after the
/// escape. Returns `None` for a surrogate, because serde_json decides which surrogates are errors.
fn decode_escape(escape: &[u8]) -> Option<(char, &[u8])> {
    let (kind, rest) = escape.split_first()?;
    let char = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (digits, rest) = rest.split_first_chunk::<4>()?;
            let code = digits.iter().try_fold(0, |code, digit| Some(code << 4 | u32::from(hex(*digit)?)))?;
            return Some((char::from_u32(code)?, rest));
        }
        _ => return None,
    };
    Some((char, rest))
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.peek().ok_or(Unread)? {
            b'"' => match self.plain_string() {
                Some(text) => visitor.visit_borrowed_bytes(text),
                None => visitor.visit_bytes(self.escaped_string()?),
            },
            b'{' => self.nested(*b"{}", |items| visitor.visit_map(items)),
            b'[' => self.nested(*b"[]", |items| visitor.visit_seq(items)),
            b'n' => self.take(*b"null").and_then(|()| visitor.visit_unit()),
            b't' => self.take(*b"true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.take(*b"false").and_then(|()| visitor.visit_bool(false)),
            _ => self.number(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.peek() {
            Some(b'n') => self.take(*b"null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Those items of an object or an array that are not read yet.
struct Items<'r, 'a> {
    reader: &'r mut Reader<'a>,
    close: u8,
    is_first: bool,
}

impl Items<'_, '_> {
    /// Goes to the next item. Returns `false` if there is none.
    #[inline]
    fn next(&mut self) -> Result<bool, Unread> {
        let next = self.reader.peek();
        if next == Some(self.close) {
            return Ok(false);
        }
        if !self.is_first {
            self.reader.take(*b",")?;
        }
        self.is_first = false;
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        if !self.next()? {
            return Ok(None);
        }
        match self.reader.peek() {
            Some(b'"') => seed.deserialize(&mut *self.reader).map(Some),
            _ => Err(Unread),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        self.reader.peek();
        self.reader.take(*b":")?;
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        if self.next()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("serde_json must read the text")
    }
}

impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests;
