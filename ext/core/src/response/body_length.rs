//! The length of the body, if it is known when the headers are written.

use super::is_bodiless;

/// Length of the body that a response sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    /// The body has this many bytes.
    Known(u64),
    /// The length is not known before the body has been read.
    Unknown,
    /// There is no body, because the request's method was HEAD or the status does not permit one.
    NoBody,
}

impl BodyLength {
    /// Returns the length of the body that is sent. `length` is the length of the application's body, if it is known.
    pub(super) fn new(status: u16, head_request: bool, length: Option<u64>) -> Self {
        match length {
            _ if head_request || is_bodiless(status) => Self::NoBody,
            Some(length) => Self::Known(length),
            None => Self::Unknown,
        }
    }
}
