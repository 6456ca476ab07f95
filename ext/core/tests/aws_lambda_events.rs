//! Reads every event that the crate aws_lambda_events ships. For HTTP events, Lamby must read the same values as the
//! crate's own types. It must refuse all other events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // A test may panic.

use std::{fs, path::PathBuf, process::Command};

use aws_lambda_events::{
    alb::AlbTargetGroupRequest,
    apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest},
    http::HeaderMap,
    vpc_lattice::{VpcLatticeRequestV1, VpcLatticeRequestV2},
};
use lamby_core::{
    Error, Integration,
    env::{self, Key, Sink, Value},
    event::{Event, Json},
    request::{Request, body::Body},
};

/// Returns the target triple that rustc builds for by default.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    // Without `--filter-platform`, `cargo metadata` needs the crates of every platform, but a build downloads only the
    // crates of its own platform.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", &host(), "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|it| it["name"] == "aws_lambda_events").unwrap();
    let folder = PathBuf::from(package["manifest_path"].as_str().unwrap()).with_file_name("src").join("fixtures");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}

/// Method, path, headers and body, as the types of aws_lambda_events read them.
struct Owned {
    method: String,
    path: String,
    headers: HeaderMap,
    body: String,
}

fn owned(integration: Integration, json: &[u8]) -> Owned {
    match integration {
        Integration::FunctionUrl | Integration::HttpApiV2 => {
            let it: ApiGatewayV2httpRequest = serde_json::from_slice(json).unwrap();
            Owned {
                method: it.request_context.http.method.to_string(),
                path: it.raw_path.unwrap(),
                headers: it.headers,
                body: it.body.unwrap_or_default(),
            }
        }
        Integration::HttpApiV1 | Integration::RestApi => {
            let it: ApiGatewayProxyRequest = serde_json::from_slice(json).unwrap();
            Owned {
                method: it.http_method.to_string(),
                path: it.path.unwrap(),
                headers: it.headers,
                body: it.body.unwrap_or_default(),
            }
        }
        Integration::Alb | Integration::AlbMultiValue => {
            let it: AlbTargetGroupRequest = serde_json::from_slice(json).unwrap();
            let headers = if it.headers.is_empty() { it.multi_value_headers } else { it.headers };
            Owned {
                method: it.http_method.to_string(),
                path: it.path.unwrap(),
                headers,
                body: it.body.unwrap_or_default(),
            }
        }
        Integration::VpcLatticeV1 => {
            let it: VpcLatticeRequestV1 = serde_json::from_slice(json).unwrap();
            let body = it.body.map(|body| String::from_utf8(body.to_vec()).unwrap()).unwrap_or_default();
            Owned { method: it.method.unwrap().to_string(), path: it.raw_path.unwrap(), headers: it.headers, body }
        }
        Integration::VpcLatticeV2 => {
            let it: VpcLatticeRequestV2 = serde_json::from_slice(json).unwrap();
            Owned {
                method: it.method.unwrap().to_string(),
                path: it.path.unwrap(),
                headers: it.headers,
                body: it.body.unwrap_or_default(),
            }
        }
    }
}

#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl Sink for Pairs {
    fn put(&mut self, key: Key<'_>, value: Value<'_>) {
        self.0.push((key.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap()));
    }
}

#[test]
fn http_events_give_what_their_own_types_give() {
    let mut count = 0;
    for (name, json) in fixtures() {
        let Ok((integration, event)) = Event::read(&Json(&json)) else { continue };
        let request = Request::from_event((integration, event)).unwrap();
        let expected = owned(integration, &json);
        assert_eq!(*request.method, *expected.method.as_bytes(), "{name}");
        let path = expected.path.split('?').next().unwrap().as_bytes();
        assert_eq!(*request.path_info, *path, "{name}");
        let body = match &request.body {
            Body::Text(body) | Body::Base64(body) => body,
        };
        assert_eq!(**body, *expected.body.as_bytes(), "{name}");

        let mut pairs = Pairs::default();
        env::write(&request, None, &mut pairs);
        for header in expected.headers.keys() {
            if matches!(header.as_str(), "content-length" | "transfer-encoding") {
                continue;
            }
            let cgi = header.as_str().to_uppercase().replace('-', "_");
            let key = if cgi == "CONTENT_TYPE" { cgi } else { format!("HTTP_{cgi}") };
            let value = pairs.0.iter().find(|pair| pair.0 == key).map(|pair| &pair.1);
            let all = expected.headers.get_all(header).iter().map(|value| value.to_str().unwrap());
            for part in all.filter(|part| !part.contains("{dns_suffix}")) {
                assert!(value.is_some_and(|value| value.contains(part)), "{name}: {key} is {value:?}, not {part}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 19, "HTTP events were recognised");
}

#[test]
fn every_other_event_is_refused() {
    let http = [
        "alb-lambda-target-request",
        "apigw-console",
        "apigw-request",
        "apigw-restapi",
        "apigw-sam",
        "apigw-v2-request",
        "vpc-lattice-v",
    ];
    let mut count = 0;
    for (name, json) in fixtures() {
        let name = name.trim_start_matches("example-");
        let is_http = http.iter().any(|prefix| name.starts_with(prefix));
        match Event::read(&Json(&json)) {
            Ok(_) => assert!(is_http, "{name} is no HTTP event"),
            Err(Error::UnhandledEvent { .. }) => assert!(!is_http, "{name} is an HTTP event"),
            Err(error) => panic!("{name}: {error}"),
        }
        count += 1;
    }
    assert!(count > 150, "only {count} fixtures were found");
}
