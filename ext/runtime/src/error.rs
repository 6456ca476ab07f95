//! The errors of this crate.

use std::{fmt, io};

/// Why a call failed.
#[derive(Debug)]
pub enum Error {
    /// A signal arrived. If the caller makes the same call again, it continues where this call stopped.
    Interrupted,
    /// `AWS_LAMBDA_RUNTIME_API` is not an address.
    Address {
        /// The value of `AWS_LAMBDA_RUNTIME_API`.
        address: String,
    },
    /// The client could not connect, or the connection failed.
    Connection {
        /// The path of the request, for example `/2018-06-01/runtime/invocation/next`.
        request: String,
        /// The Runtime API's host and port, for example `127.0.0.1:9001`.
        address: String,
        /// The system's error.
        source: io::Error,
        /// Whether the caller may retry, because the request cannot have had an effect. The Runtime API may have
        /// accepted a POST that was sent whole, even if no reply arrived.
        repeatable: bool,
    },
    /// The connection failed in the middle of an event, or there was no memory for the event. Lambda has given
    /// the invocation to this client, so the caller must report an error for it.
    Truncated {
        /// The invocation's request id.
        request_id: String,
        /// The invocation's id, if Lambda sent one.
        invocation_id: Option<String>,
        /// The system's error.
        source: io::Error,
    },
    /// The connection failed during a streamed response.
    Stream {
        /// The system's error, or an error that quotes the Runtime API's response.
        source: io::Error,
    },
    /// This process was forked from the process that made the client.
    Forked,
    /// The Runtime API's response has an unexpected status.
    Status {
        /// The path of the request.
        request: String,
        /// The status code.
        status: u16,
        /// The beginning of the response's body.
        body: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted by a signal"),
            Self::Address { address } => {
                write!(f, "AWS_LAMBDA_RUNTIME_API is {address:?}, which is not an address. Lambda sets it to HOST:PORT")
            }
            Self::Connection { request, address, source, .. } => {
                write!(f, "{request}: the connection to the Runtime API at {address} failed: {source}")
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
