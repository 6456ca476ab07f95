//! Reads events that have the fields of an integration, with any values in them. The environment must have the
//! method, the headers and the body of the event.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use lamby_core::{
    Error, Integration,
    event::{Event, Json},
};
use lamby_fuzz::{Environment, check_message};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

#[derive(Debug, Arbitrary)]
struct Fields<'a> {
    integration: u8,
    method: Method<'a>,
    path: &'a str,
    resource: Option<&'a str>,
    stage: Option<&'a str>,
    domain_name: Option<&'a str>,
    source_ip: Option<&'a str>,
    path_parameters: Vec<(&'a str, &'a str)>,
    parameters: Vec<(&'a str, &'a str)>,
    headers: Vec<(Name<'a>, &'a str)>,
    cookies: Option<Vec<&'a str>>,
    body: Body<'a>,
    context_path: Option<&'a str>,
}

#[derive(Debug, Arbitrary)]
enum Method<'a> {
    Get,
    Post,
    Head,
    Other(&'a str),
}

#[derive(Debug, Arbitrary)]
enum Name<'a> {
    /// A header for which Lamby has a special rule.
    Known(u8),
    Own(u8),
    Any(&'a str),
}

#[derive(Debug, Arbitrary)]
enum Body<'a> {
    Missing,
    Text(&'a str),
    Base64(&'a [u8]),
    /// A text that the event marks as base64, even if the text is not base64.
    Marked(&'a str),
}

const KNOWN: [&str; 16] = [
    "host",
    "cookie",
    "content-type",
    "content-length",
    "content_length",
    "transfer-encoding",
    "x-forwarded-for",
    "x_forwarded_for",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-request-id",
    "x-request-start",
    "x-amzn-request-context",
    "lambda_runtime_trace_id",
    "proxy",
    "version",
];

impl Method<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Head => "HEAD",
            Self::Other(method) => method,
        }
    }
}

impl Name<'_> {
    fn text(&self) -> String {
        match self {
            Self::Known(number) => KNOWN[usize::from(*number) % KNOWN.len()].to_owned(),
            Self::Own(number) => format!("x-own-{number}"),
            Self::Any(name) => (*name).to_owned(),
        }
    }
}

impl Fields<'_> {
    fn integration(&self) -> Integration {
        Integration::ALL[usize::from(self.integration) % Integration::ALL.len()]
    }

    fn single(&self) -> BTreeMap<String, &str> {
        self.headers.iter().map(|(name, value)| (name.text(), *value)).collect()
    }

    fn lists<'v>(pairs: impl Iterator<Item = (String, &'v str)>) -> BTreeMap<String, Vec<&'v str>> {
        let mut lists = BTreeMap::<String, Vec<&str>>::new();
        for (name, value) in pairs {
            lists.entry(name).or_default().push(value);
        }
        lists
    }

    fn header_lists(&self) -> BTreeMap<String, Vec<&str>> {
        Self::lists(self.headers.iter().map(|(name, value)| (name.text(), *value)))
    }

    fn parameter_lists(&self) -> BTreeMap<String, Vec<&str>> {
        Self::lists(self.parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)))
    }

    fn event(&self) -> Value {
        let method = self.method.text();
        let parameters: BTreeMap<_, _> = self.parameters.iter().copied().collect();
        let path_parameters: BTreeMap<_, _> = self.path_parameters.iter().copied().collect();
        let mut event = match self.integration() {
            integration @ (Integration::FunctionUrl | Integration::HttpApiV2) => {
                let domain_name = match integration {
                    Integration::FunctionUrl => Some("x.lambda-url.us-east-1.on.aws"),
                    _ => self.domain_name.filter(|name| name.split('.').nth(1) != Some("lambda-url")),
                };
                let query: Vec<_> = self.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
                json!({
                    "version": "2.0",
                    "routeKey": self.resource.map_or("$default".to_owned(), |resource| format!("{method} {resource}")),
                    "rawPath": self.path,
                    "rawQueryString": query.join("&"),
                    "cookies": self.cookies,
                    "headers": self.single(),
                    "pathParameters": path_parameters,
                    "requestContext": {
                        "domainName": domain_name,
                        "stage": self.stage.unwrap_or("$default"),
                        "http": { "method": method, "path": self.context_path, "sourceIp": self.source_ip },
                    },
                })
            }
            integration @ (Integration::HttpApiV1 | Integration::RestApi) => json!({
                "version": (integration == Integration::HttpApiV1).then_some("1.0"),
                "resource": self.resource,
                "path": self.path,
                "httpMethod": method,
                "headers": self.single(),
                "multiValueHeaders": self.header_lists(),
                "queryStringParameters": parameters,
                "multiValueQueryStringParameters": self.parameter_lists(),
                "pathParameters": path_parameters,
                "requestContext": {
                    "domainName": self.domain_name,
                    "stage": self.stage,
                    "path": self.context_path,
                    "identity": { "sourceIp": self.source_ip },
                },
            }),
            Integration::Alb => json!({
                "httpMethod": method,
                "path": self.path,
                "headers": self.single(),
                "queryStringParameters": parameters,
                "requestContext": { "elb": {} },
            }),
            Integration::AlbMultiValue => json!({
                "httpMethod": method,
                "path": self.path,
                "multiValueHeaders": self.header_lists(),
                "multiValueQueryStringParameters": self.parameter_lists(),
                "requestContext": { "elb": {} },
            }),
            Integration::VpcLatticeV1 => json!({
                "method": method,
                "raw_path": self.path,
                "headers": self.single(),
                "query_string_parameters": parameters,
            }),
            Integration::VpcLatticeV2 => json!({
                "version": "2.0",
                "method": method,
                "path": self.path,
                "headers": self.header_lists(),
                "queryStringParameters": self.parameter_lists(),
                "requestContext": { "serviceNetworkArn": "arn:aws:vpc-lattice:us-east-1:123456789012:servicenetwork/sn" },
            }),
        };
        if let Value::Object(fields) = &mut event {
            self.put_body(fields);
        }
        event
    }

    fn put_body(&self, fields: &mut Map<String, Value>) {
        let (body, is_base64) = match &self.body {
            Body::Missing => return,
            Body::Text(text) => ((*text).to_owned(), false),
            Body::Base64(bytes) => (BASE64.encode(bytes), true),
            Body::Marked(text) => ((*text).to_owned(), true),
        };
        let flag = match self.integration() {
            Integration::VpcLatticeV1 => "is_base64_encoded",
            _ => "isBase64Encoded",
        };
        fields.insert("body".to_owned(), body.into());
        fields.insert(flag.to_owned(), is_base64.into());
    }

    /// Checks the values of `Name::Own` headers in the environment.
    fn check_headers(&self, environment: &Environment) {
        let one_value_a_name = !matches!(
            self.integration(),
            Integration::HttpApiV1 | Integration::RestApi | Integration::AlbMultiValue | Integration::VpcLatticeV2
        );
        for (name, values) in self.header_lists() {
            let Some(number) = name.strip_prefix("x-own-") else { continue };
            if !self.headers.iter().all(|(it, _)| matches!(it, Name::Own(_)) || !it.text().eq_ignore_ascii_case(&name))
            {
                continue; // Another header has the same name in a different case.
            }
            let expected = match one_value_a_name {
                true => values.last().copied().unwrap_or_default().to_owned(),
                false => values.join(", "),
            };
            let found = environment.get(&format!("HTTP_X_OWN_{number}"));
            assert_eq!(String::from_utf8_lossy(found), expected, "{name}");
        }
    }

    /// Makes an event from the same request with Lamby's simulator, and checks the environment of this event.
    fn check_simulated(&self) {
        let Ok(uri) = self.path.parse::<http::Uri>() else { return };
        let mut request = http::Request::builder().uri(uri).method(self.method.text());
        for (name, value) in &self.headers {
            request = request.header(name.text(), *value);
        }
        let bytes = match &self.body {
            Body::Missing => Vec::new(),
            Body::Text(text) | Body::Marked(text) => text.as_bytes().to_vec(),
            Body::Base64(bytes) => bytes.to_vec(),
        };
        let Ok(request) = request.body(bytes) else { return };
        let client = lamby_simulator::Client { source_ip: "203.0.113.9", time_epoch: 1_583_348_638_390 };
        let Ok(event) = lamby_simulator::event(self.integration(), &request, &client) else { return };
        match Environment::read(&event) {
            Ok(environment) => {
                environment.check();
                assert_eq!(environment.get("REQUEST_METHOD"), request.method().as_str().as_bytes());
                assert_eq!(environment.body.as_ref(), Ok(request.body()));
            }
            Err(error) => check_message(&error),
        }
    }
}

fuzz_target!(|fields: Fields<'_>| {
    let event = fields.event().to_string();
    match Event::read(&Json(event.as_bytes())) {
        Ok((integration, _)) => assert_eq!(integration, fields.integration(), "{event}"),
        Err(error) => panic!("{error}: {event}"),
    }
    match Environment::read(event.as_bytes()) {
        Ok(environment) => {
            environment.check();
            assert_eq!(environment.get("REQUEST_METHOD"), fields.method.text().as_bytes());
            fields.check_headers(&environment);
            match (&fields.body, &environment.body) {
                (Body::Missing, body) => assert_eq!(*body, Ok(Vec::new())),
                (Body::Text(text), body) => assert_eq!(*body, Ok(text.as_bytes().to_vec())),
                (Body::Base64(bytes), body) => assert_eq!(*body, Ok(bytes.to_vec())),
                (Body::Marked(_), Ok(_)) => {}
                (Body::Marked(_), Err(error)) => check_message(error),
            }
        }
        // The integration is recognised, so no other error is possible.
        Err(error @ Error::InvalidEvent { .. }) => check_message(&error),
        Err(error) => panic!("{error}: {event}"),
    }
    fields.check_simulated();
});
