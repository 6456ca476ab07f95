//! Payload format version 2.0: Function URLs and HTTP APIs.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use super::{
    Request,
    body::Body,
    headers::{Header, Headers, single_line},
    method, milliseconds, protocol,
    route::Route,
};
use crate::{
    Error, Integration,
    event::{Event, Text},
};

pub(super) fn read<'a>(integration: Integration, event: Event<'a>) -> Result<Request<'a>, Error> {
    let context = event.request_context.unwrap_or_default();
    let http = context.http.unwrap_or_default();

    // "Format 2.0 includes a new cookies field. All cookie headers in the request are combined with commas and
    // added to the cookies field." A Function URL also leaves the cookies in the headers, so the field replaces the
    // Cookie header and is not added to it.
    let cookies = join_cookies(event.cookies.into_iter().filter_map(|(_, cookie)| cookie));
    let mut headers = Headers::merge(event.headers, event.multi_value_headers.unwrap_or_default())?;
    if let Some(cookies) = cookies {
        single_line(&cookies, "cookies")?;
        headers.set(Header::Cookie, cookies);
    }

    let source_ip = http.source_ip;
    single_line(source_ip.as_deref().unwrap_or_default(), "requestContext.http.sourceIp")?;
    let query_string = event.raw_query_string.unwrap_or_default().0;
    single_line(&query_string, "rawQueryString")?;

    let raw_path = event.raw_path.or(http.path).unwrap_or_default();
    let route = Route { template: event.route_key.as_deref().and_then(template), parameters: &event.path_parameters };
    // A Function URL has no stage, even if its context names one. If an HTTP API has a named stage, rawPath begins with
    // that stage, even at a custom domain, where the client does not send the stage. AWS's page at the top of this file
    // says that "rawPath won't provide the API mapping value". If rawPath nevertheless begins with a base path, `cut`
    // recognises the base path.
    let stage = context.stage.as_deref().filter(|_| integration == Integration::HttpApiV2);
    let cut = route.cut(&raw_path, stage);
    let (script_name, path_info) = cut.split(raw_path);

    Ok(Request {
        integration,
        stage: None,
        method: method(http.method, "requestContext.http.method")?,
        script_name,
        path_info,
        // Lamby does not use queryStringParameters, because API Gateway joins repeated values in it with commas.
        query_string,
        protocol: protocol(http.protocol),
        domain_name: context.domain_name,
        source_ip,
        received_at: milliseconds(context.time_epoch.as_ref()),
        headers,
        body: Body::from_event(event.body, event.is_base64_encoded.0),
    })
}

/// Returns the template of a route key such as `GET /orders/{id}`; `None` for `$default`.
fn template(route_key: &[u8]) -> Option<&[u8]> {
    let space = route_key.iter().position(|&b| b == b' ')?;
    route_key.get(space + 1..)
}

fn join_cookies<'a>(cookies: impl Iterator<Item = Text<'a>>) -> Option<Text<'a>> {
    cookies.reduce(|mut all, cookie| {
        let joined = all.0.to_mut();
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(&cookie);
        all
    })
}
