//! Simulates the integrations: makes the event that an integration would send for an HTTP request, and the HTTP
//! response that a client would get for a payload. It takes the formats from the crate `aws_lambda_events`, not from
//! Lamby's own types.
//!
//! ```
//! use lamby_core::Integration;
//! use lamby_simulator::{Client, event, response};
//!
//! let request = http::Request::get("https://example.com/orders?page=2").body(Vec::new())?;
//! let client = Client { source_ip: "203.0.113.9", time_epoch: 1_583_348_638_390 };
//! let event = event(Integration::FunctionUrl, &request, &client)?;
//! assert!(String::from_utf8(event)?.contains(r#""rawQueryString":"page=2""#));
//!
//! let response = response(Integration::FunctionUrl, br#"{"statusCode":200,"body":"Hello"}"#)?;
//! assert_eq!((response.status.as_u16(), &*response.body), (200, &b"Hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod response;

pub use event::{Client, event};
pub use response::{Response, response};

#[cfg(test)]
mod tests {
    use http::{
        HeaderName,
        header::{CONTENT_TYPE, SET_COOKIE},
    };

    use super::*;
    use lamby_core::{
        Integration, env,
        event::{Event, Json},
        request::Request,
        response::{Head, Payload},
    };

    #[derive(Default)]
    struct Pairs(std::collections::BTreeMap<String, String>);

    impl env::Sink for Pairs {
        fn put(&mut self, key: env::Key<'_>, value: env::Value<'_>) {
            let twice = self.0.insert(key.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap());
            assert_eq!(twice, None, "{key} came twice");
        }
    }

    #[test]
    fn an_application_gets_the_same_request_from_every_integration() {
        for integration in Integration::ALL {
            let request = http::Request::post("https://example.com/a%20b/c?x=1&x=2&y=a%26b")
                .header("cookie", "a=1; b=2")
                .header("content-type", "application/octet-stream")
                .header("x-own", "1")
                .header("x-own", "2")
                .body(vec![0, 159, 255])
                .unwrap();
            let client = Client { source_ip: "203.0.113.9", time_epoch: 1_583_348_638_390 };
            let json = event(integration, &request, &client).unwrap();
            let (found, read) = Event::read(&Json(&json)).unwrap();
            assert_eq!(found, integration);
            let request = Request::from_event((found, read)).unwrap();
            assert_eq!(request.body.to_vec().unwrap(), [0, 159, 255]);
            let mut pairs = Pairs::default();
            env::write(&request, None, &mut pairs);
            let mut query: Vec<_> = pairs.0["QUERY_STRING"].split('&').collect();
            query.sort_unstable(); // aws_lambda_events keeps parameters in a `HashMap`, which loses their order.
            assert_eq!(query, ["x=1", "x=2", "y=a%26b"], "{integration:?}");
            for (key, value) in [
                ("REQUEST_METHOD", "POST"),
                ("PATH_INFO", "/a%20b/c"),
                ("SCRIPT_NAME", ""),
                ("HTTP_COOKIE", "a=1; b=2"),
                ("CONTENT_TYPE", "application/octet-stream"),
                ("CONTENT_LENGTH", "3"),
                ("SERVER_NAME", "example.com"),
                ("SERVER_PORT", "443"),
                ("rack.url_scheme", "https"),
                ("REMOTE_ADDR", "203.0.113.9"),
            ] {
                assert_eq!(pairs.0[key], value, "{key} of {integration:?}");
            }
            // A load balancer without multi-value headers sends only the last value.
            let own = if integration == Integration::Alb { "2" } else { "1, 2" };
            assert_eq!(pairs.0["HTTP_X_OWN"].replace(", ", ","), own.replace(", ", ","));
        }
    }

    #[test]
    fn the_clients_own_addresses_and_values_that_are_not_ascii_remain() {
        for integration in Integration::ALL {
            let request = http::Request::get("https://example.com/")
                .header("x-forwarded-for", "198.51.100.7")
                .header("x-own", "caf\u{e9}")
                .body(Vec::new())
                .unwrap();
            let client = Client { source_ip: "203.0.113.9", time_epoch: 1_583_348_638_390 };
            let json = String::from_utf8(event(integration, &request, &client).unwrap()).unwrap();
            assert!(json.contains("198.51.100.7, 203.0.113.9"), "{integration:?}");
            assert!(json.contains("caf\u{e9}"), "{integration:?}");
        }
    }

    #[test]
    fn a_client_gets_the_same_response_from_every_integration() {
        for integration in Integration::ALL {
            let mut head = Head::new(201).unwrap();
            for (name, value) in
                [("content-type", "image/png"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-own", "a\tb\u{7f}é")]
            {
                head.push(name.as_bytes().into(), value.as_bytes().into());
            }
            let body = [0, 159, 255];
            let payload = Payload::new(integration, head, false, &body).unwrap();
            let response = response(integration, &payload.json().unwrap().to_vec(&body).unwrap()).unwrap();
            assert_eq!(response.status, 201);
            assert_eq!(response.body, body);
            assert_eq!(response.values(&CONTENT_TYPE).collect::<Vec<_>>(), ["image/png"]);
            // The core does not drop values with DEL: see lamby_core::response.
            assert_eq!(response.values(&HeaderName::from_static("x-own")).collect::<Vec<_>>(), ["a\tb\u{7f}é"]);
            let mut cookies: Vec<_> = response.values(&SET_COOKIE).collect();
            cookies.sort_unstable(); // Some payloads have the cookies in a JSON object, which has no order.
            assert_eq!(cookies, ["a=1", "b=2"], "{integration:?}");
        }
    }

    #[test]
    fn malformed_payloads_are_refused() {
        for json in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"headers":{"x":1},"multiValueHeaders":{"x":[1]}}"#,
            r#"{"statusCode":200,"headers":{"x":"\r"},"multiValueHeaders":{"x":["\r"]}}"#,
            r#"{"statusCode":200,"headers":{"x y":""},"multiValueHeaders":{"x y":[""]}}"#,
        ] {
            for integration in Integration::ALL {
                assert!(response(integration, json.as_bytes()).is_err(), "{json} to {integration:?}");
            }
        }
    }
}
