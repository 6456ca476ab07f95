//! Makes the HTTP response that an integration would make of a payload.

use aws_lambda_events::{
    alb::AlbTargetGroupResponse,
    apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse},
    encodings::Body,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use lamby_core::{Error, Integration};

/// Returns the response that a client gets for a payload.
///
/// # Errors
///
/// [`Error::InvalidResponse`] if the integration would respond with 502.
pub fn response(integration: Integration, payload: &[u8]) -> Result<Response<Vec<u8>>, Error> {
    match integration {
        Integration::FunctionUrl | Integration::HttpApiV2 => {
            let mut fields: Map<String, Value> = read(payload)?;
            // The type requires this field; the integration does not.
            fields.entry("cookies").or_insert_with(|| Value::Array(Vec::new()));
            let payload: ApiGatewayV2httpResponse =
                serde_json::from_value(Value::Object(fields)).map_err(|error| invalid(&error))?;
            let mut headers = payload.headers;
            for cookie in payload.cookies {
                headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).map_err(|error| invalid(&error))?);
            }
            build(payload.status_code, headers, payload.body, payload.is_base64_encoded)
        }
        Integration::HttpApiV1 | Integration::RestApi => {
            let payload: ApiGatewayProxyResponse = read(payload)?;
            let headers = merged(payload.headers, payload.multi_value_headers);
            build(payload.status_code, headers, payload.body, payload.is_base64_encoded)
        }
        Integration::AlbMultiValue => {
            let payload: AlbTargetGroupResponse = read(payload)?;
            build(payload.status_code, payload.multi_value_headers, payload.body, payload.is_base64_encoded)
        }
        Integration::Alb | Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => {
            // The type keeps only one of several names that differ only in case.
            let fields: Map<String, Value> = read(payload)?;
            let headers = spelled(fields.get("headers"))?;
            let payload: AlbTargetGroupResponse = read(payload)?;
            build(payload.status_code, headers, payload.body, payload.is_base64_encoded)
        }
    }
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(payload).map_err(|error| invalid(&error))
}

fn build(status: i64, headers: HeaderMap, body: Option<Body>, is_base64: bool) -> Result<Response<Vec<u8>>, Error> {
    let text = body.map(|body| body.to_vec()).unwrap_or_default();
    let body = if is_base64 { BASE64.decode(text).map_err(|error| invalid(&error))? } else { text };
    let status = u16::try_from(status).map_err(|error| invalid(&error))?;
    let mut response = Response::builder().status(status).body(body).map_err(|error| invalid(&error))?;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Merges `headers` and `multiValueHeaders` as API Gateway does:
/// "If the same key-value pair is specified in both, only the values from
/// multiValueHeaders will appear in the merged list."
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
fn merged(single: HeaderMap, multi: HeaderMap) -> HeaderMap {
    let mut headers = single;
    for name in multi.keys() {
        headers.remove(name);
        for value in multi.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// Reads headers and keeps names that differ only in case, as several values of one header.
fn spelled(headers: Option<&Value>) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::try_from(name).map_err(|error| invalid(&error))?;
        let value =
            value.as_str().ok_or_else(|| invalid(&format!("the value of the header {name} is not a string")))?;
        map.append(name, HeaderValue::try_from(value).map_err(|error| invalid(&error))?);
    }
    Ok(map)
}

fn invalid(error: &impl std::fmt::Display) -> Error {
    Error::InvalidResponse(format!("the integration would refuse this payload with status 502: {error}"))
}
