//! One struct for all HTTP events. It borrows from the event's bytes. Lamby reads the event in a single pass: it does
//! not try one type for each integration, but recognises the integration by marker fields.

mod fields;
mod non_http;
mod reader;
mod source;

use serde::Deserialize;

pub use fields::{Flag, Lookup, RawBody, Text, Values};
pub use non_http::EventSource;
pub use source::{Json, Source, diagnose};

use crate::{Error, Integration, memory};

/// The fields that HTTP integrations send. All are optional, because test events of the Lambda console and local tools
/// may leave out any of them, or set them to null.
///
/// Other fields of the event are skipped. In the comments below, HTTP API 1.0 is an HTTP API with payload format
/// version 1.0, and HTTP API 2.0 is one with version 2.0.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Event<'a> {
    /// Payload format version. HTTP APIs send "1.0" or "2.0". Function URLs and Lattice v2 send "2.0".
    pub version: Option<Text<'a>>,
    /// ARN of the method. Only Lambda authorizers of REST and WebSocket APIs get it.
    pub method_arn: Option<Text<'a>>,
    /// ARN of the route. Only Lambda authorizers of HTTP APIs get it.
    pub route_arn: Option<Text<'a>>,
    /// Method, sent by REST APIs, HTTP APIs 1.0 and ALBs.
    pub http_method: Option<Text<'a>>,
    /// Method, sent by VPC Lattice.
    pub method: Option<Text<'a>>,
    /// Path, sent by REST APIs, HTTP APIs 1.0, ALBs and Lattice v2.
    pub path: Option<Text<'a>>,
    /// Path, sent by Function URLs and HTTP APIs 2.0.
    pub raw_path: Option<Text<'a>>,
    /// Path and query, sent by Lattice v1.
    #[serde(rename = "raw_path")]
    pub lattice_raw_path: Option<Text<'a>>,
    /// Query as the client sent it. Function URLs and HTTP APIs 2.0 send this field.
    pub raw_query_string: Option<Text<'a>>,
    /// Route template, such as `/orders/{id}`, sent by REST APIs and HTTP APIs 1.0.
    pub resource: Option<Text<'a>>,
    /// Method and route template, such as `GET /orders/{id}`, sent by HTTP APIs 2.0.
    pub route_key: Option<Text<'a>>,
    /// Values of the variables in the route template.
    pub path_parameters: Values<'a>,
    /// Cookies of the request, sent by Function URLs and HTTP APIs 2.0.
    pub cookies: Values<'a>,
    /// Headers, one value for each name. Lattice v2 sends a list of values for each name.
    pub headers: Values<'a>,
    /// Headers, with all values of each name.
    pub multi_value_headers: Option<Values<'a>>,
    /// Query parameters, one value for each name. Lattice v2 sends a list of values for each name.
    pub query_string_parameters: Values<'a>,
    /// Query parameters, with all values of each name.
    pub multi_value_query_string_parameters: Values<'a>,
    /// Query parameters, sent by Lattice v1.
    #[serde(rename = "query_string_parameters")]
    pub lattice_query_string_parameters: Values<'a>,
    /// The information that the integration adds to the client's request.
    pub request_context: Option<RequestContext<'a>>,
    /// The body, as base64 or text.
    pub body: Option<RawBody<'a>>,
    /// Whether [`body`](Self::body) is base64.
    pub is_base64_encoded: Flag,
    /// Whether [`body`](Self::body) is base64, sent by Lattice v1.
    #[serde(rename = "is_base64_encoded")]
    pub lattice_is_base64_encoded: Flag,
}

/// The fields of `requestContext` that Lamby reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct RequestContext<'a> {
    /// Method, path, protocol and client, sent by Function URLs and HTTP APIs 2.0.
    pub http: Option<Http<'a>>,
    /// The client, sent by REST APIs and HTTP APIs 1.0.
    pub identity: Option<Identity<'a>>,
    /// The target group, sent by ALBs.
    pub elb: Option<serde::de::IgnoredAny>,
    /// ARN of the service network, sent by Lattice v2.
    pub service_network_arn: Option<Text<'a>>,
    /// Id of the connection, sent by WebSocket APIs.
    pub connection_id: Option<Text<'a>>,
    /// The same method as in [`Event::http_method`], sent by REST APIs and HTTP APIs 1.0.
    pub http_method: Option<Text<'a>>,
    /// Path. REST APIs send it with the stage or the base path. HTTP APIs 1.0 send the stage, followed by the path that
    /// the API received.
    pub path: Option<Text<'a>>,
    /// Stage of the API; `$default` for an HTTP API without a named stage.
    pub stage: Option<Text<'a>>,
    /// Host that the client addressed.
    pub domain_name: Option<Text<'a>>,
    /// Protocol, such as "HTTP/1.1", sent by REST APIs and HTTP APIs 1.0.
    pub protocol: Option<Text<'a>>,
    /// Time of the request in milliseconds since the epoch. Lattice sends microseconds.
    pub time_epoch: Option<Text<'a>>,
    /// Time of the request in milliseconds since the epoch, sent by REST APIs and HTTP APIs 1.0.
    pub request_time_epoch: Option<Text<'a>>,
}

/// `requestContext.http` of payload format version 2.0.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Http<'a> {
    /// Method.
    pub method: Option<Text<'a>>,
    /// Path with the custom domain's base path, decoded.
    pub path: Option<Text<'a>>,
    /// Protocol, such as "HTTP/1.1".
    pub protocol: Option<Text<'a>>,
    /// The client's address.
    pub source_ip: Option<Text<'a>>,
}

/// `requestContext.identity` of REST APIs and payload format version 1.0.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Identity<'a> {
    /// The client's address.
    pub source_ip: Option<Text<'a>>,
}

impl<'a> Event<'a> {
    /// Reads an event in one pass over its source.
    ///
    /// ```
    /// use lamby_core::{Integration, event::{Event, Json}};
    ///
    /// let json = br#"{"version":"2.0","rawPath":"/orders","requestContext":{"http":{"method":"GET"}}}"#;
    /// let (integration, event) = Event::read(&Json(json))?;
    /// assert_eq!(integration, Integration::HttpApiV2);
    /// assert_eq!(event.raw_path.as_deref(), Some(&b"/orders"[..]));
    /// # Ok::<(), lamby_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::NotAnObject`] if the event is not a JSON object
    /// - [`Error::InvalidEvent`] if a field is invalid; the error names the field
    /// - [`Error::UnhandledEvent`] if the event does not come from an HTTP integration
    /// - [`Error::OutOfMemory`] if there is not enough memory
    pub fn read<S: Source<'a>>(source: &S) -> Result<(Integration, Self), Error> {
        let event: Self = source.read().map_err(|error| error.with_kind(|| EventSource::of(source)))?;
        // Later code joins, escapes and indexes headers and parameters, and would abort the process if memory ran out.
        // So Lamby first checks that it can allocate eight times the size of the event without its body, which is
        // enough for that code.
        let body = event.body.as_ref().map_or(0, |RawBody(body)| body.len());
        memory::check(source.size().saturating_sub(body), 8)?;
        match event.integration() {
            Some(integration) => Ok((integration, event)),
            // Lamby searches for the sender only if the event is not an HTTP request, so the search costs no time
            // for HTTP requests.
            None => Err(Error::UnhandledEvent { kind: EventSource::of(source) }),
        }
    }

    /// Returns the integration. Recognises it by the fields that no other integration sends.
    fn integration(&self) -> Option<Integration> {
        // A Lambda authorizer's event contains the whole request to authorize, so it looks like an HTTP event.
        if self.method_arn.is_some() || self.route_arn.is_some() {
            return None;
        }
        let version = self.version.as_deref();
        let Some(context) = &self.request_context else {
            return match (&self.lattice_raw_path, &self.method) {
                (Some(_), Some(_)) => Some(Integration::VpcLatticeV1),
                _ => self.gateway_v1(version),
            };
        };
        if context.connection_id.is_some() {
            None // A WebSocket API's event is not an HTTP request, not even at $connect.
        } else if context.http.is_some() {
            let host = context.domain_name.as_deref().unwrap_or_default();
            Some(if is_function_url(host) { Integration::FunctionUrl } else { Integration::HttpApiV2 })
        } else if context.elb.is_some() {
            Some(match self.multi_value_headers {
                Some(_) => Integration::AlbMultiValue,
                None => Integration::Alb,
            })
        } else if context.service_network_arn.is_some() {
            Some(Integration::VpcLatticeV2)
        } else if self.lattice_raw_path.is_some() && self.method.is_some() {
            Some(Integration::VpcLatticeV1)
        } else {
            self.gateway_v1(version)
        }
    }

    fn gateway_v1(&self, version: Option<&[u8]>) -> Option<Integration> {
        self.http_method.as_ref()?;
        // A Bedrock agent's event also has an httpMethod, but neither a path nor a request context.
        if self.path.is_none() && self.request_context.is_none() {
            return None;
        }
        // HTTP APIs send their payload format version, but REST APIs do not.
        Some(if version == Some(b"1.0") { Integration::HttpApiV1 } else { Integration::RestApi })
    }
}

/// Returns whether the domain name is a Function URL's: `<url-id>.lambda-url.<region>.on.aws`.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
fn is_function_url(domain_name: &[u8]) -> bool {
    domain_name.split(|&b| b == b'.').nth(1) == Some(b"lambda-url")
}
