//! VPC Lattice, event structures 1 and 2.
//! <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>

use super::{
    Request,
    body::Body,
    headers::{Headers, single_line},
    method, milliseconds,
    path::Cut,
    protocol, query,
};
use crate::{
    Error, Integration,
    event::{Event, Text},
};

pub(super) fn read<'a>(integration: Integration, event: Event<'a>) -> Result<Request<'a>, Error> {
    let context = event.request_context.unwrap_or_default();
    let headers = Headers::merge(event.headers, event.multi_value_headers.unwrap_or_default())?;

    // The path contains the query as the client sent it. AWS does not document whether the maps of parameters are
    // decoded, so Lamby reads the maps only if the path has no query.
    let target = event.lattice_raw_path.or(event.path).unwrap_or_default();
    let (path, query_string) = match target.iter().position(|&b| b == b'?') {
        Some(at) => {
            let (path, query) = target.split_at_checked(at).unwrap_or_default();
            (Text(path.to_vec().into()), query.strip_prefix(b"?").unwrap_or_default().to_vec())
        }
        None => {
            let parameters = query::union(&event.query_string_parameters, &event.lattice_query_string_parameters);
            (target.clone(), query::restore(parameters))
        }
    };
    single_line(&query_string, if integration == Integration::VpcLatticeV1 { "raw_path" } else { "path" })?;
    let (script_name, path_info) = Cut::default().split(path);

    Ok(Request {
        integration,
        stage: None,
        method: method(event.method, "method")?,
        script_name,
        path_info,
        query_string: query_string.into(),
        protocol: protocol(context.protocol),
        domain_name: None,
        source_ip: None,
        // VPC Lattice sends microseconds, but API Gateway sends milliseconds.
        received_at: milliseconds(context.time_epoch.as_ref()).map(|microseconds| microseconds / 1000),
        headers,
        body: Body::from_event(event.body, event.is_base64_encoded.0 || event.lattice_is_base64_encoded.0),
    })
}
