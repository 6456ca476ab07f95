//! Converts a payload to the HTTP response that an integration would send.

use std::fmt;

use aws_lambda_events::{
    alb::AlbTargetGroupResponse,
    apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse},
    encodings::Body,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderName, StatusCode, header};
use lamby_core::{Error, Integration};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// The HTTP response that a client gets.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The names and values of all headers, in the payload's order. The http crate's `HeaderMap` cannot hold all of
    /// them, because it refuses values with DEL, which the integrations accept.
    pub headers: Vec<(HeaderName, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the values of a header.
    pub fn values(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |header| header.0 == *name).map(|header| header.1.as_str())
    }
}

/// Returns the response that a client gets for a payload.
///
/// # Errors
///
/// [`Error::InvalidResponse`] if the integration would respond with 502.
pub fn response(integration: Integration, payload: &[u8]) -> Result<Response, Error> {
    let Headers { headers, multi_value_headers, cookies } = read(payload)?;
    let (single, multi) = (headers.0, multi_value_headers.0);
    match integration {
        Integration::FunctionUrl | Integration::HttpApiV2 => {
            let payload: ApiGatewayV2httpResponse = without_headers(payload)?;
            let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE.to_string(), cookie));
            let headers = single.into_iter().chain(cookies);
            build(payload.status_code, headers, payload.body, payload.is_base64_encoded)
        }
        Integration::HttpApiV1 | Integration::RestApi => {
            let payload: ApiGatewayProxyResponse = without_headers(payload)?;
            build(payload.status_code, merged(single, multi), payload.body, payload.is_base64_encoded)
        }
        Integration::AlbMultiValue => {
            let payload: AlbTargetGroupResponse = without_headers(payload)?;
            build(payload.status_code, flattened(multi), payload.body, payload.is_base64_encoded)
        }
        Integration::Alb | Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => {
            let payload: AlbTargetGroupResponse = without_headers(payload)?;
            build(payload.status_code, single, payload.body, payload.is_base64_encoded)
        }
    }
}

/// The fields of a payload that contain headers.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Headers {
    headers: Pairs<String>,
    multi_value_headers: Pairs<Vec<String>>,
    cookies: Vec<String>,
}

/// The members of a JSON object, in their order. Two names may differ only in upper and lower case.
#[derive(Default)]
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Pairs<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Pairs(Vec::new()))
            }
        }

        deserializer.deserialize_any(Collect(std::marker::PhantomData))
    }
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(payload).map_err(|error| invalid(&error))
}

/// Reads a payload without its headers and cookies. [`Headers`] reads those.
fn without_headers<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    let mut fields: Map<String, Value> = read(payload)?;
    for name in ["headers", "multiValueHeaders"] {
        fields.insert(name.to_owned(), Value::Object(Map::new()));
    }
    // `ApiGatewayV2httpResponse` requires `cookies`, but the integration does not.
    fields.insert("cookies".to_owned(), Value::Array(Vec::new()));
    serde_json::from_value(Value::Object(fields)).map_err(|error| invalid(&error))
}

fn build(
    status: i64,
    headers: impl IntoIterator<Item = (String, String)>,
    body: Option<Body>,
    is_base64: bool,
) -> Result<Response, Error> {
    let text = body.map(|body| body.to_vec()).unwrap_or_default();
    Ok(Response {
        status: u16::try_from(status)
            .map_err(|error| invalid(&error))
            .and_then(|status| StatusCode::from_u16(status).map_err(|error| invalid(&error)))?,
        headers: headers.into_iter().map(checked).collect::<Result<_, _>>()?,
        body: if is_base64 { BASE64.decode(text).map_err(|error| invalid(&error))? } else { text },
    })
}

/// Returns an error if a value has a control character other than tab and DEL.
fn checked((name, value): (String, String)) -> Result<(HeaderName, String), Error> {
    if value.bytes().any(|byte| byte < b' ' && byte != b'\t') {
        return Err(invalid(&format!("the value of the header {name:?} has a control character: {value:?}")));
    }
    let name = HeaderName::try_from(&name).map_err(|error| invalid(&format!("{error}: {name:?}")))?;
    Ok((name, value))
}

/// Merges `headers` and `multiValueHeaders` as API Gateway does:
/// "If the same key-value pair is specified in both, only the values from
/// multiValueHeaders will appear in the merged list."
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
fn merged(single: Vec<(String, String)>, multi: Vec<(String, Vec<String>)>) -> Vec<(String, String)> {
    let mut headers = single;
    headers.retain(|(name, _)| !multi.iter().any(|(it, _)| it.eq_ignore_ascii_case(name)));
    headers.extend(flattened(multi));
    headers
}

fn flattened(multi: Vec<(String, Vec<String>)>) -> impl Iterator<Item = (String, String)> {
    multi.into_iter().flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)))
}

fn invalid(error: &impl fmt::Display) -> Error {
    Error::InvalidResponse(format!("the integration would refuse this payload with status 502: {error}"))
}
