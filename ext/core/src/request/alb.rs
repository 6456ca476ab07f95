//! Application Load Balancers, with and without multi-value headers.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>

use super::{
    Request,
    body::Body,
    headers::{Headers, single_line},
    method,
    path::Cut,
    protocol, query,
};
use crate::{Error, Integration, event::Event};

pub(super) fn read<'a>(integration: Integration, event: Event<'a>) -> Result<Request<'a>, Error> {
    let headers = Headers::merge(event.headers, event.multi_value_headers.unwrap_or_default())?;
    let (script_name, path_info) = Cut::default().split(event.path.unwrap_or_default());
    let multi = &event.multi_value_query_string_parameters;
    let query_string = query::raw(query::union(multi, &event.query_string_parameters));
    single_line(&query_string, "queryStringParameters")?;
    Ok(Request {
        integration,
        stage: None,
        method: method(event.http_method, "httpMethod")?,
        script_name,
        path_info,
        query_string: query_string.into(),
        protocol: protocol(None),
        domain_name: None,
        source_ip: None,
        received_at: None,
        headers,
        body: Body::from_event(event.body, event.is_base64_encoded.0),
    })
}
