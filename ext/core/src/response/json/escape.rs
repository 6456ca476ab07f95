//! Text as the inside of a JSON string.
//! <https://www.rfc-editor.org/rfc/rfc8259#section-7>

/// What must be escaped: quotes, backslashes and control characters.
const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// The letter behind the backslash; `u` for the long form `\u001f`.
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

/// Length of the escaped text, in bytes.
pub(in crate::response) fn length(text: &[u8]) -> usize {
    // Two sums without a branch, which the compiler turns into vector code.
    let mut extra = 0;
    for chunk in text.chunks(128) {
        let specials: u8 = chunk.iter().map(|&byte| u8::from(is_special(byte))).sum();
        let long: u8 = chunk.iter().map(|&byte| u8::from(byte < b' ' && !matches!(byte, 8..=10 | 12 | 13))).sum();
        extra += usize::from(specials) + usize::from(long) * 4;
    }
    text.len() + extra
}

/// Writes the escaped text into a buffer of exactly [`length`] bytes, and tells
/// whether it was that.
pub(super) fn write(text: &[u8], out: &mut [u8]) -> bool {
    let mut rest = out;
    for chunk in text.chunks(16) {
        let specials: u8 = chunk.iter().map(|&byte| u8::from(is_special(byte))).sum();
        if specials == 0 {
            if !put(&mut rest, chunk) {
                return false;
            }
            continue;
        }
        for &byte in chunk {
            let written = match byte {
                _ if !is_special(byte) => put(&mut rest, &[byte]),
                _ => match letter(byte) {
                    b'u' => put(&mut rest, &[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), hex(byte & 15)]),
                    letter => put(&mut rest, &[b'\\', letter]),
                },
            };
            if !written {
                return false;
            }
        }
    }
    rest.is_empty()
}

const fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

fn put(rest: &mut &mut [u8], bytes: &[u8]) -> bool {
    match std::mem::take(rest).split_at_mut_checked(bytes.len()) {
        Some((to, after)) => {
            to.copy_from_slice(bytes);
            *rest = after;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = vec![0; length(text.as_bytes())];
        assert!(write(text.as_bytes(), &mut out));
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
    fn it_is_what_serde_json_writes() {
        let text: String = (0..=0x7f).map(char::from).collect();
        assert_eq!(format!("\"{}\"", escaped(&text)), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn a_buffer_of_another_size_is_refused() {
        assert!(!write(b"a\"", &mut [0; 2]));
        assert!(!write(b"a", &mut [0; 2]));
    }
}
