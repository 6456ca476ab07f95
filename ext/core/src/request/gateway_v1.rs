//! REST APIs, and HTTP APIs with payload format version 1.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
//!
//! This table shows what API Gateway sends for the API's path `/orders/42`. The stage is `prod`, and the API mapping of
//! the custom domain is `shop`:
//!
//! | API  | domain               | `path`            | `requestContext.path` |
//! |------|----------------------|-------------------|-----------------------|
//! | REST | execute-api          | `/orders/42`      | `/prod/orders/42`     |
//! | REST | custom               | `/orders/42`      | `/orders/42`          |
//! | REST | custom with mapping  | `/shop/orders/42` | `/shop/orders/42`     |
//! | HTTP | execute-api          | `/prod/orders/42` | `/prod/orders/42`     |
//! | HTTP | custom               | `/orders/42`      | `/prod/orders/42`     |
//! | HTTP | custom with mapping  | `/shop/orders/42` | `/prod/orders/42`     |
//!
//! If the stage of an HTTP API is `$default`, neither `path` nor `requestContext.path` contains it.
//!
//! A REST API's base path is the part of `path` before the matched resource. An HTTP API's base path is the part of
//! `path` that `requestContext.path` does not have. So Lamby finds the base path of an HTTP API even for the route
//! `$default`, which has no template.

use super::{
    Request,
    body::Body,
    headers::{Headers, single_line},
    method, milliseconds,
    path::Cut,
    protocol, query,
    route::{self, Route},
};
use crate::{
    Error, Integration,
    event::{Event, Text},
};

pub(super) fn read<'a>(integration: Integration, event: Event<'a>) -> Result<Request<'a>, Error> {
    let context = event.request_context.unwrap_or_default();
    let headers = Headers::merge(event.headers, event.multi_value_headers.unwrap_or_default())?;

    let template = event.resource.as_deref().filter(|resource| resource.first() == Some(&b'/'));
    let route = Route { template, parameters: &event.path_parameters };
    let domain_name = context.domain_name.as_deref().unwrap_or_default();
    // Only at the REST API's own domain, the client's URL contains the stage.
    let has_stage = integration == Integration::RestApi && is_execute_api(domain_name);
    let (path, cut) = match integration {
        Integration::HttpApiV1 => http_api(event.path, context.path, context.stage.as_deref(), domain_name, &route),
        _ => {
            let path = event.path.or(context.path).unwrap_or_default();
            // A REST API's `path` never contains the stage. If a segment looks like the stage, it comes from the
            // client.
            let cut = route.cut(&path, None);
            (path, cut)
        }
    };
    let (script_name, path_info) = cut.split(path);

    let source_ip = context.identity.and_then(|identity| identity.source_ip);
    single_line(source_ip.as_deref().unwrap_or_default(), "requestContext.identity.sourceIp")?;
    let multi = &event.multi_value_query_string_parameters;
    Ok(Request {
        integration,
        stage: context.stage.filter(|stage| has_stage && is_stage(stage)),
        method: method(event.http_method.or(context.http_method), "httpMethod")?,
        script_name,
        path_info,
        // API Gateway has decoded the parameters, so Lamby encodes them again.
        query_string: query::encode(query::union(multi, &event.query_string_parameters)).into(),
        protocol: protocol(context.protocol),
        domain_name: context.domain_name,
        source_ip,
        received_at: milliseconds(context.request_time_epoch.or(context.time_epoch).as_ref()),
        headers,
        body: Body::from_event(event.body, event.is_base64_encoded.0),
    })
}

/// Returns the path of an HTTP API, and the positions at which to cut it into `SCRIPT_NAME` and `PATH_INFO`.
///
/// At a custom domain, the first segment of `path` comes from the client, even if it is spelled like the stage. If
/// Lamby removed it, a request for the route `$default` could reach a path whose own route has an authorizer.
fn http_api<'a>(
    path: Option<Text<'a>>,
    full: Option<Text<'a>>,
    stage: Option<&[u8]>,
    domain_name: &[u8],
    route: &Route<'_, '_>,
) -> (Text<'a>, Cut) {
    let (path, full) = match (path, full) {
        (Some(path), Some(full)) => (path, full),
        (Some(path), None) => {
            let cut = route.cut(&path, stage.filter(|_| is_execute_api(domain_name)));
            return (path, cut);
        }
        (None, full) => {
            let full = full.unwrap_or_default();
            let cut = Cut::path_info(route::behind_stage(&full, stage).unwrap_or_default());
            return (full, cut);
        }
    };
    let Some(behind_stage) = route::behind_stage(&full, stage) else {
        // The stage is `$default`, or a local tool sent the event. `path` and `full` can differ only by the base path.
        let cut = match route::start_of_end(&path, &full) {
            None | Some(0) => route.cut(&path, None),
            Some(start) => Cut::base_path(&path, 0, start).unwrap_or_default(),
        };
        return (path, cut);
    };
    if path == full {
        return (path, Cut::path_info(behind_stage));
    }
    let reached_api = full.get(behind_stage..).unwrap_or_default();
    match route::start_of_end(&path, reached_api).and_then(|start| Cut::base_path(&path, 0, start)) {
        Some(cut) => (path, cut),
        None => (full, Cut::path_info(behind_stage)),
    }
}

/// Returns whether the domain name is API Gateway's own: `<api-id>.execute-api.<region>.amazonaws.com`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>
fn is_execute_api(domain_name: &[u8]) -> bool {
    domain_name.split(|&b| b == b'.').nth(1) == Some(b"execute-api")
}

/// Returns whether this is a name that API Gateway allows for a stage.
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html>
fn is_stage(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Json, Values};

    const API: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    const CUSTOM: &str = "api.example.com";

    struct Case<'c> {
        path: Option<&'c str>,
        full: Option<&'c str>,
        stage: &'c str,
        domain_name: &'c str,
        template: &'c str,
        variables: &'c [(&'c str, &'c str)],
    }

    impl Case<'_> {
        fn cut(&self) -> (String, String) {
            let text = |text: &str| Text(text.as_bytes().to_vec().into());
            let values = self.variables.iter().map(|(name, value)| (text(name), Some(text(value))));
            let template = self.template.starts_with('/').then_some(self.template.as_bytes());
            let route = Route { template, parameters: &Values(values.collect()) };
            let stage = Some(self.stage.as_bytes());
            let domain_name = self.domain_name.as_bytes();
            let (path, cut) = http_api(self.path.map(text), self.full.map(text), stage, domain_name, &route);
            let (script_name, path_info) = cut.split(path);
            let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (string(&script_name), string(&path_info))
        }
    }

    /// A route's template, a path that matches it, and the values of its variables.
    type Matched = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    const ROUTES: [Matched; 12] = [
        ("$default", "/orders/42", &[]),
        ("$default", "/", &[]),
        // The path begins with a segment that is spelled like the stage, or like the stage and a base path.
        ("$default", "/prod/admin", &[]),
        ("$default", "/prod/prod/admin", &[]),
        ("$default", "/shop/prod/admin", &[]),
        ("$default", "//evil.example/x", &[]),
        ("/orders/{id}", "/orders/42", &[("id", "42")]),
        ("/{proxy+}", "/prod/admin", &[("proxy", "prod/admin")]),
        // The client sent encoded slashes, which HTTP APIs decode.
        ("/{id}", "/a/admin", &[("id", "a/admin")]),
        ("/{a}/{b}", "/prod/a/b", &[("a", "prod/a"), ("b", "b")]),
        ("/{tenant}/{proxy+}", "/shop/t/p/q", &[("tenant", "shop/t"), ("proxy", "p/q")]),
        ("/{proxy+}", "//evil.example/x", &[("proxy", "/evil.example/x")]),
    ];

    #[test]
    fn a_client_controls_neither_stage_nor_base_path_of_an_http_api() {
        for (template, request, variables) in ROUTES {
            for (stage, domain_name, mapping) in [
                ("prod", API, ""),
                ("prod", CUSTOM, ""),
                ("prod", CUSTOM, "/shop"),
                ("prod", CUSTOM, "/shop/v2"),
                ("$default", API, ""),
                ("$default", CUSTOM, ""),
                ("$default", CUSTOM, "/shop"),
            ] {
                let stage_segment = if stage == "prod" { "/prod" } else { "" };
                let full = format!("{stage_segment}{request}");
                let path = if domain_name == API { full.clone() } else { format!("{mapping}{request}") };
                let case = Case { path: Some(&path), full: Some(&full), stage, domain_name, template, variables };
                assert_eq!(case.cut(), (mapping.to_owned(), request.to_owned()), "{template}: {path}, {full}");
            }
        }
    }

    #[test]
    fn the_stage_of_a_rest_api_becomes_script_name_only_if_the_client_s_url_contains_it() {
        for (domain_name, full, path, expected) in [
            (API, "/prod/orders/42", "/orders/42", ("/prod", "/orders/42")),
            (API, "/prod/prod", "/prod", ("/prod", "/prod")),
            (CUSTOM, "/orders/42", "/orders/42", ("", "/orders/42")),
            (CUSTOM, "/shop/orders/42", "/shop/orders/42", ("/shop", "/orders/42")),
        ] {
            let variable = path.trim_start_matches("/shop").trim_start_matches('/');
            let json = serde_json::json!({
                "httpMethod": "GET", "resource": "/{proxy+}", "path": path, "pathParameters": {"proxy": variable},
                "multiValueHeaders": {}, "multiValueQueryStringParameters": {},
                "requestContext": {"stage": "prod", "domainName": domain_name, "path": full, "resourceId": "a"},
            })
            .to_string();
            let mut request = Request::from_event(Event::read(&Json(json.as_bytes())).unwrap()).unwrap();
            assert_eq!(request.integration, Integration::RestApi);
            request.stage_as_script_name();
            let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let cut = (string(&request.script_name), string(&request.path_info));
            assert_eq!(cut, (expected.0.to_owned(), expected.1.to_owned()), "{domain_name}{full}");
        }
    }

    #[test]
    fn an_event_without_path_in_its_context_has_a_stage_only_at_an_execute_api_domain() {
        let case = Case {
            path: Some("/prod/admin"),
            full: None,
            stage: "prod",
            domain_name: API,
            template: "$default",
            variables: &[],
        };
        assert_eq!(case.cut().1, "/admin");
        for domain_name in [CUSTOM, "", "execute-api.example.com", "my-execute-api.example.com"] {
            assert_eq!(Case { domain_name, ..case }.cut(), (String::new(), "/prod/admin".to_owned()), "{domain_name}");
        }
    }

    #[test]
    fn an_event_without_path_has_the_path_of_its_context() {
        let case = Case {
            path: None,
            full: Some("/prod/admin"),
            stage: "prod",
            domain_name: CUSTOM,
            template: "$default",
            variables: &[],
        };
        assert_eq!(case.cut().1, "/admin");
        assert_eq!(Case { full: None, ..case }.cut().1, "/");
    }

    #[test]
    fn of_two_paths_that_disagree_the_one_that_reached_the_api_is_used() {
        for (path, full, expected) in [
            ("/shop/a%20b", "/prod/a b", ("/shop", "/a%20b")),
            ("/shop", "/prod/", ("/shop", "/")),
            ("/shop/", "/prod", ("/shop", "/")),
            ("/other", "/prod/admin", ("", "/admin")),
            ("//evil.example/admin", "/prod/admin", ("", "/admin")),
            ("/a b", "/$default/a b", ("", "/a%20b")),
        ] {
            let case = Case {
                path: Some(path),
                full: Some(full),
                stage: "prod",
                domain_name: CUSTOM,
                template: "$default",
                variables: &[],
            };
            assert_eq!(case.cut(), (expected.0.to_owned(), expected.1.to_owned()), "{path}, {full}");
        }
    }
}
