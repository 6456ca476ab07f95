//! A Rack response in, JSON bytes or a Ruby Hash out.

use std::{borrow::Cow, hint::black_box};

use lamby_core::{
    Error as CoreError, Integration,
    response::{Encoding, Head, Payload, Prelude},
};
use magnus::{
    Error, Integer, RArray, RHash, RModule, RString, Ruby, StaticSymbol, Symbol, Value, function, prelude::*,
    r_hash::ForEach, value::LazyId,
};

use crate::{
    chunked::ChunkedDecoder,
    error::{Failure, guard},
    intern, string,
};

/// Defines `Lamby::Native.response_json`, `response_hash` and `response_prelude`.
pub fn init(_ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_singleton_method("response_json", function!(response_json, 5))?;
    native.define_singleton_method("response_prelude", function!(response_prelude, 5))?;
    native.define_singleton_method("response_hash", function!(response_hash, 5))
}

/// `Lamby::Native.response_json(integration, head_request, status, headers, body) → String`
///
/// The response as the JSON that the integration wants. The body is an Array of
/// Strings, or a String.
fn response_json(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
) -> Result<RString, Error> {
    guard(ruby, || {
        with_payload(ruby, integration, head_request, status, headers, body, |payload, _| {
            let json = payload.json()?;
            let length = json.len();
            string::utf8(ruby, length, |out| match json.write(out) {
                true => Ok::<_, Failure>(length),
                false => unreachable!("the JSON is as long as it says"),
            })
        })
    })
}

/// `Lamby::Native.response_hash(integration, head_request, status, headers, body) → Hash`
///
/// The same as a Hash with symbol keys, for callers that make the JSON themselves.
fn response_hash(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
) -> Result<RHash, Error> {
    guard(ruby, || {
        with_payload(ruby, integration, head_request, status, headers, body, |payload, only_chunk| {
            payload.check_size()?;
            to_hash(ruby, payload, only_chunk)
        })
    })
}

/// The prelude, whether a body may follow, its length, and what undoes its framing.
type Streamed = (RString, bool, Option<u64>, Option<ChunkedDecoder>);

/// `Lamby::Native.response_prelude(integration, head_request, status, headers, length)
/// → [String, has_body, content_length, decoder]`
///
/// What goes before a body that is streamed, of that many bytes, or nil where they are not
/// known; whether one may follow, and how long it has to be, or nil; what undoes its framing,
/// or nil. Nil where the integration does not stream.
fn response_prelude(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    length: Option<u64>,
) -> Result<Option<Streamed>, Error> {
    guard(ruby, || {
        let integration = known(ruby, integration)?;
        if !integration.streams() {
            return Ok(None);
        }
        let Prelude { bytes, has_body, content_length, is_chunked } =
            Prelude::new(integration, read_head(status, headers)?, head_request, length)?;
        let decoder = is_chunked.then(ChunkedDecoder::default);
        Ok(Some((ruby.str_from_slice(&bytes), has_body, content_length, decoder)))
    })
}

fn known(ruby: &Ruby, integration: StaticSymbol) -> Result<Integration, CoreError> {
    intern::integration(ruby, integration)
        .ok_or_else(|| CoreError::InvalidResponse("the integration is none that Lamby knows".to_owned()))
}

fn with_payload<T>(
    ruby: &Ruby,
    integration: StaticSymbol,
    head_request: bool,
    status: Value,
    headers: RHash,
    body: Value,
    then: impl FnOnce(&Payload<'_>, Option<RString>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let integration = known(ruby, integration)?;
    let head = read_head(status, headers)?;
    let only_chunk = only_chunk(body);
    let bytes = match only_chunk {
        // SAFETY: it stays on the stack, and no Ruby code runs that could change it.
        Some(chunk) => Cow::Borrowed(unsafe { string::bytes(chunk) }),
        None => Cow::Owned(join(body)?),
    };
    let bytes = head.content(bytes)?;
    let result = then(&Payload::new(integration, head, head_request, &bytes)?, only_chunk);
    // `bytes` may be borrowed from it.
    black_box((body, only_chunk));
    result
}

fn read_head(status: Value, headers: RHash) -> Result<Head<'static>, Failure> {
    let mut head = Head::new(read_status(status)?)?;
    let mut failure = None;
    headers.foreach(|name: Value, value: Value| {
        Ok(match push(&mut head, name, value) {
            Ok(()) => ForEach::Continue,
            Err(error) => {
                failure = Some(error);
                ForEach::Stop
            }
        })
    })?;
    failure.map_or(Ok(head), Err)
}

/// "This is an HTTP status. It must be an Integer greater than or equal to 100" (Rack 3);
/// "when parsed as integer (to_i), it must be greater than or equal to 100" (Rack 2), which lets
/// "201 Created" and 200.0 through. Puma calls `to_i` whatever the version of Rack.
fn read_status(status: Value) -> Result<i64, Failure> {
    if let Some(integer) = Integer::from_value(status) {
        return Ok(integer.to_i64().unwrap_or(i64::MAX));
    }
    if status.respond_to("to_i", false)? {
        let integer = Integer::from_value(status.funcall("to_i", ())?);
        if let Some(status) = integer.and_then(|it| it.to_i64().ok()).filter(|it| *it >= 100) {
            return Ok(status);
        }
    }
    Err(invalid("status", status, "an Integer of at least 100"))
}

/// A header: a String (Rack 2 joins values by line feeds), or an Array of them (Rack 3).
fn push(head: &mut Head<'static>, name: Value, value: Value) -> Result<(), Failure> {
    let name = match (RString::from_value(name), Symbol::from_value(name)) {
        (Some(name), _) => copy(name),
        (_, Some(name)) => Cow::Owned(name.name()?.into_owned().into_bytes()),
        _ => return Err(invalid("header name", name, "a String")),
    };
    let mut header = head.header(name);
    if let Some(value) = RString::from_value(value) {
        header.push_lines(copy(value));
    } else if let Some(values) = RArray::from_value(value) {
        for value in values {
            header.push(to_s(value)?);
        }
    } else if !value.is_nil() {
        header.push_lines(to_s(value)?);
    }
    Ok(())
}

/// Headers are short, and copies of them need no care when Ruby code runs between.
fn copy(string: RString) -> Cow<'static, [u8]> {
    // SAFETY: copied before anything else happens.
    Cow::Owned(unsafe { string::bytes(string) }.to_vec())
}

/// Sloppy applications put Integers, Symbols or URIs into headers.
fn to_s(value: Value) -> Result<Cow<'static, [u8]>, Failure> {
    match RString::from_value(value) {
        Some(string) => Ok(copy(string)),
        None => Ok(copy(value.funcall("to_s", ())?)),
    }
}

/// The body where it is one String, alone or in an Array.
fn only_chunk(body: Value) -> Option<RString> {
    match RArray::from_value(body) {
        Some(chunks) if chunks.len() == 1 => RString::from_value(chunks.entry(0).ok()?),
        Some(_) => None,
        None => RString::from_value(body),
    }
}

/// All chunks put together. They may have different encodings; on the wire they are bytes.
fn join(body: Value) -> Result<Vec<u8>, Failure> {
    let chunks = RArray::from_value(body).ok_or_else(|| invalid("body", body, "one that yields Strings"))?;
    let mut bytes = Vec::new();
    for index in 0..chunks.len() {
        let chunk: Value = chunks.entry(index as isize)?;
        match RString::from_value(chunk) {
            // SAFETY: copied before anything else happens.
            Some(chunk) => bytes.extend_from_slice(unsafe { string::bytes(chunk) }),
            None if chunk.is_nil() => {}
            None => return Err(invalid("body", chunk, "one that yields Strings")),
        }
    }
    Ok(bytes)
}

fn to_hash(ruby: &Ruby, payload: &Payload<'_>, only_chunk: Option<RString>) -> Result<RHash, Failure> {
    static STATUS_CODE: LazyId = LazyId::new("statusCode");
    static STATUS_DESCRIPTION: LazyId = LazyId::new("statusDescription");
    static HEADERS: LazyId = LazyId::new("headers");
    static MULTI_VALUE_HEADERS: LazyId = LazyId::new("multiValueHeaders");
    static COOKIES: LazyId = LazyId::new("cookies");
    static IS_BASE64_ENCODED: LazyId = LazyId::new("isBase64Encoded");
    static BODY: LazyId = LazyId::new("body");

    let text = |bytes: &[u8]| ruby.str_new(&lamby_core::response::text(bytes));
    let name = |bytes: &[u8]| intern::name(ruby, &lamby_core::response::text(bytes));
    let hash = ruby.hash_new();
    hash.aset(*STATUS_CODE, payload.status)?;
    if let Some(description) = &payload.description {
        hash.aset(*STATUS_DESCRIPTION, description.as_str())?;
    }
    let headers = &payload.headers;
    if headers.sends_single() {
        let pairs = headers.single.iter().map(|(_, spelling, value)| (name(spelling), text(value)));
        hash.aset(*HEADERS, ruby.hash_from_iter(pairs))?;
    }
    if headers.sends_multi() {
        let values = |values: &[Cow<'_, [u8]>]| ruby.ary_from_iter(values.iter().map(|value| text(value)));
        let pairs = headers.multi.iter().map(|(_, spelling, all)| (name(spelling), values(all)));
        hash.aset(*MULTI_VALUE_HEADERS, ruby.hash_from_iter(pairs))?;
    }
    if !headers.cookies.is_empty() {
        hash.aset(*COOKIES, ruby.ary_from_iter(headers.cookies.iter().map(|cookie| text(cookie))))?;
    }
    hash.aset(*IS_BASE64_ENCODED, payload.encoding == Encoding::Base64)?;
    let body = match only_chunk {
        // Megabytes of text are not copied: Ruby's strings share their bytes until one is changed.
        Some(chunk) if is_as_it_is(ruby, payload, chunk) => RString::new_shared(chunk),
        _ => {
            let length = payload.encoded_body_length();
            string::utf8(ruby, length, |out| match payload.write_body(out) {
                true => Ok::<_, Failure>(length),
                false => unreachable!("the body is as long as it says"),
            })?
        }
    };
    body.enc_associate(ruby.utf8_encindex())?;
    hash.aset(*BODY, body)?;
    Ok(hash)
}

/// Whether the chunk is what goes out: the whole text, and a String of no class of its own.
fn is_as_it_is(ruby: &Ruby, payload: &Payload<'_>, chunk: RString) -> bool {
    payload.encoding == Encoding::Text
        && payload.body.len() == chunk.len()
        && chunk.class().equal(ruby.class_string()).unwrap_or(false)
}

/// The characters of an object that a message shows, at most.
const SHOWN: usize = 200;

/// What `inspect` raises passes through: it may be a timeout, or the end of the process.
fn invalid(what: &str, value: Value, wanted: &str) -> Failure {
    let inspected = match value.funcall::<_, _, Value>("inspect", ()) {
        Ok(inspected) => RString::from_value(inspected)
            .map_or_else(String::new, |it| String::from_utf8_lossy(&copy(it)).into_owned()),
        Err(error) => return error.into(),
    };
    let shown: String = inspected.chars().take(SHOWN).collect();
    // SAFETY: the name is copied before anything else happens.
    let class = unsafe { value.classname() };
    CoreError::InvalidResponse(format!("the application's {what} is {shown} ({class}); Rack wants {wanted}")).into()
}
