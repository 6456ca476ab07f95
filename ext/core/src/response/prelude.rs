//! The part of a streamed response before the body: status, headers and a delimiter.

use super::{Head, body_length::BodyLength, json};
use crate::{Error, Integration};

/// "The delimiter must be within the first 16 KB of the stream".
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>
const LIMIT: usize = 16 * 1024;

/// Separates the prelude's JSON from the body.
const DELIMITER: [u8; 8] = [0; 8];

/// Status and headers as JSON, and the delimiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prelude {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// Whether a body may follow. It is false for HEAD, 1xx, 204 and 304.
    pub has_body: bool,
    /// The length that the body must have, in bytes, if a header states the length.
    pub content_length: Option<u64>,
    /// Whether the application says that the body is in chunks. [`ChunkedBody`](super::ChunkedBody) decodes the
    /// chunks.
    pub is_chunked: bool,
}

impl Prelude {
    /// Makes the prelude of a response whose body is `body_length` bytes long, or of unknown length.
    ///
    /// ```
    /// use lamby_core::{Integration, response::{Head, Prelude}};
    ///
    /// let prelude = Prelude::new(Integration::FunctionUrl, Head::new(204)?, false, None)?;
    /// assert_eq!(prelude.bytes, b"{\"statusCode\":204,\"headers\":{}}\0\0\0\0\0\0\0\0");
    /// assert!(!prelude.has_body);
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the integration's format cannot carry the headers, or they need more than 16 KB;
    /// [`Error::OutOfMemory`].
    pub fn new(
        integration: Integration,
        head: Head<'_>,
        head_request: bool,
        body_length: Option<u64>,
    ) -> Result<Self, Error> {
        let status = head.status;
        let is_chunked = head.chunked;
        // The length of a body in chunks includes the framing, so the length of its content is not known.
        let length = BodyLength::new(status, head_request, body_length.filter(|_| !is_chunked));
        let content_length = match length {
            BodyLength::Known(length) => head.declared_length().filter(|it| *it == length),
            BodyLength::Unknown => head.declared_length(),
            BodyLength::NoBody => None,
        };
        let headers = head.into_headers(integration, length)?;
        // JSON escapes NUL, so the delimiter cannot occur within the JSON.
        let mut bytes = json::head(status, &headers)?;
        bytes.extend_from_slice(&DELIMITER);
        if bytes.len() > LIMIT {
            return Err(Error::InvalidResponse(format!(
                "the application's headers take {} bytes, more than the {LIMIT} that a streamed response may have; \
                 send less, most likely fewer or smaller cookies",
                bytes.len()
            )));
        }
        Ok(Self { bytes, has_body: length != BodyLength::NoBody, content_length, is_chunked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: i64, fields: &[(&'static str, &'static str)]) -> Head<'static> {
        let mut head = Head::new(status).unwrap();
        for (name, value) in fields {
            head.push(name.as_bytes().into(), value.as_bytes().into());
        }
        head
    }

    fn bytes(integration: Integration, head: Head<'_>) -> String {
        String::from_utf8(Prelude::new(integration, head, false, None).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_prelude_has_status_headers_and_cookies_as_the_integration_reads_them_and_eight_nuls() {
        let fields = [("Content-Type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=\"2\"")];
        assert_eq!(
            bytes(Integration::FunctionUrl, head(200, &fields)),
            "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"text/plain\"},\"cookies\":[\"a=1\",\"b=\\\"2\\\"\"]}\0\0\0\0\0\0\0\0"
        );
        assert_eq!(
            bytes(Integration::RestApi, head(404, &fields)),
            "{\"statusCode\":404,\"headers\":{\"Content-Type\":\"text/plain\"},\
             \"multiValueHeaders\":{\"set-cookie\":[\"a=1\",\"b=\\\"2\\\"\"]}}\0\0\0\0\0\0\0\0"
        );
        assert_eq!(
            bytes(Integration::FunctionUrl, head(204, &[])),
            "{\"statusCode\":204,\"headers\":{}}\0\0\0\0\0\0\0\0"
        );
    }

    #[test]
    fn a_content_length_is_sent_unless_it_is_known_to_be_wrong() {
        let length = |head_request, known, declared: &'static str| {
            let head = head(200, &[("content-length", declared)]);
            let prelude = Prelude::new(Integration::FunctionUrl, head, head_request, known).unwrap();
            (String::from_utf8(prelude.bytes).unwrap().contains("content-length"), prelude.content_length)
        };
        assert_eq!(length(false, Some(5), "5"), (true, Some(5)));
        assert_eq!(length(false, None, "5"), (true, Some(5)));
        assert_eq!(length(false, Some(5), "6"), (false, None));
        assert_eq!(length(false, None, "many"), (false, None));
        assert_eq!(length(true, None, "5"), (true, None));
    }

    #[test]
    fn a_content_length_is_dropped_if_there_is_a_transfer_encoding() {
        for (head_request, known) in [(false, None), (false, Some(15)), (true, None)] {
            let head = head(200, &[("Transfer-Encoding", "chunked"), ("Content-Length", "15")]);
            let prelude = Prelude::new(Integration::FunctionUrl, head, head_request, known).unwrap();
            assert!(prelude.is_chunked);
            assert_eq!(prelude.content_length, None);
            assert!(prelude.bytes.starts_with(b"{\"statusCode\":200,\"headers\":{}}"));
        }
    }

    #[test]
    fn responses_to_head_and_with_204_or_304_have_no_body() {
        let has_body = |status, head_request| {
            Prelude::new(Integration::FunctionUrl, head(status, &[]), head_request, None).unwrap().has_body
        };
        assert!(has_body(200, false) && has_body(500, false));
        assert!(!has_body(200, true) && !has_body(204, false) && !has_body(304, false));
    }

    #[test]
    fn a_prelude_has_at_most_16_kb() {
        let fields = |length: usize| {
            let mut head = head(200, &[]);
            head.push(b"a".into(), vec![b'x'; length].into());
            Prelude::new(Integration::FunctionUrl, head, false, None)
        };
        let rest = "{\"statusCode\":200,\"headers\":{\"a\":\"\"}}".len() + 8;
        assert_eq!(fields(LIMIT - rest).unwrap().bytes.len(), LIMIT);
        let error = fields(LIMIT - rest + 1).unwrap_err().to_string();
        assert!(error.contains("16385 bytes, more than the 16384 that"), "{error}");
    }
}
