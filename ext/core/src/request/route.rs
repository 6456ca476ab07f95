//! Separates the stage and a custom domain's base path from the application's path. To do so, compares the path with
//! the route that the integration has chosen for the request.

use super::path::Cut;
use crate::{event::Values, percent_encoding::hex};

/// The route that the integration matched, as far as the event describes it.
///
/// ```
/// # use lamby_core::{event::{Text, Values}, request::route::Route};
/// let text = |text: &'static str| Text(text.as_bytes().into());
/// let parameters = Values(vec![(text("id"), Some(text("42")))]);
/// let route = Route { template: Some(b"/orders/{id}"), parameters: &parameters };
/// let path = b"/shop/orders/42";
/// assert_eq!(route.cut(path, None).apply(path), (&b"/shop"[..], &b"/orders/42"[..]));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Route<'r, 'a> {
    /// The template, such as `/orders/{id}` or `/{proxy+}`; `None` for `$default`.
    pub template: Option<&'r [u8]>,
    /// The values of the template's variables.
    pub parameters: &'r Values<'a>,
}

impl Route<'_, '_> {
    /// Cuts a path that may begin with a stage, a base path, or both.
    ///
    /// The client's request matched the route, so everything before the route's part of the path is the stage or a
    /// custom domain's base path. Without a route, only the stage can be recognised.
    #[must_use]
    pub fn cut(&self, path: &[u8], stage: Option<&[u8]>) -> Cut {
        let stage_alone = behind_stage(path, stage).unwrap_or_default();
        match self.start(path) {
            Some(0) => Cut::path_info(0),
            Some(start) if stage_alone <= start => {
                Cut::base_path(path, stage_alone, start).unwrap_or(Cut::path_info(stage_alone))
            }
            _ => Cut::path_info(stage_alone),
        }
    }

    /// Returns the position at which the route's part of the path starts; `None` if it is not known.
    ///
    /// Replaces each variable of the template by its value; the path must end with the result. Counting segments is not
    /// enough, because HTTP APIs decode `%2F` in the path: a client could make one variable look like two segments, and
    /// the first segment would look like a base path.
    fn start(&self, path: &[u8]) -> Option<usize> {
        let template = self.template?;
        let parameters = self.parameters.lookup();
        ALIKE.into_iter().find_map(|alike| {
            let mut rest = trim_slashes(path);
            for segment in template.rsplit(|&b| b == b'/').filter(|segment| !segment.is_empty()) {
                let text = match variable(segment) {
                    Some(name) => trim_slashes(parameters.get(name)?),
                    None => segment,
                };
                if !text.is_empty() {
                    rest = strip_end(rest, text, alike)?.strip_suffix(b"/")?;
                } else if rest.last_chunk().is_some_and(|end: &[u8; 3]| end.eq_ignore_ascii_case(b"%2F")) {
                    // The variable's value consists of slashes. Without this line, a client could make its own `/%2F`
                    // the base path.
                    return None;
                }
            }
            Some(trim_slashes(rest).len())
        })
    }
}

/// Returns the name of a template's variable: `id` for `{id}`, `proxy` for `{proxy+}`.
fn variable(segment: &[u8]) -> Option<&[u8]> {
    let name = segment.strip_prefix(b"{")?.strip_suffix(b"}")?;
    Some(name.strip_suffix(b"+").unwrap_or(name))
}

/// Returns the position after the stage in the path; `None` if the path does not begin with the stage.
///
/// The stage must be a whole segment, so `/productions` does not begin with the stage `prod`. A path never contains the
/// stage `$default`. <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>
pub(crate) fn behind_stage(path: &[u8], stage: Option<&[u8]>) -> Option<usize> {
    let stage = stage.filter(|stage| !stage.is_empty() && *stage != b"$default")?;
    let rest = path.strip_prefix(b"/")?.strip_prefix(stage)?;
    matches!(rest.first(), None | Some(b'/')).then_some(1 + stage.len())
}

/// Returns the position at which `end` starts; `None` if the path does not end with `end`. Ignores trailing slashes of
/// the path and of `end`.
pub(crate) fn start_of_end(path: &[u8], end: &[u8]) -> Option<usize> {
    let (path, end) = (trim_slashes(path), trim_slashes(end));
    ALIKE.into_iter().find_map(|alike| strip_end(path, end, alike)).map(<[u8]>::len)
}

/// Says what to decode before `end` is compared with the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// Decodes neither the path nor `end`, because HTTP APIs have decoded both.
    Verbatim,
    /// Decodes only the path. REST APIs decode the parameters, but not the path.
    PathDecoded,
    /// Decodes both the path and `end`, because a local tool may have decoded only one of them.
    BothDecoded,
}

const ALIKE: [Alike; 3] = [Alike::Verbatim, Alike::PathDecoded, Alike::BothDecoded];

/// Returns the part of the path before `end`; `None` if the path does not end with `end`. Allocates nothing.
fn strip_end<'p>(path: &'p [u8], end: &[u8], alike: Alike) -> Option<&'p [u8]> {
    if alike == Alike::Verbatim {
        return path.strip_suffix(end);
    }
    let (mut path, mut end) = (path, end);
    while let Some((expected, before)) = last_byte(end, alike == Alike::BothDecoded) {
        let (actual, rest) = last_byte(path, true)?;
        if actual != expected {
            return None;
        }
        (path, end) = (rest, before);
    }
    Some(path)
}

/// Returns the last byte, which may be written as an escape, and the text before it.
fn last_byte(text: &[u8], decode: bool) -> Option<(u8, &[u8])> {
    match text {
        [rest @ .., b'%', high, low] if decode => match (hex(*high), hex(*low)) {
            (Some(high), Some(low)) => Some((high << 4 | low, rest)),
            _ => text.split_last().map(|(last, rest)| (*last, rest)),
        },
        _ => text.split_last().map(|(last, rest)| (*last, rest)),
    }
}

/// Removes all slashes at the end.
fn trim_slashes(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Text;

    /// Cuts a path by a route's template and variables, and by a stage.
    fn cut<'p>(path: &'p str, template: &str, variables: &[(&str, &str)], stage: &str) -> (&'p str, &'p str) {
        let text = |text: &str| Text(text.as_bytes().to_vec().into());
        let parameters = Values(variables.iter().map(|(name, value)| (text(name), Some(text(value)))).collect());
        let template = template.starts_with('/').then_some(template.as_bytes());
        let route = Route { template, parameters: &parameters };
        let (script_name, path_info) = route.cut(path.as_bytes(), Some(stage.as_bytes())).apply(path.as_bytes());
        (str::from_utf8(script_name).unwrap(), str::from_utf8(path_info).unwrap())
    }

    #[test]
    fn the_stage_is_removed_only_as_a_whole_segment() {
        for (path, stage, expected) in [
            ("/prod/orders", "prod", "/orders"),
            ("/productions", "prod", "/productions"),
            ("/products/1", "prod", "/products/1"),
            ("/prod", "prod", "/"),
            ("/prod/", "prod", "/"),
            ("/prod/prod/x", "prod", "/prod/x"),
            ("//prod/x", "prod", "//prod/x"),
            ("/a.c/x", "a.c", "/x"),
            ("/abc/x", "a.c", "/abc/x"),
            ("/$default/x", "$default", "/$default/x"),
        ] {
            assert_eq!(cut(path, "$default", &[], stage), ("", expected), "{path}");
        }
    }

    #[test]
    fn the_stage_stays_where_the_route_says_that_it_is_part_of_the_path() {
        assert_eq!(cut("/prod/x", "/prod/x", &[], "prod"), ("", "/prod/x"));
        assert_eq!(cut("/prod/prod/x", "/prod/x", &[], "prod"), ("", "/prod/x"));
        assert_eq!(cut("/prod/x", "/{proxy+}", &[("proxy", "prod/x")], "prod"), ("", "/prod/x"));
    }

    #[test]
    fn an_escaped_slash_of_the_client_is_not_a_base_path() {
        let whole =
            |path, template, variables: &[_]| assert_eq!(cut(path, template, variables, ""), ("", path), "{path}");
        for (path, value) in [("/%2F", "/"), ("/%2f%2F", "//"), ("/%2F/", "//"), ("//%2F", "//"), ("/x%2F", "x/")] {
            whole(path, "/{proxy+}", &[("proxy", value)]);
        }
        whole("/%2F/b", "/{a}/{b}", &[("a", "/"), ("b", "b")]);
        whole("/a/%2F", "/{a}/{b}", &[("a", "a"), ("b", "/")]);
    }

    #[test]
    fn what_stands_before_the_route_is_the_base_path() {
        let proxy = "/{proxy+}";
        for (path, template, variables, stage, expected) in [
            ("/shop/orders/1", "/orders/{id}", &[("id", "1")][..], "", ("/shop", "/orders/1")),
            ("/shop/v2/orders", proxy, &[("proxy", "orders")], "", ("/shop/v2", "/orders")),
            (
                "/shop/acme/x/y",
                "/{tenant}/{proxy+}",
                &[("proxy", "x/y"), ("tenant", "acme")],
                "",
                ("/shop", "/acme/x/y"),
            ),
            ("/shop", "/", &[], "", ("/shop", "/")),
            ("/shop/", "/", &[], "", ("/shop", "/")),
            ("/prod/shop/x", proxy, &[("proxy", "x")], "prod", ("/shop", "/x")),
            ("/shop/x/", proxy, &[("proxy", "x")], "", ("/shop", "/x/")),
            ("/shop/x/", proxy, &[("proxy", "x/")], "", ("/shop", "/x/")),
            ("/shop//x", proxy, &[("proxy", "x")], "", ("/shop", "//x")),
            ("/shop//x", proxy, &[("proxy", "/x")], "", ("/shop", "//x")),
        ] {
            assert_eq!(cut(path, template, variables, stage), expected, "{path}");
        }
    }

    #[test]
    fn a_path_and_its_variables_may_be_decoded_or_not() {
        for (path, value) in
            [("/shop/a b", "a b"), ("/shop/a%20b", "a b"), ("/shop/a b", "a%20b"), ("/shop/a%2541", "a%41")]
        {
            let expected = ("/shop", path.strip_prefix("/shop").unwrap());
            assert_eq!(cut(path, "/{proxy+}", &[("proxy", value)], ""), expected, "{path} {value}");
        }
        assert_eq!(cut("/shop%2Fx", "/{proxy+}", &[("proxy", "x")], ""), ("", "/shop%2Fx"));
    }

    #[test]
    fn a_client_cannot_forge_a_base_path_with_an_encoded_slash() {
        let (two, tenant) = ("/{a}/{b}", "/{tenant}/{proxy+}");
        for prefix in ["", "/prod"] {
            for (path, template, variables) in [
                // HTTP APIs decode the path. In the first case, the client sent /a%2Fadmin.
                ("/a/admin", "/{id}", &[("id", "a/admin")][..]),
                ("/x/y/z", two, &[("a", "x/y"), ("b", "z")]),
                ("/x/y/z", two, &[("a", "x"), ("b", "y/z")]),
                ("/t/u/p/q", tenant, &[("tenant", "t/u"), ("proxy", "p/q")]),
                ("//evil.example/x", "/{proxy+}", &[("proxy", "/evil.example/x")]),
                // REST APIs keep the path as the client sent it.
                ("/a%2Fadmin", "/{id}", &[("id", "a/admin")]),
                ("/x%2fy/z", two, &[("a", "x/y"), ("b", "z")]),
                ("/%2Fevil.example/x", "/{proxy+}", &[("proxy", "/evil.example/x")]),
            ] {
                let staged = format!("{prefix}{path}");
                assert_eq!(cut(&staged, template, variables, "prod"), ("", path), "{staged}");
            }
        }
    }

    #[test]
    fn a_base_path_has_no_empty_segment() {
        let variables = &[("proxy", "x")];
        for path in ["//evil.example/x", "//x", "/shop//v2/x"] {
            assert_eq!(cut(path, "/{proxy+}", variables, ""), ("", path));
        }
        assert_eq!(cut("//evil.example", "/", &[], ""), ("", "//evil.example"));
        assert_eq!(cut("/prod//evil.example/x", "/{proxy+}", variables, "prod"), ("", "//evil.example/x"));
    }

    #[test]
    fn a_route_that_does_not_match_the_path_is_ignored() {
        for (path, template, variables) in [
            ("/shop/orders", "/{proxy+}", &[("proxy", "other")][..]),
            ("/shop/orders", "/{proxy+}", &[]),
            ("/shop/orders/1", "/orders/{id}", &[]),
            ("/orders", "/a/b/c", &[]),
            ("/x", "/{a}/{b}", &[("a", "x"), ("b", "y")]),
        ] {
            assert_eq!(cut(path, template, variables, "prod"), ("", path));
            assert_eq!(cut(&format!("/prod{path}"), template, variables, "prod"), ("", path));
        }
    }

    #[test]
    fn double_slashes_and_dot_segments_stay_as_sent() {
        assert_eq!(cut("//a//b/../c", "$default", &[], "prod"), ("", "//a//b/../c"));
    }
}
