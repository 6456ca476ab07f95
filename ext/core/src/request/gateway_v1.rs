//! REST APIs, and HTTP APIs with payload format version 1.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use super::{Request, body, headers, method, milliseconds, protocol, split_owned};
use crate::{Error, Integration, event::Event, path::Route, query};

pub(super) fn read<'a>(integration: Integration, event: Event<'a>) -> Result<Request<'a>, Error> {
    let context = event.request_context.unwrap_or_default();
    let headers = headers(event.headers, event.multi_value_headers.unwrap_or_default())?;

    let path = event.path.or(context.path).unwrap_or_default();
    let template = event.resource.as_deref().filter(|resource| resource.first() == Some(&b'/'));
    let route = Route {
        template,
        greedy: template.and_then(Route::greedy_name).and_then(|name| event.path_parameters.get(name)),
        // A REST API's path never has the stage: whatever looks like it is the client's.
        stage: context.stage.as_deref().filter(|_| integration == Integration::HttpApiV1),
    };
    let (script_name, path_info) = split_owned(path, &route);

    let multi = &event.multi_value_query_string_parameters;
    Ok(Request {
        integration,
        method: method(event.http_method.or(context.http_method), "httpMethod")?,
        script_name,
        path_info,
        // API Gateway decodes the parameters.
        query_string: query::encode(query::union(multi, &event.query_string_parameters)).into(),
        protocol: protocol(context.protocol),
        domain_name: context.domain_name,
        source_ip: context.identity.and_then(|identity| identity.source_ip),
        received_at: milliseconds(context.request_time_epoch.or(context.time_epoch).as_ref()),
        headers,
        body: body(event.body, event.is_base64_encoded.0),
    })
}
