//! Parses any bytes as the Runtime API's response. The result must not depend on how the bytes are split.
#![no_main]

use lamby_runtime::fuzzing::{Parsed, parse};
use libfuzzer_sys::fuzz_target;

/// Longest input that is also parsed byte by byte, in bytes. The limit exists because each byte needs a system call.
const SHORT: usize = 1024;

fuzz_target!(|bytes: &[u8]| {
    // `ok` drops the error, because the error for an incomplete head may depend on how many bytes have arrived.
    let whole = parse(bytes, bytes.len()).ok();
    if bytes.len() <= SHORT {
        assert_eq!(whole, parse(bytes, 1).ok());
    }
    assert_eq!(whole, parse(bytes, 1 + bytes.len() / 3).ok());
    if let Some(Parsed { status, body, .. }) = whole {
        assert!(status < 1000);
        assert!(body.len() <= bytes.len());
    }
});
