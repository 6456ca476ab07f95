//! Decides whether a body is sent as text or as base64.
//!
//! Lamby sends text if possible, because every integration delivers text unchanged. A REST API decodes base64 only for
//! the types in its `binaryMediaTypes`; with other types the client would get base64. Base64 is also a third longer
//! than text.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>

use super::Head;

/// How the body is encoded in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As text, in a JSON string.
    Text,
    /// As base64, with `isBase64Encoded`: true.
    Base64,
}

/// Types that are binary by definition. Most of their bodies are not UTF-8, so they need base64 anyway. Lamby sends a
/// body of these types as base64 even if a short body happens to be UTF-8, so that all bodies of a type are sent in the
/// same way.
const BINARY: [&[u8]; 19] = [
    b"application/octet-stream",
    b"application/pdf",
    b"application/zip",
    b"application/gzip",
    b"application/x-gzip",
    b"application/zstd",
    b"application/x-bzip2",
    b"application/x-xz",
    b"application/x-7z-compressed",
    b"application/x-tar",
    b"application/vnd.rar",
    b"application/wasm",
    b"application/cbor",
    b"application/msgpack",
    b"application/x-msgpack",
    b"application/protobuf",
    b"application/x-protobuf",
    b"application/grpc",
    b"application/java-archive",
];

/// Suffixes of binary types.
/// <https://www.iana.org/assignments/media-type-structured-suffix>
const BINARY_SUFFIXES: [&[u8]; 6] = [b"+zip", b"+gzip", b"+zstd", b"+cbor", b"+protobuf", b"+wbxml"];

/// Prefixes of binary types. A type with such a prefix is nevertheless text if it ends with one of [`TEXT_ENDS`].
const MEDIA: [&[u8]; 4] = [b"image/", b"audio/", b"video/", b"font/"];

/// Ends of [`MEDIA`] types that are text: SVG, and playlists such as `audio/x-mpegurl`.
const TEXT_ENDS: [&[u8]; 4] = [b"+xml", b"+json", b"mpegurl", b"scpls"];

impl Encoding {
    /// Returns the encoding for a body.
    pub(super) fn of(head: &Head<'_>, body: &[u8]) -> Self {
        if body.is_empty() {
            return Self::Text;
        }
        let is_marked = head.binary_mark || head.content_encodings().any(|it| !it.eq_ignore_ascii_case(b"identity"));
        // JSON cannot contain bytes that are not UTF-8, even if the Content-Type is a text type.
        if is_marked || head.content_type().is_some_and(is_binary) || !is_utf8(body) {
            Self::Base64
        } else {
            Self::Text
        }
    }
}

/// Returns whether a body is UTF-8.
fn is_utf8(body: &[u8]) -> bool {
    // simdutf8 is faster from 256 bytes on. For 40 bytes it takes 18 ns, and the standard library 4 ns.
    match body.len() {
        ..256 => str::from_utf8(body).is_ok(),
        _ => simdutf8::basic::from_utf8(body).is_ok(),
    }
}

/// Returns whether bodies of this type are always sent as base64.
fn is_binary(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|&b| b == b';' || b == b',').next().unwrap_or_default().trim_ascii();
    let starts = |prefix: &[u8]| media_type.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    let ends = |suffix: &[u8]| {
        let start = media_type.len().saturating_sub(suffix.len());
        media_type.get(start..).is_some_and(|it| it.eq_ignore_ascii_case(suffix))
    };
    // The most frequent types come first.
    if starts(b"text/") || media_type.eq_ignore_ascii_case(b"application/json") {
        return false;
    }
    if MEDIA.iter().any(|media| starts(media)) {
        return !TEXT_ENDS.iter().any(|end| ends(end));
    }
    BINARY.iter().any(|binary| media_type.eq_ignore_ascii_case(binary)) || BINARY_SUFFIXES.iter().any(|it| ends(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_and_a_long_body_are_utf8_or_not() {
        for length in [0, 1, 255, 256, 257, 100_000] {
            let ascii = "x".repeat(length);
            assert!(is_utf8(ascii.as_bytes()) && is_utf8(format!("{ascii}é").as_bytes()), "{length}");
            assert!(!is_utf8(&[ascii.as_bytes(), b"\xe9"].concat()), "{length}");
        }
    }

    #[test]
    fn types_are_recognised_in_any_case_and_with_any_parameters() {
        for textual in [
            "text/html",
            "TEXT/plain; charset=latin1",
            "application/json;charset=utf-8",
            "application/problem+json",
            "image/svg+xml",
            "audio/x-mpegurl",
            "application/vnd.apple.mpegurl",
            "application/jwt",
            "application/x-pem-file",
            "multipart/form-data; boundary=x",
            "multipart/mixed",
            "message/rfc822",
            "json",
            "application/zip2",
            "",
        ] {
            assert!(!is_binary(textual.as_bytes()), "{textual}");
        }
        for binary in [
            "image/png",
            "IMAGE/JPEG",
            "application/octet-stream",
            "Application/PDF; version=1",
            "application/zip",
            "font/woff2",
            "video/mp4",
            "application/epub+zip",
            "application/senml+CBOR",
        ] {
            assert!(is_binary(binary.as_bytes()), "{binary}");
        }
    }
}
