//! The one error of this crate.

use std::{fmt, io};

/// Why the Runtime API was not reached, or not understood.
#[derive(Debug)]
pub enum Error {
    /// A signal came. The same call, made again, goes on where this one stopped.
    Interrupted,
    /// `AWS_LAMBDA_RUNTIME_API` is not an address.
    Address {
        /// What it is.
        address: String,
    },
    /// The connection could not be made, or broke.
    Connection {
        /// What was under way, such as `GET /2018-06-01/runtime/invocation/next`.
        request: String,
        /// Whom it was for, such as `127.0.0.1:9001`.
        address: String,
        /// What the system says.
        source: io::Error,
        /// Whether the request certainly had no effect, so that it may be made again.
        /// A POST that went out whole may have been taken, whatever came back.
        repeatable: bool,
    },
    /// The connection broke in the middle of an event, or there was no memory for it: the
    /// invocation is this client's, and what it was about is lost.
    Truncated {
        /// Of the invocation.
        request_id: String,
        /// Of the invocation, where Lambda gave one.
        invocation_id: Option<String>,
        /// What the system says.
        source: io::Error,
    },
    /// The connection broke while an answer went out piece by piece.
    Stream {
        /// What the system says, or the Runtime API.
        source: io::Error,
    },
    /// This process was forked from the one that made the client.
    Forked,
    /// `/next` was answered with another status than 200.
    Status {
        /// What was asked.
        request: String,
        /// The status code.
        status: u16,
        /// What was said beside it.
        body: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted by a signal"),
            Self::Address { address } => {
                write!(
                    f,
                    "{address:?} is not the address of a Runtime API, which is HOST:PORT; AWS_LAMBDA_RUNTIME_API has it"
                )
            }
            Self::Connection { request, address, source, .. } => {
                write!(f, "{request}: the Runtime API at {address} could not be asked: {source}")
            }
            Self::Truncated { request_id, source, .. } => {
                write!(f, "the event of invocation {request_id} did not arrive whole: {source}")
            }
            Self::Forked => f.write_str(
                "this process was forked from the one that runs the invocation, and only that one may respond to it",
            ),
            Self::Stream { source } => write!(f, "the response's stream was closed by the other side: {source}"),
            Self::Status { request, status, body } => write!(f, "{request}: the Runtime API answered {status}: {body}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection { source, .. } | Self::Truncated { source, .. } | Self::Stream { source } => Some(source),
            _ => None,
        }
    }
}
