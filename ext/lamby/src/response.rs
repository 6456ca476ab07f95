//! Converts Rack responses to payloads: JSON or a Ruby Hash.

mod body;
mod head;

use lamby_core::{
    Error as CoreError, Integration,
    response::{Payload, Prelude},
};
use magnus::{
    Error, RArray, RHash, RModule, RString, Ruby, StaticSymbol, Value, function, prelude::*, rb_sys::AsRawValue as _,
};

pub use self::body::Body;
use self::head::Copies;
use crate::{
    chunked::ChunkedDecoder,
    describe::describe,
    error::{NativeError, guard},
    hash_sink, intern, protected, string,
};

/// Defines `Lamby::Native.describe`, `response_json`, `response_hash` and `response_prelude`.
pub fn init(_ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_singleton_method("describe", function!(describe_object, 1))?;
    native.define_singleton_method("response_json", function!(response_json, 5))?;
    native.define_singleton_method("response_prelude", function!(response_prelude, 5))?;
    native.define_singleton_method("response_hash", function!(response_hash, 5))
}

/// `Lamby::Native.describe(object) → String`
///
/// Describes a part of a response for an error message, such as `5 (Integer)`.
fn describe_object(ruby: &Ruby, object: Value) -> Result<RString, Error> {
    guard(ruby, || Ok(string::utf8(ruby, describe(ruby, object)?.as_bytes())?))
}

/// `Lamby::Native.response_json(integration, head_request, status, headers, body) → String`
///
/// Returns the payload as JSON. The body is a String or an Array of Strings.
fn response_json(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
) -> Result<RString, Error> {
    guard(ruby, || {
        let response = RackResponse { integration, head_request, status, headers, body };
        let mut copies = Copies::new()?;
        let (payload, body) = response.payload(ruby, &mut copies)?;
        let json = payload.json()?;
        string::utf8_of(ruby, json.len(), |string| body.lend(|bytes| json.write(bytes, &mut string.writer())))
    })
}

/// `Lamby::Native.response_hash(integration, head_request, status, headers, body) → Hash`
///
/// Returns the payload as a Hash with symbol keys, for callers that make the JSON themselves. The body is a String or
/// an Array of Strings.
fn response_hash(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
) -> Result<RHash, Error> {
    guard(ruby, || {
        let response = RackResponse { integration, head_request, status, headers, body };
        let mut copies = Copies::new()?;
        let (payload, body) = response.payload(ruby, &mut copies)?;
        payload.check_size()?;
        hash_sink::to_hash(ruby, &payload, &body)
    })
}

/// `Lamby::Native.response_prelude(integration, head_request, status, headers, length)
/// → [String, has_body, content_length, decoder]`
///
/// Prepares a response with a streamed body of `length` bytes (nil if the length is not known). Returns nil if the
/// integration does not accept a stream. The Array contains the bytes to send before the body, whether a body may
/// follow, the required length of the body (or nil), and the decoder for a body with `Transfer-Encoding: chunked` (or
/// nil).
fn response_prelude(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    length: Option<u64>,
) -> Result<Option<RArray>, Error> {
    guard(ruby, || {
        let integration = known(ruby, integration)?;
        if !integration.streams() {
            return Ok(None);
        }
        let mut copies = Copies::new()?;
        let Prelude { bytes, has_body, content_length, is_chunked } =
            Prelude::new(integration, head::read(ruby, status, headers, &mut copies)?, head_request, length)?;
        let prelude = string::binary(ruby, &bytes)?.as_raw();
        drop((copies, bytes)); // The next calls may raise by `longjmp`, which would leak these bytes.
        let decoder = if is_chunked { ruby.obj_wrap(ChunkedDecoder::default()).as_raw() } else { protected::NIL };
        Ok(Some(protected::array(|| {
            let content_length = content_length.map_or(protected::NIL, protected::integer);
            [prelude, protected::boolean(has_body), content_length, decoder]
        })?))
    })
}

/// Returns the integration that a Symbol names, or an error if there is no such integration.
fn known(ruby: &Ruby, integration: StaticSymbol) -> Result<Integration, CoreError> {
    intern::integration(ruby, integration)
        .ok_or_else(|| CoreError::InvalidResponse("Lamby does not know the integration".to_owned()))
}

/// A response that an application returned, and what Lamby needs to know about its request.
struct RackResponse {
    integration: StaticSymbol,
    /// Whether the request's method was HEAD.
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
}

impl RackResponse {
    /// Makes the payload, and returns it with the body, which the payload's methods need as an argument.
    fn payload<'c>(self, ruby: &Ruby, copies: &'c mut Copies) -> Result<(Payload<'c>, Body), NativeError> {
        let integration = known(ruby, self.integration)?;
        let head_request = self.head_request;
        // The head is read first, because reading it may call the application. Afterwards nothing calls the
        // application, so the body cannot change any more.
        let head = head::read(ruby, self.status, self.headers, copies)?;
        let check = |length| Payload::check_body_length(integration, &head, head_request, length);
        let body = Body::new(ruby, self.body, check)?.without_frames(&head)?;
        let payload = body.lend(|bytes| Payload::new(integration, head, head_request, bytes))?;
        Ok((payload, body))
    }
}

/// Returns the error for a part of a response that violates the Rack SPEC.
fn invalid(ruby: &Ruby, what: &str, value: Value, wanted: &str) -> NativeError {
    match describe(ruby, value) {
        Ok(description) => {
            CoreError::InvalidResponse(format!("the application's {what} is {description}; Rack wants {wanted}")).into()
        }
        Err(raised) => raised.into(),
    }
}
