use super::{folded::LONGEST_KNOWN, known::WIRE_NAMES, *};

fn headers<'a>(pairs: &[(&'a str, &'a str)]) -> Headers<'a> {
    let mut headers = Headers::default();
    for (name, value) in pairs {
        headers.push(text(name), text(value)).unwrap();
    }
    headers
}

fn text(s: &str) -> Text<'_> {
    Text(s.as_bytes().into())
}

#[test]
fn each_known_header_is_found_by_its_name_and_has_its_rack_key() {
    for (index, (wire, header)) in WIRE_NAMES.iter().enumerate() {
        assert!(wire.len() <= LONGEST_KNOWN);
        assert_eq!(Header::from_folded(wire), Some(*header));
        assert_eq!(Header::ALL[index], *header);
        let cgi = String::from_utf8(wire.to_ascii_uppercase()).unwrap().replace('-', "_");
        let expected = match cgi.as_str() {
            "CONTENT_TYPE" | "CONTENT_LENGTH" => cgi,
            _ => format!("HTTP_{cgi}"),
        };
        assert_eq!(header.rack_key(), expected);
    }
}

#[test]
fn values_of_repeated_names_are_joined_in_any_case() {
    let it = headers(&[
        ("Accept", "a"),
        ("accept", "b"),
        ("X-Own", "1"),
        ("x-own", "2"),
        ("cookie", "a=1"),
        ("Cookie", "b=2"),
    ]);
    assert_eq!(it.get(Header::Accept), Some(&b"a, b"[..]));
    assert_eq!(it.get(Header::Cookie), Some(&b"a=1; b=2"[..]));
    assert_eq!(it.iter().filter(|field| *field.value == *b"1, 2").count(), 1);
    assert_eq!(it.iter().count(), 3);
}

#[test]
fn a_name_with_underscores_never_replaces_the_same_name_with_hyphens() {
    for pairs in [[("x-user", "1"), ("x_user", "6")], [("X_User", "6"), ("X-User", "1")]] {
        let it = headers(&pairs);
        assert_eq!(it.iter().map(|field| &*field.value).collect::<Vec<_>>(), [b"1"]);
    }
    assert_eq!(headers(&[("x_user", "6")]).iter().count(), 1);
    assert_eq!(headers(&[("content_type", "a/b"), ("Content_Length", "9")]).iter().count(), 0);
    assert!(!headers(&[("Content_Length", "9")]).content_length);
}

#[test]
fn a_header_of_aws_with_underscores_never_reaches_the_application() {
    for name in [
        "x-amzn-oidc-identity",
        "x-amzn-oidc-data",
        "x-amzn-mtls-clientcert-subject",
        "x-amzn-tls-version",
        "x-amzn-lattice-identity",
        "x-amzn-trace-id",
        "x-amz-cf-id",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-ssl",
        "x-forwarded-for-proto",
        "cloudfront-viewer-country",
        "cloudfront-viewer-address",
    ] {
        let forged = [name.replace('-', "_"), name.replacen('-', "_", 1), name.replace('-', "_").to_uppercase()];
        for forged in &forged {
            assert_eq!(headers(&[(forged, "6")]).iter().count(), 0, "{forged}");
            for pairs in [[(name, "1"), (forged, "6")], [(forged, "6"), (name, "1")]] {
                let it = headers(&pairs);
                assert_eq!(it.iter().map(|field| &*field.value).collect::<Vec<_>>(), [b"1"], "{forged}");
            }
        }
    }
}

#[test]
fn many_headers_follow_the_same_rules_as_few() {
    for count in [FEW - 1, FEW, FEW + 1, 3 * FEW] {
        let filler = (0..count).map(|number| format!("X-{number}")).collect::<Vec<_>>();
        let mut pairs = filler.iter().map(|name| (name.as_str(), "1")).collect::<Vec<_>>();
        pairs.extend([("x-0", "2"), ("x_own", "6"), ("X-Own", "3"), ("x_own", "6"), ("accept", "a"), ("Accept", "b")]);
        let mut it = headers(&pairs);
        let value = |it: &Headers<'_>, name: &str| {
            let field = it.iter().find(|field| field.spelling().eq_ignore_ascii_case(name.as_bytes()));
            String::from_utf8(field.unwrap().value.to_vec()).unwrap()
        };
        assert_eq!(it.len(), count + 2);
        assert_eq!(value(&it, "x-0"), "1, 2");
        assert_eq!(value(&it, "x_own"), "3");
        assert_eq!(it.get(Header::Accept), Some(&b"a, b"[..]));
        it.set(Header::Accept, text("c"));
        it.set(Header::Cookie, text("d"));
        it.push(text("COOKIE"), text("e")).unwrap();
        assert_eq!(value(&it, "accept"), "c");
        assert_eq!(value(&it, "cookie"), "d; e");
        assert!(it.has_among_first(count, b"x-0") && !it.has_among_first(0, b"x-0"));
        assert!(!it.has_among_first(count, b"cookie") && !it.has_among_first(count, b"x_0"));
    }
}

#[test]
fn the_work_is_proportional_to_the_number_of_headers() {
    let work = |count: usize, names: usize| {
        let names = (0..count).map(|number| format!("x-{}", number % names)).collect::<Vec<_>>();
        work::steps(|| {
            let it = headers(&names.iter().map(|name| (name.as_str(), "1")).collect::<Vec<_>>());
            names.iter().filter(|name| it.has_among_first(it.len(), name.as_bytes())).count()
        })
    };
    for names in [1, 20, usize::MAX] {
        let (few, many) = (work(200, names), work(800, names));
        assert!(many <= 5 * few, "{few} steps, then {many}");
    }
}

#[test]
fn headers_that_only_aws_or_the_server_may_set_are_dropped() {
    let names = [
        "Proxy",
        "Transfer-Encoding",
        "transfer_encoding",
        "Content-Length",
        "Version",
        "X-Amzn-Request-Context",
        "x_amzn_lambda_context",
        "x-amz-tenant-id",
        "Lambda-Runtime-Aws-Request-Id",
        "lambda_runtime_trace_id",
    ];
    for name in names {
        assert_eq!(headers(&[(name, "x")]).iter().count(), 0, "{name}");
    }
}

#[test]
fn a_line_break_in_a_value_is_an_error_that_names_the_header() {
    for value in ["a\r\nb", "a\nb", "a\0b"] {
        let error = Headers::default().push(text("X-Own"), text(value)).unwrap_err();
        assert!(error.to_string().contains("headers.X-Own"), "{error}");
    }
}

#[test]
fn each_map_of_headers_may_lack_headers_that_the_other_has() {
    let values = |pairs: &[(&str, Option<&str>)]| {
        let text = |text: &str| Text(text.as_bytes().to_vec().into());
        Values(pairs.iter().map(|(name, value)| (text(name), value.map(text))).collect())
    };
    let (single, multi) = (
        [("a", Some("1")), ("b", Some("2")), ("c", Some("3")), ("D", Some("4")), ("e", Some("5")), ("f", None)],
        [("a", Some("0")), ("a", Some("1")), ("c", None), ("d", Some("4")), ("e", Some("5")), ("g", Some("7"))],
    );
    let read = |single: &[(&str, Option<&str>)], multi: &[(&str, Option<&str>)]| {
        let headers = Headers::merge(values(single), values(multi)).unwrap();
        headers.iter().map(|field| String::from_utf8(field.value.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(read(&single, &multi), ["0, 1", "4", "5", "7", "2", "3"]);
    assert_eq!(read(&single, &[]), ["1", "2", "3", "4", "5"]);
    assert_eq!(read(&[], &multi), ["0, 1", "4", "5", "7"]);
}
