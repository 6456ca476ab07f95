//! Makes the event that an integration would send for an HTTP request.

use std::collections::HashMap;

use aws_lambda_events::{
    alb::AlbTargetGroupRequest,
    apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest},
    lambda_function_urls::LambdaFunctionUrlRequest,
    vpc_lattice::{VpcLatticeRequestV1, VpcLatticeRequestV2},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use serde::Serialize;
use serde_json::{Value, json};

use lamby_core::{Error, Integration, percent_encoding};

/// Information that an integration adds to a client's request.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The client's address.
    pub source_ip: &'a str,
    /// Time of the request, in milliseconds since 1970.
    pub time_epoch: i64,
}

/// Returns the event as JSON.
///
/// # Errors
///
/// [`Error::InvalidEvent`] if a header's value is not text, because an event cannot contain it.
pub fn event(integration: Integration, request: &Request<Vec<u8>>, client: &Client<'_>) -> Result<Vec<u8>, Error> {
    let parts = Parts::new(integration, request, client);
    let value = match integration {
        Integration::FunctionUrl => parts.function_url(),
        Integration::HttpApiV2 => parts.http_api_v2(),
        Integration::HttpApiV1 | Integration::RestApi => parts.gateway_v1(integration),
        Integration::Alb | Integration::AlbMultiValue => parts.alb(integration),
        Integration::VpcLatticeV1 => parts.vpc_lattice_v1(),
        Integration::VpcLatticeV2 => parts.vpc_lattice_v2(),
    };
    value.and_then(|value| serde_json::to_vec(&value)).map_err(|error| Error::InvalidEvent {
        field: "headers".to_owned(),
        reason: format!("this request cannot be written as an event: {error}"),
        kind: None,
    })
}

/// The account id that AWS's documentation uses in its examples.
const ACCOUNT_ID: &str = "123456789012";
/// The host that an event gets if the request does not name one.
const HOST: &str = "localhost";

struct Parts<'r> {
    request: &'r Request<Vec<u8>>,
    client: &'r Client<'r>,
    /// The client's headers, and the headers that the integration adds.
    headers: HeaderMap,
    host: String,
    body: Option<String>,
    is_base64_encoded: bool,
}

impl<'r> Parts<'r> {
    fn new(integration: Integration, request: &'r Request<Vec<u8>>, client: &'r Client<'r>) -> Self {
        let uri = request.uri();
        let mut headers = request.headers().clone();
        let host = match (headers.get(header::HOST), uri.authority()) {
            (Some(host), _) => String::from_utf8_lossy(host.as_bytes()).into_owned(),
            (None, Some(authority)) => authority.as_str().to_owned(),
            (None, None) => HOST.to_owned(),
        };
        // A proxy appends the address that it sees, so the client's own value comes first.
        let claims = texts(&headers, &HeaderName::from_static("x-forwarded-for"));
        let addresses = [claims, vec![client.source_ip.to_owned()]].concat().join(", ");
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        let scheme = uri.scheme_str().unwrap_or("https");
        let default_port = if scheme == "https" { 443 } else { 80 };
        set("host", &host);
        set("x-forwarded-for", &addresses);
        let (proto, port) = match integration {
            // https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html
            Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => ("x-forwarded-for-proto", "x-forwarded-for-port"),
            _ => ("x-forwarded-proto", "x-forwarded-port"),
        };
        set(proto, scheme);
        set(port, &uri.port_u16().unwrap_or(default_port).to_string());
        if !request.body().is_empty() {
            set("content-length", &request.body().len().to_string());
        }
        // Every integration sends a body of text unchanged, and all other bodies as base64.
        let text = str::from_utf8(request.body()).ok().filter(|_| !is_binary(request.headers()));
        Self {
            request,
            client,
            headers,
            host,
            body: match text {
                Some("") => None,
                Some(text) => Some(text.to_owned()),
                None => Some(BASE64.encode(request.body())),
            },
            is_base64_encoded: text.is_none(),
        }
    }

    fn path(&self) -> String {
        match self.request.uri().path() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        }
    }

    fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }

    /// Returns the query's parameters, either decoded or as the client sent them.
    fn parameters(&self, decoded: bool) -> HashMap<String, Vec<String>> {
        let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
        for pair in self.query().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |part: &str| if decoded { decode(&part.replace('+', " ")) } else { part.to_owned() };
            parameters.entry(text(name)).or_default().push(text(value));
        }
        parameters
    }

    /// Returns the headers and the cookies in the form of payload format version 2.0, which joins all values of a
    /// header.
    fn combined_headers(&self, with_cookies: bool) -> (HeaderMap, Option<Vec<String>>) {
        let mut combined = HeaderMap::new();
        for name in self.headers.keys().filter(|name| with_cookies || *name != header::COOKIE) {
            let values: Vec<&[u8]> = self.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
            let separator: &[u8] = if *name == header::COOKIE { b"; " } else { b"," };
            if let Ok(value) = HeaderValue::from_bytes(&values.join(separator)) {
                combined.insert(name.clone(), value);
            }
        }
        let cookies = self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let cookies: Vec<String> = cookies.flat_map(|line| line.split("; ")).map(str::to_owned).collect();
        (combined, (!cookies.is_empty()).then_some(cookies))
    }

    fn function_url(self) -> serde_json::Result<Value> {
        let mut event = LambdaFunctionUrlRequest::default();
        let (headers, cookies) = self.combined_headers(true);
        event.version = Some("2.0".to_owned());
        event.raw_path = Some(self.path());
        event.raw_query_string = Some(self.query().to_owned());
        event.query_string_parameters =
            self.parameters(true).into_iter().map(|(name, values)| (name, values.join(","))).collect();
        event.headers = headers;
        event.cookies = cookies;
        let context = &mut event.request_context;
        context.account_id = Some("anonymous".to_owned());
        context.apiid = Some(HOST.to_owned());
        context.domain_name = Some(format!("{HOST}.lambda-url.us-east-1.on.aws"));
        context.domain_prefix = Some(HOST.to_owned());
        context.time_epoch = self.client.time_epoch;
        context.http.method = Some(self.request.method().to_string());
        context.http.path = Some(decode(&self.path()));
        context.http.protocol = Some("HTTP/1.1".to_owned());
        context.http.source_ip = Some(self.client.source_ip.to_owned());
        event.body = self.body;
        event.is_base64_encoded = self.is_base64_encoded;
        with(&event, &[("routeKey", json!("$default"))], &[])
    }

    fn http_api_v2(self) -> serde_json::Result<Value> {
        let mut event = ApiGatewayV2httpRequest::default();
        let (headers, cookies) = self.combined_headers(false);
        event.version = Some("2.0".to_owned());
        event.route_key = Some("$default".to_owned());
        event.raw_path = Some(decode(&self.path()));
        event.raw_query_string = Some(self.query().to_owned());
        event.query_string_parameters = self.parameters(true).into();
        event.headers = headers;
        event.cookies = cookies;
        let context = &mut event.request_context;
        context.route_key = Some("$default".to_owned());
        context.account_id = Some(ACCOUNT_ID.to_owned());
        context.stage = Some("$default".to_owned());
        context.domain_name = Some(self.host.clone());
        context.time_epoch = self.client.time_epoch;
        context.http.method = self.request.method().clone();
        context.http.path = Some(decode(&self.path()));
        context.http.protocol = Some("HTTP/1.1".to_owned());
        context.http.source_ip = Some(self.client.source_ip.to_owned());
        event.body = self.body;
        event.is_base64_encoded = self.is_base64_encoded;
        // aws_lambda_events uses this type for authorizer events too, so the type has the fields `httpMethod`, `type`
        // and `methodArn`. The simulator removes these fields, because the event of a request does not have them.
        with(&event, &[], &["httpMethod", "type", "methodArn"])
    }

    fn gateway_v1(self, integration: Integration) -> serde_json::Result<Value> {
        let mut event = ApiGatewayProxyRequest::default();
        let http_api = integration == Integration::HttpApiV1;
        event.resource = Some(if http_api { "$default" } else { "/{proxy+}" }.to_owned());
        event.path = Some(if http_api { decode(&self.path()) } else { self.path() });
        event.http_method = self.request.method().clone();
        event.query_string_parameters = self.parameters(true).into();
        event.multi_value_query_string_parameters = self.parameters(true).into();
        if !http_api {
            event.path_parameters.insert("proxy".to_owned(), decode(self.path().strip_prefix('/').unwrap_or_default()));
        }
        let context = &mut event.request_context;
        context.account_id = Some(ACCOUNT_ID.to_owned());
        context.stage = Some(if http_api { "$default" } else { "prod" }.to_owned());
        context.domain_name = Some(self.host.clone());
        context.protocol = Some("HTTP/1.1".to_owned());
        context.http_method = self.request.method().clone();
        context.path = Some(if http_api { self.path() } else { format!("/prod{}", self.path()) });
        context.request_time_epoch = self.client.time_epoch;
        context.identity.source_ip = Some(self.client.source_ip.to_owned());
        event.body = self.body;
        event.is_base64_encoded = self.is_base64_encoded;
        event.multi_value_headers = self.headers.clone();
        event.headers = self.headers;
        match http_api {
            true => with(&event, &[("version", json!("1.0"))], &[]),
            false => with(&event, &[], &[]),
        }
    }

    fn alb(self, integration: Integration) -> serde_json::Result<Value> {
        let mut event = AlbTargetGroupRequest::default();
        event.http_method = self.request.method().clone();
        event.path = Some(self.path());
        event.request_context.elb.target_group_arn = Some(format!(
            "arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT_ID}:targetgroup/my-target-group/6d0ecf831eec9f09"
        ));
        event.body = Some(self.body.clone().unwrap_or_default());
        event.is_base64_encoded = self.is_base64_encoded;
        let last = |values: Vec<String>| values.into_iter().next_back().unwrap_or_default();
        if integration == Integration::AlbMultiValue {
            event.multi_value_query_string_parameters = self.parameters(false).into();
            event.multi_value_headers = self.headers;
            with(&event, &[], &["headers", "queryStringParameters"])
        } else {
            // A load balancer without multi-value headers sends only the last value of each name. The simulator does
            // the same with headers. It keeps all values of query parameters, so that users of `lamby invoke` do not
            // lose values without knowing why.
            let parameters: HashMap<_, _> = self
                .parameters(false)
                .into_iter()
                .map(|(name, values)| (name.clone(), values.join(&format!("&{name}="))))
                .collect();
            let headers: HashMap<String, String> =
                self.headers.keys().map(|name| (name.to_string(), last(texts(&self.headers, name)))).collect();
            let fields = [("queryStringParameters", json!(parameters)), ("headers", json!(headers))];
            with(&event, &fields, &["multiValueHeaders", "multiValueQueryStringParameters"])
        }
    }

    fn vpc_lattice_v1(self) -> serde_json::Result<Value> {
        let mut event = VpcLatticeRequestV1::default();
        event.raw_path = Some(self.path_and_query());
        event.method = Some(self.request.method().clone());
        // aws_lambda_events would leave out the values that are not ASCII.
        let (headers, _) = self.combined_headers(true);
        let headers: HashMap<_, _> =
            headers.keys().map(|name| (name.as_str(), texts(&headers, name).concat())).collect();
        event.query_string_parameters = self.parameters(true).into();
        event.is_base64_encoded = self.is_base64_encoded;
        let fields = [("headers", json!(headers)), ("body", json!(self.body.unwrap_or_default()))];
        with(&event, &fields, &[])
    }

    fn vpc_lattice_v2(self) -> serde_json::Result<Value> {
        let mut event = VpcLatticeRequestV2::default();
        let arn = |resource: &str| format!("arn:aws:vpc-lattice:us-east-1:{ACCOUNT_ID}:{resource}");
        event.version = "2.0".to_owned();
        event.path = Some(self.path_and_query());
        event.method = Some(self.request.method().clone());
        event.query_string_parameters = self.parameters(true).into();
        event.request_context.service_network_arn = arn("servicenetwork/sn-0bf3f2882e9cc805a");
        event.request_context.service_arn = arn("service/svc-0a40eebed65f8d69c");
        event.request_context.target_group_arn = arn("targetgroup/tg-6d0ecf831eec9f09");
        event.request_context.region = "us-east-1".to_owned();
        event.request_context.time_epoch = (self.client.time_epoch * 1000).to_string();
        event.body = self.body;
        event.is_base64_encoded = self.is_base64_encoded;
        event.headers = self.headers;
        with(&event, &[], &[])
    }

    fn path_and_query(&self) -> String {
        match self.query() {
            "" => self.path(),
            query => format!("{}?{query}", self.path()),
        }
    }
}

fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// Returns whether the integrations send a body with these headers as base64.
fn is_binary(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    headers.contains_key(header::CONTENT_ENCODING)
        || [&b"image/"[..], b"audio/", b"video/", b"application/octet-stream", b"multipart/form-data"]
            .iter()
            .any(|prefix| content_type.starts_with(prefix))
}

/// Returns an event as JSON. Adds the fields that the Rust type lacks, and removes the fields that the integration does
/// not send.
fn with(event: &impl Serialize, added: &[(&str, Value)], removed: &[&str]) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(event)?;
    if let Some(fields) = value.as_object_mut() {
        for name in removed {
            fields.remove(*name);
        }
        for (name, value) in added {
            fields.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(value)
}

fn decode(text: &str) -> String {
    String::from_utf8_lossy(&percent_encoding::decode(text.as_bytes())).into_owned()
}
