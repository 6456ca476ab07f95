//! Any bytes as the Runtime API's response: the parser must come to the same result, however the
//! bytes are split.
#![no_main]

use lamby_runtime::fuzzing::{Parsed, parse};
use libfuzzer_sys::fuzz_target;

/// Byte by byte takes a system call for each.
const SHORT: usize = 1024;

fuzz_target!(|bytes: &[u8]| {
    // Which error it is may depend on how much of an unfinished head is there.
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
