//! Escapes text for a JSON string.
//! <https://www.rfc-editor.org/rfc/rfc8259#section-7>

use crate::output::{NotWritten, Output};

/// Returns whether a byte must be escaped: quotes, backslashes and control characters.
const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Returns the letter after the backslash; `u` for the long form, such as `\u001f`.
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
    // The last word overlaps the one before it, so that no byte needs a look of its own.
    match (text.as_chunks().0, text.last_chunk()) {
        (words, Some(last)) => words.iter().chain([last]).fold(0, |found, word| found | unplain(*word)) == 0,
        (_, None) => text.iter().all(|&byte| byte.is_ascii() && !is_special(byte)),
    }
}

/// A word in which each byte has this value.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Returns a word that is not zero if a byte is special or not ASCII.
///
/// A subtraction sets the highest bit of a byte that is less than what is subtracted. `^` makes the bytes zero that are
/// searched for. <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
const fn unplain(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let control = word.wrapping_sub(each(b' '));
    let quote = (word ^ each(b'"')).wrapping_sub(each(1));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(1));
    (word | control | quote | backslash) & each(0x80)
}

/// Returns the length of the escaped text, in bytes.
pub(super) fn length(text: &[u8]) -> usize {
    // The compiler makes vector code from two sums that have no branch.
    let mut extra = 0;
    for chunk in text.chunks(128) {
        let specials: u8 = chunk.iter().map(|&byte| u8::from(is_special(byte))).sum();
        let long: u8 = chunk.iter().map(|&byte| u8::from(byte < b' ' && !matches!(byte, 8..=10 | 12 | 13))).sum();
        extra += usize::from(specials) + usize::from(long) * 4;
    }
    text.len() + extra
}

/// Appends the escaped text, [`length`] bytes.
pub(super) fn write(text: &[u8], out: &mut impl Output) -> Result<(), NotWritten> {
    for chunk in text.chunks(16) {
        let specials: u8 = chunk.iter().map(|&byte| u8::from(is_special(byte))).sum();
        if specials == 0 {
            out.append(chunk)?;
            continue;
        }
        for &byte in chunk {
            match byte {
                _ if !is_special(byte) => out.append(&[byte]),
                _ => match letter(byte) {
                    b'u' => out.append(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), hex(byte & 15)]),
                    letter => out.append(&[b'\\', letter]),
                },
            }?;
        }
    }
    Ok(())
}

const fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
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
    fn escapes_are_those_of_serde_json() {
        let text: String = (0..=0x7f).map(char::from).collect();
        assert_eq!(format!("\"{}\"", escaped(&text)), serde_json::to_string(&text).unwrap());
    }
}
