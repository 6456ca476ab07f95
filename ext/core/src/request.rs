//! Converts an event to a request: the data of a Rack environment, in one form for all integrations.

mod addresses;
mod alb;
pub mod body;
mod gateway_v1;
mod gateway_v2;
pub mod headers;
mod lattice;
pub mod path;
pub mod query;
pub mod route;

use std::borrow::Cow;

use body::Body;
use headers::Headers;

use crate::{
    Error, Integration,
    event::{Event, Text},
};

/// A request, borrowed from its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The integration that sent the event.
    pub integration: Integration,
    /// The method, such as `GET`.
    pub method: Text<'a>,
    /// A custom domain's base path, such as `/shop`, or empty.
    pub script_name: Cow<'a, [u8]>,
    /// The stage that the client's URL contains before the path, if a REST API removed it from the path.
    stage: Option<Text<'a>>,
    /// The path after the base path, percent-encoded, with a leading slash.
    pub path_info: Cow<'a, [u8]>,
    /// The query without its `?`, percent-encoded.
    pub query_string: Cow<'a, [u8]>,
    /// The protocol, such as `HTTP/1.1`.
    pub protocol: Text<'a>,
    /// The host that the client addressed, according to the integration.
    domain_name: Option<Text<'a>>,
    /// The client's address, if the integration sends it outside of the headers.
    source_ip: Option<Text<'a>>,
    /// The time at which the integration received the request, in milliseconds since the epoch.
    pub received_at: Option<u64>,
    /// The headers that reach the application.
    pub headers: Headers<'a>,
    /// The body.
    pub body: Body<'a>,
}

impl<'a> Request<'a> {
    /// Returns the request that an event describes.
    ///
    /// ```
    /// use lamby_core::{event::{Event, Json}, request::Request};
    ///
    /// let json = br#"{"httpMethod":"GET","path":"/a b","queryStringParameters":{"q":"x"},
    ///     "requestContext":{"elb":{}}}"#;
    /// let request = Request::from_event(Event::read(&Json(json))?)?;
    /// assert_eq!(*request.method, *b"GET");
    /// assert_eq!(*request.path_info, *b"/a%20b");
    /// assert_eq!(*request.query_string, *b"q=x");
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
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

    /// Makes the stage of a REST API the `script_name`, so that the application's own links contain the stage. Changes
    /// nothing if the client's URL contains no stage, as with a custom domain.
    pub fn stage_as_script_name(&mut self) {
        if let Some(stage) = self.stage.take() {
            self.script_name = [b"/", &*stage].concat().into();
        }
    }
}

/// Returns the method if it is a token, as the Rack SPEC requires.
fn method<'a>(method: Option<Text<'a>>, field: &str) -> Result<Text<'a>, Error> {
    let method = method.ok_or_else(|| Error::field(field, "it is missing"))?;
    match http::Method::from_bytes(&method) {
        Ok(_) => Ok(method),
        Err(_) => Err(Error::field(field, format!("{} is not an HTTP method", Error::quoted(&method)))),
    }
}

/// Returns the protocol if it has the form that the Rack SPEC requires of SERVER_PROTOCOL. Otherwise returns
/// `HTTP/1.1`.
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

/// Returns a time as a number; `None` if the text is not a number.
fn milliseconds(time: Option<&Text<'_>>) -> Option<u64> {
    str::from_utf8(time?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Json, work::steps};

    /// Returns a map of these names, with lists of values if `lists` is true.
    fn map(prefix: &str, names: impl Iterator<Item = usize>, lists: bool) -> serde_json::Value {
        let value =
            |name: usize| if lists { serde_json::json!([name.to_string(), "x"]) } else { name.to_string().into() };
        serde_json::Value::Object(names.map(|name| (format!("{prefix}{name}"), value(name))).collect())
    }

    #[test]
    fn the_work_is_proportional_to_the_size_of_the_event() {
        // With shift 0, both maps of headers have the same names in the same order. With shift 1, they have different
        // names. With shift 7, they have the same names in different orders.
        for shift in [0, 1, 7] {
            let work = |count: usize| {
                let names = || 0..count;
                let others = || (0..count).map(|name| if shift == 1 { name + count } else { (name + shift) % count });
                let template = names().map(|name| format!("/{{v{name}}}")).collect::<String>();
                let path = others().map(|name| format!("/{name}")).collect::<String>();
                let event = serde_json::json!({
                    "httpMethod": "GET", "resource": template, "path": path, "requestContext": {},
                    "pathParameters": map("v", names(), false),
                    "headers": map("X-", others(), false), "multiValueHeaders": map("X-", names(), true),
                    "queryStringParameters": map("", others(), false),
                    "multiValueQueryStringParameters": map("", names(), true),
                });
                let json = event.to_string();
                let event = Event::read(&Json(json.as_bytes())).unwrap();
                steps(|| Request::from_event(event).unwrap())
            };
            let (few, many) = (work(200), work(800));
            assert!(many <= 5 * few, "{few} steps, then {many}");
        }
    }
}
