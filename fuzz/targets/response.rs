//! Converts a Rack response to a payload. The parsed payload must have the same status, headers and body.
#![no_main]

use arbitrary::Arbitrary;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use lamby_core::{
    Integration,
    response::{Head, Payload, Prelude},
};
use lamby_fuzz::check_message;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

#[derive(Debug, Arbitrary)]
struct Response<'a> {
    integration: u8,
    status: Status,
    head_request: bool,
    headers: Vec<(Name<'a>, &'a [u8])>,
    /// The body consists of this many copies of the bytes, because some rules apply only to bodies of 256 KB or more.
    copies: Copies,
    body: &'a [u8],
    framing: Framing,
}

/// Whether the application itself sends the body in chunks (`Transfer-Encoding: chunked`).
#[derive(Debug, Arbitrary, PartialEq)]
enum Framing {
    Not,
    Chunked,
    /// The header says that the body is in chunks, but the body may be any bytes.
    Claimed,
}

#[derive(Debug, Arbitrary)]
enum Status {
    Usual(u8),
    Any(i64),
}

#[derive(Debug, Arbitrary)]
enum Copies {
    One,
    Many(u16),
}

#[derive(Debug, Arbitrary)]
enum Name<'a> {
    Known(u8),
    Any(&'a [u8]),
}

const KNOWN: [&str; 14] = [
    "content-type",
    "Content-Type",
    "content-length",
    "content-encoding",
    "content-transfer-encoding",
    "set-cookie",
    "Set-Cookie",
    "x-own",
    "X-Own",
    "x-other",
    "etag",
    "connection",
    "x-lamby-base64",
    "rack.hijack",
];
const STATUSES: [i64; 12] = [200, 201, 204, 206, 301, 304, 404, 418, 500, 100, 103, 999];
/// Maximum size of a body, in bytes. Larger bodies take too long to fuzz, and other tests check Lambda's limits.
const LARGEST_BODY: usize = 700 * 1024;

impl Status {
    fn number(&self) -> i64 {
        match self {
            Self::Usual(number) => STATUSES[usize::from(*number) % STATUSES.len()],
            Self::Any(status) => *status,
        }
    }
}

impl Name<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Known(number) => KNOWN[usize::from(*number) % KNOWN.len()].as_bytes(),
            Self::Any(name) => name,
        }
    }
}

impl Response<'_> {
    fn integration(&self) -> Integration {
        Integration::ALL[usize::from(self.integration) % Integration::ALL.len()]
    }

    /// Returns the head and its headers; `None` if the status is invalid.
    fn head(&self) -> Option<(Head<'_>, Vec<(&[u8], &[u8])>)> {
        let status = self.status.number();
        let mut head = match Head::new(status) {
            Ok(head) => head,
            Err(error) => {
                assert!(!(100..=999).contains(&status), "{error}");
                return None;
            }
        };
        assert!((100..=999).contains(&status), "{status} was accepted");
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            if name.bytes().eq_ignore_ascii_case(b"transfer-encoding") {
                continue; // The code below adds this header if `self.framing` requires it.
            }
            head.header(name.bytes().into()).push_lines((*value).into());
            headers.push((name.bytes(), *value));
        }
        if self.framing != Framing::Not {
            head.push(b"transfer-encoding".into(), b"chunked".into());
        }
        Some((head, headers))
    }

    /// Returns the body in the form in which the application sends it: in chunks, or unchanged.
    fn framed(&self, body: &[u8]) -> Vec<u8> {
        if self.framing != Framing::Chunked {
            return body.to_vec();
        }
        let size = 1 + usize::from(self.integration) * 100;
        let mut framed = Vec::new();
        for chunk in body.chunks(size) {
            framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            framed.extend_from_slice(chunk);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(b"0\r\n\r\n");
        framed
    }

    /// Checks headers that have one value. Every integration must deliver them unchanged.
    fn check_headers(&self, headers: &[(&[u8], &[u8])], payload: &Value) {
        for (name, value) in headers {
            let same = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).count();
            let is_own = name.eq_ignore_ascii_case(b"x-own") || name.eq_ignore_ascii_case(b"x-other");
            if same > 1 || !is_own || value.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
                continue;
            }
            let name = String::from_utf8_lossy(name);
            let value = lamby_core::response::text(value).expect("there is memory");
            let single = payload["headers"][&*name].as_str();
            let multi = payload["multiValueHeaders"][&*name][0].as_str();
            assert_eq!(single.or(multi), Some(&*value), "{name} in {payload}");
        }
        let mut strings = Vec::new();
        collect_strings(&payload["headers"], &mut strings);
        collect_strings(&payload["multiValueHeaders"], &mut strings);
        collect_strings(&payload["cookies"], &mut strings);
        for text in strings {
            assert!(!text.contains(['\r', '\n', '\0']), "{text:?} has a line break or a NUL");
        }
    }
}

fn collect_strings<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect_strings(value, into)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            into.push(name);
            collect_strings(value, into);
        }),
        _ => {}
    }
}

fn check_prelude(response: &Response<'_>, head: Head<'_>) {
    let status = response.status.number();
    match Prelude::new(response.integration(), head, response.head_request, None) {
        Ok(prelude) => {
            let Some((json, rest)) =
                prelude.bytes.iter().position(|byte| *byte == 0).map(|at| prelude.bytes.split_at(at))
            else {
                panic!("the prelude has no delimiter");
            };
            assert_eq!(rest, [0; 8]);
            let json: Value = serde_json::from_slice(json).expect("the prelude is JSON");
            assert_eq!(json["statusCode"], status);
            assert!(!prelude.has_body || !response.head_request);
        }
        Err(error) => check_message(&error),
    }
}

fuzz_target!(|response: Response<'_>| -> Corpus {
    let copies = match response.copies {
        Copies::One => 1,
        Copies::Many(copies) => usize::from(copies),
    };
    if response.body.len() * copies > LARGEST_BODY {
        return Corpus::Reject;
    }
    let body = response.body.repeat(copies);
    let Some((head, headers)) = response.head() else { return Corpus::Keep };
    check_prelude(&response, head.clone());
    let framed = response.framed(&body);
    let unframed = head.content(&framed).expect("there is memory");
    let content = unframed.as_deref().unwrap_or(&framed);
    match response.framing {
        Framing::Claimed => assert!(content.len() <= body.len()),
        _ => assert!(content == body, "the body has changed after its chunks were decoded"),
    }
    let too_large =
        Payload::check_body_length(response.integration(), &head, response.head_request, content.len()).is_err();
    let payload = match Payload::new(response.integration(), head, response.head_request, content) {
        Ok(payload) => payload,
        Err(error) => {
            check_message(&error);
            return Corpus::Keep;
        }
    };
    let json = match payload.json() {
        Ok(json) => json.to_vec(content).expect("the JSON is as long as it says"),
        Err(error) => {
            assert_eq!(payload.check_size(), Err(error));
            return Corpus::Keep;
        }
    };
    assert_eq!(payload.check_size(), Ok(()));
    assert!(!too_large, "the body was refused as too large");

    let parsed: Value = serde_json::from_slice(&json).expect("a payload is JSON");
    let status = response.status.number();
    assert_eq!(parsed["statusCode"], status);
    response.check_headers(&headers, &parsed);
    let bodiless = matches!(status, 100..=199 | 204 | 304) || response.head_request;
    let expected: &[u8] = if bodiless { b"" } else { content };
    let text = parsed["body"].as_str().expect("a body is a string");
    let mut written = Vec::new();
    payload.write_body(content, &mut written).expect("the body is as long as it says");
    assert_eq!(written.len(), payload.encoded_body_length());
    assert_eq!(written, text.as_bytes());
    let found = match parsed["isBase64Encoded"].as_bool() {
        Some(true) => BASE64.decode(text).expect("a body is base64 when it is marked"),
        _ => text.as_bytes().to_vec(),
    };
    assert!(found == expected, "the body has changed");
    // Lamby's simulator must send the same body to the client.
    if let Ok(simulated) = lamby_simulator::response(response.integration(), &json) {
        assert!(simulated.body == expected);
    }
    Corpus::Keep
});
