//! The error type of this crate. Each variant says what was wrong and where.

use std::{borrow::Cow, fmt};

use crate::event::EventSource;

/// Why Lamby could not read an event, or could not deliver a response.
///
/// The message says what was wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The event is not a JSON object.
    NotAnObject {
        /// The type of the event, such as "an array".
        found: String,
        /// The sender of the event; `None` if the event is not JSON.
        kind: Option<EventSource>,
    },
    /// A field of the event is invalid, or the event is not JSON.
    InvalidEvent {
        /// The path of the field, such as `requestContext.http.method`; empty if the error concerns the whole event.
        field: String,
        /// The problem with the field.
        reason: String,
        /// The sender of the event, if its marker fields show that it is not HTTP.
        kind: Option<EventSource>,
    },
    /// The event does not come from an HTTP integration.
    UnhandledEvent {
        /// The sender of the event, if it is known.
        kind: Option<EventSource>,
    },
    /// The application's response violates the Rack SPEC or HTTP, or the integration cannot carry it.
    InvalidResponse(String),
    /// The payload is larger than the integration accepts.
    ResponseTooLarge {
        /// Size of the payload's JSON, in bytes.
        size: usize,
        /// Largest payload that the integration accepts, in bytes.
        limit: usize,
        /// The integration's name: see [`Integration::title`](crate::Integration::title).
        integration: &'static str,
    },
    /// The body alone is larger than the integration accepts.
    BodyTooLarge {
        /// Size of the body in bytes, before it is encoded as JSON or base64.
        size: usize,
        /// Largest payload that the integration accepts, in bytes.
        limit: usize,
        /// The integration's name: see [`Integration::title`](crate::Integration::title).
        integration: &'static str,
    },
    /// Memory for an event or a response could not be allocated.
    OutOfMemory {
        /// How many bytes could not be allocated.
        bytes: usize,
    },
}

// A message quotes at most 200 characters of an event. Lambda logs error messages, and a client must not be able to
// make the log long and expensive.
/// A message keeps this many characters of a field's path, from its start and from its end. The path contains names of
/// headers and parameters, which a client chooses.
const FIELD: (usize, usize) = (50, 30);
/// A message keeps this many characters of another crate's message, from its start and from its end. The end says what
/// was expected, and where.
const REASON: (usize, usize) = (60, 100);
/// A message about a response is cut to this many characters from its start and from its end. The end says what to do.
const RESPONSE: (usize, usize) = (240, 160);
/// The `reason` of an error quotes this many characters of a value, from its start and from its end.
const VALUE: (usize, usize) = (80, 20);

impl Error {
    /// Returns an [`Error::InvalidEvent`] for a field.
    pub(crate) fn field(field: &str, reason: impl Into<String>) -> Self {
        Self::InvalidEvent { field: shortened(field, FIELD).into_owned(), reason: reason.into(), kind: None }
    }

    /// Returns an [`Error::InvalidEvent`] whose reason is another crate's message. Shortens the message, because it may
    /// quote whole values.
    pub(crate) fn foreign(field: &str, reason: &str) -> Self {
        Self::field(field, shortened(reason, REASON))
    }

    /// Adds the sender of the event to an [`Error::InvalidEvent`].
    pub(crate) fn with_kind(mut self, of: impl FnOnce() -> Option<EventSource>) -> Self {
        if let Self::InvalidEvent { kind, .. } = &mut self {
            *kind = of();
        }
        self
    }

    /// Returns the sender of the event, if the event is not HTTP and its sender is known.
    ///
    /// ```
    /// use lamby_core::event::{Event, EventSource, Json};
    ///
    /// let error = Event::read(&Json(br#"{"Records":[{"eventSource":"aws:sqs"}]}"#)).unwrap_err();
    /// assert_eq!(error.kind(), Some(EventSource::Sqs));
    /// ```
    #[must_use]
    pub const fn kind(&self) -> Option<EventSource> {
        match self {
            Self::NotAnObject { kind, .. } | Self::InvalidEvent { kind, .. } | Self::UnhandledEvent { kind } => *kind,
            _ => None,
        }
    }

    /// Shortens and quotes a value for the `reason` of an error.
    pub(crate) fn quoted(value: &[u8]) -> String {
        format!("{:?}", shortened(&String::from_utf8_lossy(value), VALUE))
    }
}

/// Returns a short text unchanged, and the first and last characters of a long one.
fn shortened(text: &str, (first, last): (usize, usize)) -> Cow<'_, str> {
    // Most texts are so short that their characters need not be counted.
    if text.len() <= first + last || text.chars().nth(first + last).is_none() {
        return Cow::Borrowed(text);
    }
    let mut characters = text.char_indices().map(|(at, _)| at);
    let head = characters.nth(first).unwrap_or_default();
    let tail = characters.rev().nth(last - 1).unwrap_or_default();
    match (text.get(..head), text.get(tail..)) {
        (Some(head), Some(tail)) => Cow::Owned(format!("{head}…{tail}")),
        _ => Cow::Borrowed(""),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject { found, .. } => write!(
                f,
                "the event is not a JSON object but {}; Lambda's HTTP integrations always send an object",
                shortened(found, REASON)
            ),
            Self::InvalidEvent { field, reason, .. } if field.is_empty() || field == "." => {
                write!(f, "the event cannot be read: {reason}")
            }
            Self::InvalidEvent { field, reason, .. } => {
                write!(f, "the event's field {field} cannot be read: {reason}")
            }
            Self::UnhandledEvent { kind } => {
                match kind.and_then(EventSource::title) {
                    Some(kind) => write!(f, "the event looks like {kind}, not like an HTTP request")?,
                    None => f.write_str("the event is not an HTTP request")?,
                }
                f.write_str(
                    " of a Function URL, API Gateway, an Application Load Balancer or VPC Lattice; \
                     it was not answered, so Lambda can retry or dead-letter it",
                )
            }
            Self::InvalidResponse(reason) => f.write_str(&shortened(reason, RESPONSE)),
            Self::ResponseTooLarge { size, limit, integration } => write!(
                f,
                "the response is {size} bytes as JSON, more than the {limit} bytes that {integration} takes; \
                 send a smaller page, compress it, or redirect to a presigned S3 URL"
            ),
            Self::BodyTooLarge { size, limit, integration } => write!(
                f,
                "the response's body is {size} bytes, more than the {limit} bytes of JSON that {integration} takes; \
                 send a smaller page, compress it, or redirect to a presigned S3 URL"
            ),
            Self::OutOfMemory { bytes } => write!(
                f,
                "failed to allocate {bytes} bytes for an event or a response; give the function more memory, or send less"
            ),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Json};

    #[test]
    fn a_short_text_stays_unchanged_and_a_long_one_keeps_both_ends() {
        for text in ["", "abc", "abcdef", "äöüßéñ"] {
            assert_eq!(shortened(text, (4, 2)), text);
        }
        assert_eq!(shortened("abcdefg", (4, 2)), "abcd…fg");
        assert_eq!(shortened("äöüßéñç", (4, 2)), "äöüß…ñç");
        assert_eq!(shortened(&"ä".repeat(1_000_000), (4, 2)), "ääää…ää");
    }

    /// Counts how often a character occurs in the message. The tests use characters that Lamby's own text never
    /// contains, so each occurrence is quoted input.
    fn quotes(error: &Error, character: char) -> usize {
        let message = error.to_string();
        message.matches(character).count()
    }

    #[test]
    fn a_message_quotes_at_most_200_characters_of_an_event() {
        let long = "Ж".repeat(1_000_000);
        let name = "Q".repeat(1_000_000);
        for event in [
            format!(r#"{{"requestContext":"{long}"}}"#),
            format!(r#"{{"requestContext":{{"http":"{long}"}}}}"#),
            format!(r#"{{"isBase64Encoded":"{long}"}}"#),
            format!(r#"{{"headers":{{"{long}":{{}}}}}}"#),
            format!(r#"{{"headers":{{"{long}":["{long}",{{}}]}}}}"#),
            format!(r#"{{"headers":"{long}"}}"#),
            format!(r#"{{"{long}":"{long}""#),
            format!(r#"{{"httpMethod":"{long}","path":"/","requestContext":{{}}}}"#),
            format!(r#"{{"httpMethod":"GET","path":"/","requestContext":{{}},"headers":{{"{name}":"a\nb"}}}}"#),
        ] {
            let request = Event::read(&Json(event.as_bytes())).and_then(crate::request::Request::from_event);
            let error = request.unwrap_err();
            assert!(matches!(error, Error::InvalidEvent { .. }), "{error:?}");
            assert!(quotes(&error, 'Ж') + quotes(&error, 'Q') <= 200 && error.to_string().len() < 800, "{error}");
        }
    }

    #[test]
    fn a_message_about_a_response_keeps_its_end() {
        let value = "Ж".repeat(1_000_000);
        let message =
            Error::InvalidResponse(format!("the application's header x has {value:?}; remove it")).to_string();
        assert!(
            message.starts_with("the application's header x has ") && message.ends_with("; remove it"),
            "{message}"
        );
        assert!(message.chars().count() <= 401, "{message}");
    }
}
