//! liblamby: lamby-core and lamby-runtime as a C library.
//!
//! Programs in any language can call it. The comments in this crate are also the comments of the C header,
//! include/lamby.h, which cbindgen writes. docs/c-api.md is the guide.
//!
//! Suggested reading order:
//!
//! 1. `status.rs` and `boundary.rs`: how each function reports a failure, and why no panic leaves the library.
//! 2. `slice.rs` and `block.rs`: how bytes, environments and headers cross the boundary.
//! 3. `request.rs` and `response.rs`: an event becomes an environment, and a response becomes a payload.
//! 4. `runtime.rs` and `runtime/`: the Runtime API.

#![allow(non_camel_case_types)]
// The types have their names in C.
// The comments of the functions are the comments of the C header, where every function is unsafe. The header begins
// with the rules for all pointers.
#![allow(clippy::missing_safety_doc)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod block;
mod boundary;
mod request;
mod response;
mod runtime;
mod slice;
mod status;

pub use boundary::*;
pub use request::*;
pub use response::*;
pub use runtime::*;
pub use slice::lamby_slice;
pub use status::lamby_status;
