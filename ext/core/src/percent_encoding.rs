//! Percent-encoding: <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>.

/// Returns whether a byte never needs an escape in a URL.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
pub(crate) fn is_unreserved(byte: u8) -> bool {
    UNRESERVED.get(usize::from(byte)).copied().unwrap_or_default()
}

/// For each byte, whether it is unreserved. One look-up is faster than six comparisons, and each byte of a host, a path
/// and a parameter is looked up.
#[allow(clippy::indexing_slicing)] // In a constant, an index out of bounds is a compiler error.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        table[byte] = it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

/// Appends `%` and two hexadecimal digits in upper case.
pub(crate) fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
}

/// Returns whether the text after a `%` begins with two hexadecimal digits. Then the `%` and these digits are an
/// escape.
pub(crate) fn is_escape(rest: Option<&[u8]>) -> bool {
    matches!(rest, Some([a, b, ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Returns the value of a hexadecimal digit; `None` for another character.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Returns the text with its escapes decoded. Keeps a `%` that is not part of an escape.
///
/// ```
/// # use lamby_core::percent_encoding::decode;
/// assert_eq!(decode(b"a%20b%2Fc"), b"a b/c");
/// assert_eq!(decode(b"100%"), b"100%");
/// ```
#[must_use]
pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    out
}
