//! The parts of HTTP/1.1 that the client needs.
//! <https://www.rfc-editor.org/rfc/rfc9112>

mod chunked;
pub(crate) mod field;
mod framing;
pub(crate) mod request_head;
pub(crate) mod response;
mod response_head;
