//! The bytes of a token, such as the name of a header. <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>

/// Returns whether a token may contain the byte.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*'
        | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}
