//! Writes a request as the keys and values of a Rack environment.
//!
//! The Rack SPEC lists the keys and the form of their values:
//! <https://github.com/rack/rack/blob/main/SPEC.rdoc#the-environment>

use std::fmt;

use crate::request::{
    Request,
    headers::{Header, Name},
};

/// Returns the length of the longest text, in bytes.
const fn longest(mut texts: &[&str]) -> usize {
    let mut longest = 0;
    while let [text, rest @ ..] = texts {
        if text.len() > longest {
            longest = text.len();
        }
        texts = rest;
    }
    longest
}

macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)] // The tables below show the text of each variant.
        pub enum $name { $($variant,)* }

        impl $name {
            /// All variants, in the order of their declaration: `ALL[variant as usize] == variant`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            #[allow(dead_code)] // Only the type `Constant` uses it.
            fn of(bytes: &[u8]) -> Option<Self> {
                const LONGEST: usize = longest(&[$($text,)*]);
                if bytes.len() > LONGEST {
                    return None; // Most header values are too long to be a constant.
                }
                $(if bytes == $text.as_bytes() { return Some(Self::$variant); })*
                None
            }
        }
    };
}

table! {
    /// The variables of an environment that are not headers.
    Variable {
        RequestMethod "REQUEST_METHOD"
        ScriptName "SCRIPT_NAME"
        PathInfo "PATH_INFO"
        QueryString "QUERY_STRING"
        RequestUri "REQUEST_URI"
        RequestPath "REQUEST_PATH"
        ServerName "SERVER_NAME"
        ServerPort "SERVER_PORT"
        ServerProtocol "SERVER_PROTOCOL"
        UrlScheme "rack.url_scheme"
        RemoteAddr "REMOTE_ADDR"
    }
}

table! {
    /// Values that many requests have. A sink can create each of them once, and use it for all requests.
    Constant {
        Get "GET"
        Post "POST"
        Http11 "HTTP/1.1"
        Https "https"
        Http "http"
        Port443 "443"
        Port80 "80"
        Head "HEAD"
        Put "PUT"
        Patch "PATCH"
        Delete "DELETE"
        Options "OPTIONS"
        Empty ""
    }
}

/// A key of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'k> {
    /// A variable of the environment.
    Variable(Variable),
    /// A known header.
    Header(Header),
    /// Any other header, as its Rack key, such as `HTTP_X_OWN`.
    Other(&'k [u8]),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => f.write_str(variable.as_str()),
            Self::Header(header) => f.write_str(header.rack_key()),
            Self::Other(key) => String::from_utf8_lossy(key).fmt(f),
        }
    }
}

/// The value of a [`Key`], as the bytes of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'v> {
    /// A value that many requests have.
    Constant(Constant),
    /// Bytes of the request.
    Bytes(&'v [u8]),
}

impl<'v> Value<'v> {
    fn of(bytes: &'v [u8]) -> Self {
        Constant::of(bytes).map_or(Self::Bytes(bytes), Self::Constant)
    }

    /// Returns the bytes of a constant or of the request.
    #[must_use]
    pub fn as_bytes(&self) -> &'v [u8] {
        match self {
            Self::Constant(constant) => constant.as_str().as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Receives the keys and values of an environment. Each key occurs once.
pub trait Sink {
    /// Receives one key and its value.
    fn put(&mut self, key: Key<'_>, value: Value<'_>);

    /// Receives two keys that have the same value, so that the sink can store the value once.
    fn put_both(&mut self, keys: [Key<'_>; 2], value: Value<'_>) {
        for key in keys {
            self.put(key, value);
        }
    }
}

/// Writes the environment of a request, without its body.
///
/// `request_id` is the id of the invocation. It becomes `HTTP_X_REQUEST_ID`, in place of a client's `X-Request-Id`.
///
/// ```
/// use lamby_core::{env, event::{Event, Json}, request::Request};
///
/// #[derive(Default)]
/// struct Pairs(Vec<String>);
/// impl env::Sink for Pairs {
///     fn put(&mut self, key: env::Key<'_>, value: env::Value<'_>) {
///         self.0.push(format!("{key}={}", String::from_utf8_lossy(value.as_bytes())));
///     }
/// }
///
/// let event = br#"{"httpMethod":"GET","path":"/","headers":{"X-Own":"1"},"requestContext":{"elb":{}}}"#;
/// let request = Request::from_event(Event::read(&Json(event))?)?;
/// let mut pairs = Pairs::default();
/// env::write(&request, None, &mut pairs);
/// for pair in ["REQUEST_METHOD=GET", "PATH_INFO=/", "HTTP_X_OWN=1"] {
///     assert!(pairs.0.iter().any(|it| it == pair));
/// }
/// # Ok::<(), lamby_core::Error>(())
/// ```
pub fn write(request: &Request<'_>, request_id: Option<&[u8]>, sink: &mut impl Sink) {
    write_target(request, sink);
    let has_legal_host = request.has_legal_host();
    let (server_name, host) = (request.server_name(), request.headers.get(Header::Host));
    let is_shared = has_legal_host && host == Some(server_name);
    match is_shared {
        // The Host has no port, so it equals SERVER_NAME. Puma also uses one String for a Host without a port and for
        // SERVER_NAME.
        true => {
            sink.put_both([Key::Variable(Variable::ServerName), Key::Header(Header::Host)], Value::Bytes(server_name))
        }
        false => sink.put(Key::Variable(Variable::ServerName), Value::Bytes(server_name)),
    }
    let mut variable = |key, value| sink.put(Key::Variable(key), value);
    variable(Variable::RequestMethod, Value::of(&request.method));
    variable(Variable::QueryString, Value::of(&request.query_string));
    variable(Variable::ServerPort, Value::of(request.server_port()));
    variable(Variable::ServerProtocol, Value::of(&request.protocol));
    variable(Variable::UrlScheme, Value::of(request.scheme().as_bytes()));
    if let Some(remote_addr) = request.remote_addr() {
        variable(Variable::RemoteAddr, Value::Bytes(remote_addr));
    }

    // "If HTTP_VERSION is present, it must equal SERVER_PROTOCOL" (Rack SPEC).
    sink.put(Key::Header(Header::Version), Value::of(&request.protocol));
    let length = request.body.len();
    if length > 0 || request.headers.content_length {
        sink.put(Key::Header(Header::ContentLength), Value::Bytes(Decimal::of(length as u64).as_bytes()));
    }
    if let Some(request_id) = request_id {
        sink.put(Key::Header(Header::XRequestId), Value::Bytes(request_id));
    }
    if let Some(received_at) = request.received_at {
        // New Relic, Scout and Skylight read X-Request-Start in this form: `t=`, and the milliseconds since the epoch.
        let mut start = *b"t=00000000000000000000";
        let digits = Decimal::of(received_at);
        let end = 2 + digits.as_bytes().len();
        for (to, from) in start.iter_mut().skip(2).zip(digits.as_bytes()) {
            *to = *from;
        }
        sink.put(Key::Header(Header::XRequestStart), Value::Bytes(start.get(..end).unwrap_or_default()));
    }

    for field in request.headers.iter() {
        match &field.name {
            Name::Known(Header::XRequestId) if request_id.is_some() => {}
            Name::Known(Header::Host) if is_shared || !has_legal_host => {}
            Name::Known(Header::XRequestStart) if request.received_at.is_some() => {}
            // Most integrations send `https` in X-Forwarded-Proto and `443` in X-Forwarded-Port. `Value::of` makes a
            // `Constant` of both, so the sink need not create Strings for them.
            Name::Known(header) => sink.put(Key::Header(*header), Value::of(&field.value)),
            Name::Other(name) => with_rack_key(name, |key| sink.put(Key::Other(key), Value::Bytes(&field.value))),
        }
    }
}

/// Writes `SCRIPT_NAME`, `PATH_INFO`, `REQUEST_PATH` and `REQUEST_URI`.
///
/// `REQUEST_PATH`, the path without the query, and `REQUEST_URI`, the path with the query, are not in the Rack SPEC.
/// Puma sets them, so libraries read them. Puma uses one String for `PATH_INFO` and `REQUEST_PATH`.
/// <https://github.com/puma/puma/blob/v5.6.5/lib/puma/request.rb>
fn write_target(request: &Request<'_>, sink: &mut impl Sink) {
    let (script_name, path_info, query) = (&*request.script_name, &*request.path_info, &*request.query_string);
    sink.put(Key::Variable(Variable::ScriptName), Value::of(script_name));
    let (path_info_key, path_key) = (Key::Variable(Variable::PathInfo), Key::Variable(Variable::RequestPath));
    if script_name.is_empty() {
        sink.put_both([path_info_key, path_key], Value::Bytes(path_info));
    } else {
        sink.put(path_info_key, Value::Bytes(path_info));
        joined(&[script_name, path_info], |path| sink.put(path_key, Value::Bytes(path)));
    }
    let uri_key = Key::Variable(Variable::RequestUri);
    match (script_name, query) {
        (b"", b"") => sink.put(uri_key, Value::Bytes(path_info)),
        (_, b"") => joined(&[script_name, path_info], |uri| sink.put(uri_key, Value::Bytes(uri))),
        _ => joined(&[script_name, path_info, b"?", query], |uri| sink.put(uri_key, Value::Bytes(uri))),
    }
}

/// Joins the parts and passes the result to `then`. The result is on the stack unless it is longer than 256 bytes.
fn joined<R>(parts: &[&[u8]], then: impl FnOnce(&[u8]) -> R) -> R {
    let mut stack = [0; 256];
    let mut rest = stack.as_mut_slice();
    for part in parts {
        let Some((to, after)) = rest.split_at_mut_checked(part.len()) else { return then(&parts.concat()) };
        to.copy_from_slice(part);
        rest = after;
    }
    let length = parts.iter().map(|part| part.len()).sum();
    then(stack.get(..length).unwrap_or_default())
}

/// Passes a header's Rack key to `then`: `HTTP_X_OWN` for `X-Own`. The key is on the stack unless it is longer than 128
/// bytes.
fn with_rack_key<R>(name: &[u8], then: impl FnOnce(&[u8]) -> R) -> R {
    const PREFIX: &[u8] = b"HTTP_";
    let mut stack = [0; 128];
    let mut heap;
    let length = PREFIX.len() + name.len();
    let key = match stack.get_mut(..length) {
        Some(key) => key,
        None => {
            heap = vec![0; length];
            heap.as_mut_slice()
        }
    };
    for (to, from) in key.iter_mut().zip(PREFIX.iter().chain(name)) {
        *to = if *from == b'-' { b'_' } else { from.to_ascii_uppercase() };
    }
    then(key)
}

/// The decimal digits of a number. They are on the stack.
struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    fn of(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            start -= 1;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 1_583_348_638_390, u64::MAX] {
            assert_eq!(Decimal::of(number).as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn parts_of_any_length_are_joined() {
        for length in [0, 1, 254, 255, 256, 257, 10_000] {
            let long = vec![b'a'; length];
            joined(&[b"/", &long], |it| assert_eq!(it, [b"/", long.as_slice()].concat()));
            joined(&[&long, b"?", &long], |it| assert_eq!(it.len(), 2 * length + 1));
        }
    }

    #[test]
    fn a_name_of_any_length_becomes_its_rack_key() {
        with_rack_key(b"x-Own", |key| assert_eq!(key, b"HTTP_X_OWN"));
        let long = vec![b'a'; 4096];
        with_rack_key(&long, |key| assert_eq!(key.len(), 4101));
    }
}
