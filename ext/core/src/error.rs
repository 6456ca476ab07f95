//! The one error of this crate: each variant names what was wrong and where.

use std::fmt;

use crate::event::Kind;

/// What went wrong between an event and its answer.
///
/// The message says what was wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The event is not a JSON object.
    NotAnObject {
        /// What came instead, such as "an array".
        found: String,
    },
    /// A field of the event has the wrong type, or the event is no JSON at all.
    InvalidEvent {
        /// The path of the field, such as `requestContext.http.method`; empty for the whole event.
        field: String,
        /// What was wrong with it.
        reason: String,
    },
    /// The event is not of an HTTP integration.
    UnhandledEvent {
        /// What it looks like.
        kind: Option<Kind>,
    },
    /// The application's response is not what the Rack SPEC asks for.
    InvalidResponse(String),
    /// The payload is larger than the integration takes.
    ResponseTooLarge {
        /// Size of the payload in bytes, as JSON.
        size: usize,
        /// What the integration takes, in bytes.
        limit: usize,
        /// The integration's name in AWS's documentation.
        integration: &'static str,
    },
}

impl Error {
    /// An [`Error::InvalidEvent`] for a field.
    pub(crate) fn field(field: &str, reason: impl Into<String>) -> Self {
        Self::InvalidEvent { field: field.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject { found } => write!(
                f,
                "the event is not a JSON object but {found}; Lambda's HTTP integrations always send an object"
            ),
            Self::InvalidEvent { field, reason } if field.is_empty() || field == "." => {
                write!(f, "the event cannot be read: {reason}")
            }
            Self::InvalidEvent { field, reason } => {
                write!(f, "the event's field {field} cannot be read: {reason}")
            }
            Self::UnhandledEvent { kind } => {
                match kind.and_then(Kind::title) {
                    Some(kind) => write!(f, "the event looks like {kind}, not like an HTTP request")?,
                    None => f.write_str("the event is not an HTTP request")?,
                }
                f.write_str(
                    " of a Function URL, API Gateway, an Application Load Balancer or VPC Lattice; \
                     it was not answered, so Lambda can retry or dead-letter it",
                )
            }
            Self::InvalidResponse(reason) => f.write_str(reason),
            Self::ResponseTooLarge { size, limit, integration } => write!(
                f,
                "the response is {size} bytes as JSON, more than the {limit} bytes that {integration} takes; \
                 send a smaller page, compress it, or redirect to a presigned S3 URL"
            ),
        }
    }
}

impl std::error::Error for Error {}
