//! Whether a body travels as text or as base64.
//!
//! Text wherever it can: on a REST API a base64 body is decoded only for the
//! types in its `binaryMediaTypes`, and it is a third longer everywhere.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>

use super::{Encoding, Head};

/// Types beside `text/*`, `+json` and `+xml` whose bodies are text.
const TEXTUAL: [&[u8]; 13] = [
    b"application/json",
    b"application/xml",
    b"application/javascript",
    b"application/x-javascript",
    b"application/ecmascript",
    b"application/x-www-form-urlencoded",
    b"application/x-ndjson",
    b"application/graphql",
    b"application/yaml",
    b"application/x-yaml",
    b"application/toml",
    b"application/sql",
    b"multipart/form-data",
];

pub(super) fn encoding(head: &Head<'_>, body: &[u8]) -> Encoding {
    if body.is_empty() {
        return Encoding::Text;
    }
    let marked = head.binary_mark || head.content_encodings().any(|it| !it.eq_ignore_ascii_case(b"identity"));
    let textual = head.content_type().is_none_or(is_textual);
    // Bytes that are not UTF-8 have no place in JSON, whatever their label says.
    if marked || !textual || str::from_utf8(body).is_err() { Encoding::Base64 } else { Encoding::Text }
}

fn is_textual(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|&b| b == b';' || b == b',').next().unwrap_or_default().trim_ascii();
    let starts = |prefix: &[u8]| media_type.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    let ends = |suffix: &[u8]| {
        let start = media_type.len().saturating_sub(suffix.len());
        media_type.get(start..).is_some_and(|it| it.eq_ignore_ascii_case(suffix))
    };
    media_type.is_empty()
        || starts(b"text/")
        || ends(b"+json")
        || ends(b"+xml")
        || TEXTUAL.iter().any(|textual| media_type.eq_ignore_ascii_case(textual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_text_are_told_in_any_case_and_with_any_parameters() {
        for textual in [
            "text/html",
            "TEXT/plain; charset=latin1",
            "application/json;charset=utf-8",
            "application/problem+json",
            "image/svg+xml",
            "application/vnd.api+JSON; a=b",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ] {
            assert!(is_textual(textual.as_bytes()), "{textual}");
        }
        for binary in [
            "image/png",
            "application/octet-stream",
            "application/pdf",
            "application/zip",
            "font/woff2",
            "json",
            "application/jsonx",
        ] {
            assert!(!is_textual(binary.as_bytes()), "{binary}");
        }
    }
}
