//! Converts Rack responses to payloads: JSON or a Ruby Hash.

use std::borrow::Cow;

use lamby_core::{
    Error as CoreError, Integration, memory,
    response::{Encoding, Head, Payload, Prelude},
};
use magnus::{
    Error, Integer, RArray, RHash, RModule, RString, Ruby, StaticSymbol, Symbol, Value, function, prelude::*,
    r_hash::ForEach, rb_sys::AsRawValue as _,
};
use rb_sys::VALUE;

use crate::{
    chunked::ChunkedDecoder,
    describe::describe,
    error::{Failure, guard},
    intern::{self, PayloadKey},
    protected,
    string::{self, NewString},
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
        let (payload, body) = payload(ruby, integration, head_request, status, headers, body)?;
        let json = payload.json()?;
        let mut string = NewString::utf8(json.len())?;
        let written = body.lend(|bytes| json.write(bytes, &mut string.writer()));
        assert!(written && string.is_full(), "the JSON does not have the length that was computed");
        Ok(string.finish(ruby))
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
        let (payload, body) = payload(ruby, integration, head_request, status, headers, body)?;
        payload.check_size()?;
        to_hash(ruby, payload, &body)
    })
}

/// `Lamby::Native.response_prelude(integration, head_request, status, headers, length)
/// → [String, has_body, content_length, decoder]`
///
/// Returns what is sent before a streamed body of `length` bytes (nil if it is not known), or nil if the integration
/// does not stream. The Array has the bytes to send, whether a body may follow, the length that it must have (or
/// nil), and the decoder for a body in chunks (or nil).
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
        let Prelude { bytes, has_body, content_length, is_chunked } =
            Prelude::new(integration, read_head(ruby, status, headers)?, head_request, length)?;
        let prelude = string::binary(ruby, &bytes)?.as_raw();
        drop(bytes); // The next calls may raise by `longjmp`, which would leak them.
        let decoder = if is_chunked { ruby.obj_wrap(ChunkedDecoder::default()).as_raw() } else { protected::NIL };
        Ok(Some(protected::array(|| {
            let content_length = content_length.map_or(protected::NIL, protected::integer);
            [prelude, protected::boolean(has_body), content_length, decoder]
        })?))
    })
}

fn known(ruby: &Ruby, integration: StaticSymbol) -> Result<Integration, CoreError> {
    intern::integration(ruby, integration)
        .ok_or_else(|| CoreError::InvalidResponse("Lamby does not know the integration".to_owned()))
}

/// Makes the payload, and returns it with the body that must be passed to its methods.
fn payload(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
) -> Result<(Payload<'static>, Body), Failure> {
    let integration = known(ruby, integration)?;
    // The head comes first, because reading it may call the application. Nothing after it does, so the body cannot
    // change any more.
    let head = read_head(ruby, status, headers)?;
    let body = Body::new(ruby, body, |length| Payload::check_body_length(integration, &head, head_request, length))?;
    let body = body.without_frames(&head)?;
    let payload = body.lend(|bytes| Payload::new(integration, head, head_request, bytes))?;
    Ok((payload, body))
}

fn read_head(ruby: &Ruby, status: Value, headers: RHash) -> Result<Head<'static>, Failure> {
    let mut head = Head::new(read_status(ruby, status)?)?;
    let mut copier = Copier::default();
    let mut failure = None;
    headers.foreach(|name: Value, value: Value| {
        Ok(match push(ruby, &mut head, &mut copier, name, value) {
            Ok(()) => ForEach::Continue,
            Err(error) => {
                failure = Some(error);
                ForEach::Stop
            }
        })
    })?;
    failure.map_or(Ok(head), Err)
}

/// Reads the status: "This is an HTTP status. It must be an Integer greater than or equal to 100" (Rack 3);
/// "when parsed as integer (to_i), it must be greater than or equal to 100" (Rack 2), which permits "201 Created" and
/// 200.0. Puma calls `to_i` whatever the version of Rack.
fn read_status(ruby: &Ruby, status: Value) -> Result<i64, Failure> {
    if let Some(integer) = Integer::from_value(status) {
        return Ok(integer.to_i64().unwrap_or(i64::MAX));
    }
    if status.respond_to("to_i", false)? {
        let integer = Integer::from_value(status.funcall("to_i", ())?);
        if let Some(status) = integer.and_then(|it| it.to_i64().ok()).filter(|it| *it >= 100) {
            return Ok(status);
        }
    }
    Err(invalid(ruby, "status", status, "an Integer of at least 100"))
}

/// Adds a header to the head. Its value is a String, in which Rack 2 joins values by line feeds, or an Array of
/// Strings (Rack 3).
fn push(ruby: &Ruby, head: &mut Head<'static>, copier: &mut Copier, name: Value, value: Value) -> Result<(), Failure> {
    let name = match (RString::from_value(name), Symbol::from_value(name)) {
        (Some(name), _) => copier.copy(name)?,
        (_, Some(name)) => Cow::Owned(name.name()?.into_owned().into_bytes()),
        _ => return Err(invalid(ruby, "header name", name, "a String")),
    };
    let mut header = head.header(name);
    if let Some(value) = RString::from_value(value) {
        header.push_lines(copier.copy(value)?);
    } else if let Some(values) = RArray::from_value(value) {
        // By index, because `to_s` may change the Array, and magnus' iterator would copy it.
        let mut index = 0;
        while index < values.len() {
            header.push(copier.copy_to_s(values.entry(index as isize)?)?);
            index += 1;
        }
    } else if !value.is_nil() {
        header.push_lines(copier.copy_to_s(value)?);
    }
    Ok(())
}

/// Copies names and values. Headers are short, and Ruby code that runs meanwhile cannot change copies.
#[derive(Default)]
struct Copier {
    /// Number of bytes that were copied.
    bytes: usize,
    /// Number of bytes for which there was enough memory.
    checked: usize,
}

impl Copier {
    fn copy(&mut self, string: RString) -> Result<Cow<'static, [u8]>, Failure> {
        self.bytes = self.bytes.saturating_add(string.len());
        if self.bytes > self.checked {
            // The copies will be split into lines, joined, grouped and escaped.
            self.checked = self.bytes.saturating_mul(2);
            memory::check(self.checked, 8)?;
        }
        Ok(Cow::Owned(string::lend(string, memory::copy)?))
    }

    /// Copies a value's `to_s`, because some applications put Integers, Symbols or URIs into headers.
    fn copy_to_s(&mut self, value: Value) -> Result<Cow<'static, [u8]>, Failure> {
        match RString::from_value(value) {
            Some(string) => self.copy(string),
            None => self.copy(value.funcall("to_s", ())?),
        }
    }
}

/// A response's body.
enum Body {
    /// One String. It is not copied, because it may have megabytes.
    Lent(RString),
    /// The bytes of several Strings, joined.
    Joined(Vec<u8>),
}

impl Body {
    /// Reads a String, or an Array of Strings. Calls `check` with the total length of several before it joins
    /// them.
    fn new(ruby: &Ruby, body: Value, check: impl FnOnce(usize) -> Result<(), CoreError>) -> Result<Self, Failure> {
        if let Some(string) = RString::from_value(body) {
            return Ok(Self::Lent(string));
        }
        let invalid = |chunk| invalid(ruby, "body", chunk, "one that yields Strings");
        let Some(chunks) = RArray::from_value(body) else { return Err(invalid(body)) };
        let mut length = 0_usize;
        for index in 0..chunks.len() {
            let chunk: Value = chunks.entry(index as isize)?;
            match RString::from_value(chunk) {
                Some(only) if chunks.len() == 1 => return Ok(Self::Lent(only)),
                // All of them may be the same String, so the sum may be larger than any memory.
                Some(chunk) => length = length.saturating_add(chunk.len()),
                None if chunk.is_nil() => {}
                None => return Err(invalid(chunk)),
            }
        }
        check(length)?;
        // The Strings may have different encodings. Only their bytes are sent.
        let mut bytes = memory::with_capacity(length)?;
        for index in 0..chunks.len() {
            if let Some(chunk) = RString::from_value(chunks.entry(index as isize)?) {
                string::lend(chunk, |chunk| memory::extend(&mut bytes, chunk))?;
            }
        }
        Ok(Self::Joined(bytes))
    }

    /// Removes the framing of a body that the application sent in chunks.
    fn without_frames(self, head: &Head<'_>) -> Result<Self, Failure> {
        let content = self.lend(|bytes| head.content(bytes))?;
        Ok(content.map_or(self, Self::Joined))
    }

    fn lend<R: Send>(&self, read: impl FnOnce(&[u8]) -> R + Send) -> R {
        match self {
            Self::Lent(string) => string::lend(*string, read),
            Self::Joined(bytes) => read(bytes),
        }
    }

    /// Returns the String itself if it can be used without a copy, which a subclass's cannot. Compares
    /// classes by identity, because the application may define `==`.
    fn string(&self, ruby: &Ruby) -> Option<RString> {
        match self {
            Self::Lent(string) if string.class().as_raw() == ruby.class_string().as_raw() => Some(*string),
            _ => None,
        }
    }
}

fn to_hash(ruby: &Ruby, mut payload: Payload<'static>, body: &Body) -> Result<RHash, Failure> {
    let headers = &mut payload.headers;
    let single = headers.single.iter_mut().map(|(.., value)| value);
    let multi = headers.multi.iter_mut().flat_map(|(.., values)| values);
    for value in single.chain(multi).chain(&mut headers.cookies) {
        if let Cow::Owned(text) = lamby_core::response::text(value)? {
            *value = Cow::Owned(text.into_bytes());
        }
    }
    let body = match body.string(ruby) {
        // Megabytes of text are not copied, because Ruby's strings share their bytes until one of them changes.
        Some(string) if payload.sends_verbatim(string.len()) => protected::shared(string)?,
        _ => {
            let mut string = NewString::utf8(payload.encoded_body_length())?;
            let written = body.lend(|bytes| payload.write_body(bytes, &mut string.writer()));
            assert!(written && string.is_full(), "the body does not have the length that was computed");
            string.finish(ruby)
        }
    };
    Ok(protected::hash(|hash| {
        let set = |key, value| protected::set(hash, intern::payload_key(ruby, key), value);
        set(PayloadKey::StatusCode, protected::integer(payload.status.into()));
        if let Some(description) = &payload.description {
            set(PayloadKey::StatusDescription, protected::utf8(description.as_bytes()));
        }
        let headers = &payload.headers;
        if headers.sends_single() {
            let map = protected::new_hash();
            for (_, spelling, value) in &headers.single {
                protected::set(map, intern::utf8(spelling), protected::utf8(value));
            }
            set(PayloadKey::Headers, map);
        }
        if headers.sends_multi() {
            let map = protected::new_hash();
            for (_, spelling, values) in &headers.multi {
                protected::set(map, intern::utf8(spelling), strings(values));
            }
            set(PayloadKey::MultiValueHeaders, map);
        }
        if !headers.cookies.is_empty() {
            set(PayloadKey::Cookies, strings(&headers.cookies));
        }
        set(PayloadKey::IsBase64Encoded, protected::boolean(payload.encoding == Encoding::Base64));
        set(PayloadKey::Body, body.as_raw());
    })?)
}

/// Makes an Array of UTF-8 Strings. Call it only under `rb_protect`.
fn strings(values: &[Cow<'_, [u8]>]) -> VALUE {
    let array = protected::new_array(values.len());
    for value in values {
        protected::push(array, protected::utf8(value));
    }
    array
}

fn invalid(ruby: &Ruby, what: &str, value: Value, wanted: &str) -> Failure {
    match describe(ruby, value) {
        Ok(description) => {
            CoreError::InvalidResponse(format!("the application's {what} is {description}; Rack wants {wanted}")).into()
        }
        Err(raised) => raised.into(),
    }
}
