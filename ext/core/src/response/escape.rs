//! Escapes text for a JSON string.
//! <https://www.rfc-editor.org/rfc/rfc8259#section-7>

use crate::output::{NotWritten, Output};

/// Returns whether a byte must be escaped: quotes, backslashes and control characters.
const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Returns the letter after the backslash of an escape; `u` for the long form, such as `\u001f`.
const fn letter(byte: u8) -> u8 {
    match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => b'u',
    }
}

/// Returns whether a JSON string contains the text unchanged, because it is ASCII without a [special](is_special) byte.
pub(super) fn is_plain(text: &[u8]) -> bool {
    match text.last_chunk() {
        // The last word overlaps the word before it if the length is not a multiple of eight.
        Some(last) => text.as_chunks().0.iter().all(is_plain_word) && is_plain_word(last),
        None => text.iter().all(|byte| byte.is_ascii() && !is_special(*byte)),
    }
}

/// Returns whether eight bytes are plain. Checks all of them at once: a subtraction sets the highest bit of each byte
/// that is less than the subtracted number. `^` makes each quote or backslash zero, so subtracting 1 sets its highest
/// bit. A subtraction may also borrow from the next byte, but only if the byte itself is special, and then the result
/// is `false` anyway.
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
const fn is_plain_word(word: &[u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_le_bytes(*word);
    let control = word.wrapping_sub(each(b' '));
    let quote = (word ^ each(b'"')).wrapping_sub(each(1));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(1));
    // The highest bit of a byte in `word` itself is set if the byte is not ASCII.
    (word | control | quote | backslash) & each(0x80) == 0
}

/// The escape of each byte, padded with zeros, and its length. A byte that is not special is its own escape.
#[allow(clippy::indexing_slicing)] // In a constant, an index out of bounds is a compiler error.
static ESCAPES: [([u8; 8], u8); 256] = {
    let mut table = [([0; 8], 1); 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        table[index] = match letter(byte) {
            _ if !is_special(byte) => ([byte, 0, 0, 0, 0, 0, 0, 0], 1),
            b'u' => ([b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), hex(byte & 15), 0, 0], 6),
            letter => ([b'\\', letter, 0, 0, 0, 0, 0, 0], 2),
        };
        index += 1;
    }
    table
};

const fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// Returns the length of the escaped text, in bytes.
pub(super) fn length(text: &[u8]) -> usize {
    // The compiler vectorises a sum without branches. A `u8` can hold the sum for 32 bytes, which is at most 160.
    let (chunks, rest) = text.as_chunks::<32>();
    let more = |chunk: &[u8]| usize::from(chunk.iter().map(|byte| extra(*byte)).sum::<u8>());
    text.len() + chunks.iter().map(|chunk| more(chunk)).sum::<usize>() + more(rest)
}

/// Returns by how many bytes a byte's escape is longer than the byte itself.
const fn extra(byte: u8) -> u8 {
    let is_long = byte < b' ' && !matches!(byte, 8..=10 | 12 | 13);
    is_special(byte) as u8 + is_long as u8 * 4
}

/// Appends the escaped text. It has as many bytes as [`length`] returns.
pub(super) fn write(text: &[u8], out: &mut impl Output) -> Result<(), NotWritten> {
    // The end of the escaped text in the block is a variable of its own. If it were a field beside the block's bytes,
    // the processor would write it to memory and read it again for each byte, which takes two to three times as long.
    let (mut block, mut end) = (Block([0; 512]), 0);
    let (chunks, rest) = text.as_chunks::<CHUNK>();
    for chunk in chunks {
        end = block.make_room(end, out)?;
        end = if chunk.iter().fold(false, |found, byte| found | is_special(*byte)) {
            block.escape(chunk, end)?
        } else {
            block.put(chunk, CHUNK, end)?
        };
    }
    end = block.make_room(end, out)?;
    end = block.escape(rest, end)?;
    out.append(block.until(end)?)
}

/// Number of bytes that `write` checks together. If one of them is special, `write` escapes the bytes one by one, which
/// is slow. A longer chunk has a special byte more often: with 16 bytes, escaping HTML takes a third longer, and with
/// 32 bytes twice as long.
const CHUNK: usize = 8;

/// A buffer for escaped text that has not been appended yet. The buffer is much larger than a chunk, because appending
/// each chunk separately would take a third longer.
struct Block([u8; 512]);

impl Block {
    /// Appends the text in the block if there may be no room for another chunk. Returns where the next chunk starts.
    #[inline]
    fn make_room(&self, end: usize, out: &mut impl Output) -> Result<usize, NotWritten> {
        // The longest escape has six bytes, and is padded to eight.
        if end + CHUNK * 6 + 2 <= self.0.len() {
            return Ok(end);
        }
        out.append(self.until(end)?)?;
        Ok(0)
    }

    /// Writes the escapes of up to [`CHUNK`] bytes, and returns where they end. Each escape overwrites the padding of
    /// the one before it, so there is no branch that depends on the text. The processor would often predict such a
    /// branch wrongly.
    #[inline]
    fn escape(&mut self, chunk: &[u8], start: usize) -> Result<usize, NotWritten> {
        chunk.iter().try_fold(start, |end, byte| {
            let (escape, length) = ESCAPES.get(usize::from(*byte)).ok_or(NotWritten)?;
            self.put(escape, usize::from(*length), end)
        })
    }

    /// Copies all bytes, and returns where the first `length` of them end. Returns an error if there is no room.
    #[inline]
    fn put<const N: usize>(&mut self, bytes: &[u8; N], length: usize, start: usize) -> Result<usize, NotWritten> {
        *self.0.get_mut(start..).and_then(<[u8]>::first_chunk_mut).ok_or(NotWritten)? = *bytes;
        Ok(start + length)
    }

    fn until(&self, end: usize) -> Result<&[u8], NotWritten> {
        self.0.get(..end).ok_or(NotWritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        write(text.as_bytes(), &mut out).unwrap();
        assert_eq!(out.len(), length(text.as_bytes()));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_reads_back_as_itself() {
        let all: String = (0..=0x2ff).filter_map(char::from_u32).chain("\u{2028}\u{2029}\u{ffff}😀".chars()).collect();
        for shift in 0..40 {
            let text = format!("{}{all}", "x".repeat(shift));
            let read: String = serde_json::from_str(&format!("\"{}\"", escaped(&text))).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_text_is_plain_if_it_is_ascii_and_its_escape_is_the_same() {
        for byte in 0..=255 {
            for length in [1, 7, 8, 9, 16, 30] {
                for place in 0..length {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    let expected = byte.is_ascii() && super::length(&text) == length;
                    assert_eq!(is_plain(&text), expected, "{byte:#x} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_long_text_is_escaped_like_a_short_one() {
        let text = "<p class=\"x\">\0\u{1}\n</p> plain text ".repeat(1000);
        for start in 0..40 {
            let text = &text[start..];
            let one_by_one: String = text.chars().map(|it| escaped(it.encode_utf8(&mut [0; 4]))).collect();
            assert_eq!(escaped(text), one_by_one, "{start}");
        }
        assert_eq!(escaped(&"\0".repeat(5000)), "\\u0000".repeat(5000));
    }

    #[test]
    fn escapes_are_those_of_serde_json() {
        let text: String = (0..=0x7f).map(char::from).collect();
        assert_eq!(format!("\"{}\"", escaped(&text)), serde_json::to_string(&text).unwrap());
    }
}
