//! Reads any bytes as an event. The result must be an error, or an environment that the Rack SPEC allows.
#![no_main]

use lamby_core::event::{EventSource, Json};
use lamby_fuzz::{Environment, check_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|event: &[u8]| {
    let _ = EventSource::of(&Json(event));
    match Environment::read(event) {
        Ok(environment) => environment.check(),
        Err(error) => check_message(&error),
    }
});
