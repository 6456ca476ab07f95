//! An event as a request: what a Rack environment asks for, whoever sent it.

mod alb;
mod gateway_v1;
mod gateway_v2;
mod lattice;

use std::borrow::Cow;

use crate::{
    Error, Integration,
    body::Body,
    event::{Event, Payload, Text, Values},
    header::{Header, Headers},
    path::{self, Route},
};

/// A request, borrowed from its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// Who sent it.
    pub integration: Integration,
    /// Such as `GET`.
    pub method: Text<'a>,
    /// A custom domain's base path, such as `/shop`, or nothing.
    pub script_name: Cow<'a, [u8]>,
    /// The path behind it, percent-encoded, with a leading slash.
    pub path_info: Cow<'a, [u8]>,
    /// The query without its `?`, percent-encoded.
    pub query_string: Cow<'a, [u8]>,
    /// Such as `HTTP/1.1`.
    pub protocol: Text<'a>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The host that the client addressed, never empty.
    pub server_name: Text<'a>,
    /// Its port, digits.
    pub server_port: Text<'a>,
    /// The client's address, where the integration tells it.
    pub remote_addr: Option<Text<'a>>,
    /// When the integration received it, in milliseconds of the epoch.
    pub received_at: Option<u64>,
    /// The headers that reach the application.
    pub headers: Headers<'a>,
    /// The body.
    pub body: Body<'a>,
}

impl<'a> Request<'a> {
    /// The request that an event stands for.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`], which names the field.
    pub fn from_event((integration, event): (Integration, Event<'a>)) -> Result<Self, Error> {
        match integration {
            Integration::FunctionUrl | Integration::HttpApiV2 => gateway_v2::read(integration, event),
            Integration::HttpApiV1 | Integration::RestApi => gateway_v1::read(integration, event),
            Integration::Alb | Integration::AlbMultiValue => alb::read(integration, event),
            Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => lattice::read(integration, event),
        }
    }
}

/// The method, which must be a token for Rack.
fn method<'a>(method: Option<Text<'a>>, field: &str) -> Result<Text<'a>, Error> {
    let method = method.ok_or_else(|| Error::field(field, "it is missing"))?;
    match http::Method::from_bytes(&method) {
        Ok(_) => Ok(method),
        Err(_) => Err(Error::field(field, format!("{:?} is not an HTTP method", String::from_utf8_lossy(&method)))),
    }
}

/// Such as `HTTP/1.1`, as the Rack SPEC wants SERVER_PROTOCOL.
fn protocol(protocol: Option<Text<'_>>) -> Text<'_> {
    let is_http = |text: &Text<'_>| {
        matches!(
            &**text,
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9']
                | [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']
        )
    };
    protocol.filter(is_http).unwrap_or(Text(Cow::Borrowed(b"HTTP/1.1")))
}

/// Headers of the multi-value map first, then those that only the other has:
/// either map may miss what the other has.
fn headers<'a>(single: Values<'a>, multi: Values<'a>) -> Result<Headers<'a>, Error> {
    let mut headers = Headers::with_capacity(single.0.len().max(multi.0.len()));
    for (name, value) in multi {
        if let Some(value) = value {
            headers.push(name, value)?;
        }
    }
    let known = headers.len();
    for (name, value) in single {
        if let Some(value) = value
            && !headers.has_among_first(known, &name)
        {
            headers.push(name, value)?;
        }
    }
    Ok(headers)
}

/// The path of an event cut into `SCRIPT_NAME` and `PATH_INFO`, escapes restored.
fn split_owned<'a>(path: Text<'a>, route: &Route<'_>) -> (Cow<'a, [u8]>, Cow<'a, [u8]>) {
    // The text lives either in the event, and is borrowed on, or in this function.
    let (script_name, path_info) = match &path.0 {
        Cow::Borrowed(path) => {
            let (script_name, path_info) = path::split(path, route);
            (Cow::Borrowed(script_name), path::restore(path_info))
        }
        Cow::Owned(path) => {
            let (script_name, path_info) = path::split(path, route);
            (Cow::Owned(script_name.to_vec()), Cow::Owned(path::restore(path_info).into_owned()))
        }
    };
    match &*script_name {
        b"" => (Cow::Borrowed(b""), path_info),
        _ => (Cow::Owned(path::restore(&script_name).into_owned()), path_info),
    }
}

/// The body, by the event's own flag.
fn body(body: Option<Payload<'_>>, is_base64_encoded: bool) -> Body<'_> {
    match body {
        None => Body::default(),
        Some(Payload(bytes)) if is_base64_encoded => Body::Base64(bytes),
        Some(Payload(bytes)) => Body::Text(bytes),
    }
}

/// What the client addressed, and how.
struct Origin<'a> {
    scheme: &'static str,
    server_name: Text<'a>,
    server_port: Text<'a>,
}

impl<'a> Origin<'a> {
    /// From the headers that the integration sets itself, then from Host, then
    /// from what is known of the integration.
    fn read(headers: &Headers<'a>, domain_name: Option<Text<'a>>, default_scheme: &'static str) -> Self {
        let scheme = match last_entry(headers.get(Header::XForwardedProto).unwrap_or_default()) {
            b"https" | b"HTTPS" => "https",
            b"http" | b"HTTP" => "http",
            _ => default_scheme,
        };
        let (host, host_port) = split_port(headers.get(Header::Host).unwrap_or_default());
        let forwarded_port = last_entry(headers.get(Header::XForwardedPort).unwrap_or_default());
        let server_port: Cow<'a, [u8]> = match (forwarded_port, host_port, scheme) {
            (b"443", ..) => Cow::Borrowed(b"443"),
            (b"80", ..) => Cow::Borrowed(b"80"),
            (port, ..) | (_, port, _) if is_port(port) => Cow::Owned(port.to_vec()),
            (.., "https") => Cow::Borrowed(b"443"),
            _ => Cow::Borrowed(b"80"),
        };
        let server_name = match (is_host(host), domain_name) {
            (true, _) => Text(Cow::Owned(host.to_vec())),
            (false, Some(domain_name)) if is_host(&domain_name) => domain_name,
            // A load balancer's health check has no Host, and Rack wants a name.
            _ => Text(Cow::Borrowed(b"localhost")),
        };
        Self { scheme, server_name, server_port: Text(server_port) }
    }
}

/// The last entry of a list is the one that the nearest proxy wrote.
fn last_entry(list: &[u8]) -> &[u8] {
    list.rsplit(|&b| b == b',').next().unwrap_or_default().trim_ascii()
}

/// A host and its port, either of them empty where there is none.
fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    let bracket = host.iter().rposition(|&b| b == b']');
    match host.iter().rposition(|&b| b == b':') {
        Some(colon) if bracket.is_none_or(|bracket| bracket < colon) => {
            let (name, port) = host.split_at_checked(colon).unwrap_or((host, b""));
            (name, port.strip_prefix(b":").unwrap_or_default())
        }
        _ => (host, b""),
    }
}

fn is_port(port: &[u8]) -> bool {
    (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
}

/// What Rack takes for a SERVER_NAME: an authority's host.
fn is_host(host: &[u8]) -> bool {
    !host.is_empty() && http::uri::Authority::try_from(host).is_ok_and(|authority| authority.host().len() == host.len())
}

/// The last entry of X-Forwarded-For, which the integration itself appends; the
/// ones before it are what the client says. With client port preservation it
/// carries a port.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html>
fn forwarded_for<'a>(headers: &Headers<'a>) -> Option<Text<'a>> {
    let entry = last_entry(headers.get(Header::XForwardedFor)?);
    let is_plain_ipv6 = entry.iter().filter(|&&b| b == b':').count() > 1 && entry.first() != Some(&b'[');
    let address = if is_plain_ipv6 { entry } else { split_port(entry).0 };
    let address = address.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]")).unwrap_or(address);
    (!address.is_empty()).then(|| Text(Cow::Owned(address.to_vec())))
}

/// Milliseconds of the epoch.
fn milliseconds(time: Option<&Text<'_>>) -> Option<u64> {
    str::from_utf8(time?).ok()?.parse().ok()
}
