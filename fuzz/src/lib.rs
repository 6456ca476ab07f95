//! What several targets share: the rules for every Rack environment and for every error message, and a parser of
//! requests.

use std::collections::BTreeMap;

use lamby_core::{
    Error,
    env::{self, Key, Sink, Value},
    event::{Event, Json},
    request::Request,
};

/// A request id as Lambda sends it.
pub const REQUEST_ID: &[u8] = b"8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// A Rack environment, with the decoded body.
#[derive(Debug, PartialEq)]
pub struct Environment {
    pairs: BTreeMap<String, Vec<u8>>,
    /// The decoded body, or the error that the decoder returned.
    pub body: Result<Vec<u8>, Error>,
}

impl Sink for Environment {
    fn put(&mut self, key: Key<'_>, value: Value<'_>) {
        let previous = self.pairs.insert(key.to_string(), value.as_bytes().to_vec());
        assert_eq!(previous, None, "{key} is set twice");
    }
}

impl Environment {
    /// Makes an environment from its pairs. Panics if a key occurs twice.
    #[must_use]
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p [u8])>, body: &[u8]) -> Self {
        let mut environment = Self { pairs: BTreeMap::new(), body: Ok(body.to_vec()) };
        for (key, value) in pairs {
            let previous = environment.pairs.insert(key.to_owned(), value.to_vec());
            assert_eq!(previous, None, "{key} is set twice");
        }
        environment
    }

    /// Reads an event as the native extension does.
    ///
    /// # Errors
    ///
    /// Returns an error of the core if it does not accept the event.
    pub fn read(event: &[u8]) -> Result<Self, Error> {
        let request = Request::from_event(Event::read(&Json(event))?)?;
        let mut environment = Self { pairs: BTreeMap::new(), body: request.body.to_vec() };
        env::write(&request, Some(REQUEST_ID), &mut environment);
        if let Ok(body) = &environment.body {
            // The core computes CONTENT_LENGTH before it decodes the body, so this assertion checks the
            // computed length.
            assert_eq!(request.body.len(), body.len(), "Content-Length is not the body's length");
        }
        Ok(environment)
    }

    /// Returns a variable's value, or an empty slice if the variable is not set.
    #[must_use]
    pub fn get(&self, key: &str) -> &[u8] {
        self.pairs.get(key).map_or(b"", Vec::as_slice)
    }

    /// Panics if the environment violates the Rack SPEC, or if a client has set a variable that only AWS may set.
    /// <https://github.com/rack/rack/blob/main/SPEC.rdoc#the-environment>
    pub fn check(&self) {
        for (key, value) in &self.pairs {
            let text = String::from_utf8_lossy(value);
            assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{key} has a line break: {text:?}");
            assert!(!key.bytes().any(|byte| byte.is_ascii_lowercase()) || key == "rack.url_scheme", "{key}");
            assert!(!key.contains('-'), "{key}");
        }
        for key in ["HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_PROXY", "HTTP_TRANSFER_ENCODING"] {
            assert!(!self.pairs.contains_key(key), "{key} is set");
        }
        assert!(
            !self.pairs.keys().any(|key| key.starts_with("HTTP_LAMBDA_RUNTIME_")),
            "a client set a header of Lambda"
        );

        let method = self.get("REQUEST_METHOD");
        assert!(http::Method::from_bytes(method).is_ok(), "REQUEST_METHOD is {method:?}");
        assert!(matches!(self.get("rack.url_scheme"), b"http" | b"https"));
        assert!(self.get("SERVER_PROTOCOL").starts_with(b"HTTP/"));
        assert_eq!(self.get("SERVER_PROTOCOL"), self.get("HTTP_VERSION"));
        assert_eq!(self.get("HTTP_X_REQUEST_ID"), REQUEST_ID);
        assert!(!self.get("SERVER_NAME").is_empty());
        for key in ["SERVER_PORT", "CONTENT_LENGTH"] {
            assert!(self.get(key).iter().all(u8::is_ascii_digit), "{key} is not a number");
        }
        let (script_name, path_info) = (self.get("SCRIPT_NAME"), self.get("PATH_INFO"));
        assert!(path_info.is_empty() || path_info.starts_with(b"/"), "PATH_INFO is {path_info:?}");
        assert!(!script_name.is_empty() || !path_info.is_empty(), "there is no path");
        // A link that begins with SCRIPT_NAME must not begin with "//", because a browser would read the next
        // part as a host.
        assert!(
            script_name.is_empty() || (script_name.starts_with(b"/") && script_name.len() > 1),
            "SCRIPT_NAME is {script_name:?}"
        );
        assert!(!script_name.starts_with(b"//"), "SCRIPT_NAME is {script_name:?}");
        for (key, value) in [("SCRIPT_NAME", script_name), ("PATH_INFO", path_info)] {
            let legal = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
            assert!(value.iter().all(legal), "{key} is {value:?}");
        }
        if let Ok(body) = &self.body
            && !body.is_empty()
        {
            assert_eq!(self.get("CONTENT_LENGTH"), body.len().to_string().as_bytes());
        }
    }
}

/// Panics if an error message quotes an unlimited part of outside input.
pub fn check_message(error: &Error) {
    check_text(&error.to_string());
}

/// Panics if a text is not an error message of limited length.
pub fn check_text(message: &str) {
    assert!(!message.is_empty());
    // A message may quote 200 characters, each as an escape of up to ten characters.
    assert!(message.chars().count() <= LONGEST_MESSAGE, "{} characters: {message}", message.chars().count());
}

const LONGEST_MESSAGE: usize = 3_000;

/// Returns the length of the request at the start of the bytes, or `None` if the request is not complete.
#[must_use]
pub fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = position(bytes, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is text");
    if text.contains("Transfer-Encoding: chunked\r\n") {
        let mut at = head;
        loop {
            let line = position(&bytes[at..], b"\r\n")?;
            let size = std::str::from_utf8(&bytes[at..at + line]).expect("a size is text");
            let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
            at += line + 2;
            if size == 0 {
                return match bytes.get(at..at + 2)? {
                    b"\r\n" => Some(at + 2),
                    _ => Some(at + position(&bytes[at..], b"\r\n\r\n")? + 4),
                };
            }
            assert_eq!(bytes.get(at + size..at + size + 2)?, b"\r\n", "a chunk has the length of its size line");
            at += size + 2;
        }
    }
    let length = text.split("Content-Length: ").nth(1).map_or(0, |rest| {
        rest.split("\r\n").next().and_then(|digits| digits.parse().ok()).expect("a length is a number")
    });
    (bytes.len() >= head + length).then_some(head + length)
}

/// Returns where `wanted` begins.
#[must_use]
pub fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
