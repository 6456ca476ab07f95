//! Paths: escapes restored, the stage and a custom domain's base path told from
//! what belongs to the application.

use std::borrow::Cow;

use crate::query::push_escape;

/// The path as a client would have sent it: with a leading slash, and whatever
/// cannot stand in a URL's path as an escape. Legal escapes stay as they are.
///
/// HTTP APIs decode a path; without this the application would see a space or a
/// question mark where the client sent `%20` or `%3F`.
///
/// ```
/// # use lamby_core::path::restore;
/// assert_eq!(&*restore(b"/a b/%2F?"), b"/a%20b/%2F%3F");
/// ```
#[must_use]
pub fn restore(path: &[u8]) -> Cow<'_, [u8]> {
    if path.first() == Some(&b'/') && is_clean(path) {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len() + 16);
    if path.first() != Some(&b'/') {
        out.push(b'/');
    }
    for (index, &byte) in path.iter().enumerate() {
        if is_path_byte(byte) || (byte == b'%' && is_escape(path.get(index + 1..))) {
            out.push(byte);
        } else {
            push_escape(&mut out, byte);
        }
    }
    Cow::Owned(out)
}

fn is_clean(path: &[u8]) -> bool {
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        if !(is_path_byte(byte) || byte == b'%' && is_escape(Some(tail))) {
            return false;
        }
        rest = tail;
    }
    true
}

pub(crate) fn is_escape(rest: Option<&[u8]>) -> bool {
    matches!(rest, Some([a, b, ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// pchar and `/`, without `%`.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
const fn is_path_byte(byte: u8) -> bool {
    crate::query::is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

/// The route that the integration matched, as far as it tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct Route<'r> {
    /// Such as `/orders/{id}` or `/{proxy+}`; `None` for `$default`.
    pub template: Option<&'r [u8]>,
    /// The template's greedy variable, such as `orders/1` for `{proxy+}`.
    pub greedy: Option<&'r [u8]>,
    /// The stage, where the path may begin with it.
    pub stage: Option<&'r [u8]>,
}

impl<'r> Route<'r> {
    /// The name of the template's greedy variable: `proxy` in `/v1/{proxy+}`.
    #[must_use]
    pub fn greedy_name(template: &'r [u8]) -> Option<&'r [u8]> {
        let last = segments(template).last()?;
        last.strip_prefix(b"{")?.strip_suffix(b"+}")
    }
}

/// Cuts a path into `SCRIPT_NAME` and `PATH_INFO`, the stage removed.
///
/// What stands before the matched route is the stage or a custom domain's base
/// path. Without a route only the stage can be known, and only as a whole
/// segment: stage `prod` has nothing to do with `/productions`.
#[must_use]
pub fn split<'p>(path: &'p [u8], route: &Route<'_>) -> (&'p [u8], &'p [u8]) {
    let stage = route.stage.filter(|stage| !stage.is_empty() && *stage != b"$default");
    let starts_with_stage = stage.is_some() && segments(path).next() == stage;
    let leading = leading_segments(path, route);
    let (stages, bases) = match leading {
        Some(0) => (0, 0),
        Some(leading) if starts_with_stage => (1, leading - 1),
        Some(leading) => (0, leading),
        None => (usize::from(starts_with_stage), 0),
    };
    let (_, path) = cut(path, stages);
    let (script_name, path_info) = cut(path, bases);
    (script_name, if path_info.is_empty() { b"/" } else { path_info })
}

/// How many segments stand before those of the route; `None` where that cannot be told.
fn leading_segments(path: &[u8], route: &Route<'_>) -> Option<usize> {
    let template = route.template?;
    let greedy = match Route::greedy_name(template) {
        Some(_) => Some(route.greedy?),
        None => None,
    };
    let fixed = segments(template).count() - usize::from(greedy.is_some());
    let tail = greedy.map_or(0, |greedy| segments(greedy).count());
    let leading = segments(path).count().checked_sub(fixed + tail)?;
    let mut rest = segments(path).skip(leading);
    let fixed_match = segments(template)
        .take(fixed)
        .all(|expected| rest.next().is_some_and(|actual| is_variable(expected) || same(expected, actual)));
    let greedy_matches =
        greedy.is_none_or(|greedy| segments(greedy).all(|it| rest.next().is_some_and(|actual| same(it, actual))));
    (fixed_match && greedy_matches).then_some(leading)
}

fn is_variable(segment: &[u8]) -> bool {
    segment.first() == Some(&b'{') && segment.last() == Some(&b'}')
}

/// Whether two segments are the same text, however much of it is escaped.
fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || decode(a) == decode(b)
}

pub(crate) fn decode(segment: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if is_escape(Some(tail)) => {
                let hex = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
                out.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            _ => out.push(byte),
        }
    }
    out
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|segment| !segment.is_empty())
}

/// Cuts behind the first `count` segments.
fn cut(path: &[u8], count: usize) -> (&[u8], &[u8]) {
    let mut at = 0;
    for _ in 0..count {
        let rest = path.get(at..).unwrap_or_default();
        let start = rest.iter().position(|&b| b != b'/').unwrap_or(rest.len());
        let length = rest.iter().skip(start).position(|&b| b == b'/').unwrap_or(rest.len() - start);
        at += start + length;
    }
    path.split_at_checked(at).unwrap_or((path, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_str<'p>(path: &'p str, template: Option<&str>, greedy: Option<&str>, stage: &str) -> (&'p str, &'p str) {
        let route = Route {
            template: template.map(str::as_bytes),
            greedy: greedy.map(str::as_bytes),
            stage: Some(stage.as_bytes()),
        };
        let (script_name, path_info) = split(path.as_bytes(), &route);
        (str::from_utf8(script_name).unwrap(), str::from_utf8(path_info).unwrap())
    }

    #[test]
    fn the_stage_is_removed_only_as_a_whole_segment() {
        assert_eq!(split_str("/prod/orders", None, None, "prod"), ("", "/orders"));
        assert_eq!(split_str("/productions", None, None, "prod"), ("", "/productions"));
        assert_eq!(split_str("/products/1", None, None, "prod"), ("", "/products/1"));
        assert_eq!(split_str("/prod", None, None, "prod"), ("", "/"));
        assert_eq!(split_str("/prod/", None, None, "prod"), ("", "/"));
        assert_eq!(split_str("/a.c/x", None, None, "a.c"), ("", "/x"));
        assert_eq!(split_str("/abc/x", None, None, "a.c"), ("", "/abc/x"));
        assert_eq!(split_str("/$default/x", None, None, "$default"), ("", "/$default/x"));
    }

    #[test]
    fn the_stage_stays_where_the_route_says_that_it_is_part_of_the_path() {
        assert_eq!(split_str("/prod/x", Some("/prod/x"), None, "prod"), ("", "/prod/x"));
        assert_eq!(split_str("/prod/prod/x", Some("/prod/x"), None, "prod"), ("", "/prod/x"));
        assert_eq!(split_str("/prod/x", Some("/{proxy+}"), Some("prod/x"), "prod"), ("", "/prod/x"));
    }

    #[test]
    fn what_stands_before_the_route_is_the_base_path() {
        assert_eq!(split_str("/shop/orders/1", Some("/orders/{id}"), None, ""), ("/shop", "/orders/1"));
        assert_eq!(split_str("/shop/v2/orders", Some("/{proxy+}"), Some("orders"), ""), ("/shop/v2", "/orders"));
        assert_eq!(split_str("/shop", Some("/"), None, ""), ("/shop", "/"));
        assert_eq!(split_str("/prod/shop/x", Some("/{proxy+}"), Some("x"), "prod"), ("/shop", "/x"));
        assert_eq!(split_str("/shop/a%20b/", Some("/{proxy+}"), Some("a b"), ""), ("/shop", "/a%20b/"));
    }

    #[test]
    fn a_route_that_does_not_match_the_path_says_nothing() {
        assert_eq!(split_str("/shop/orders", Some("/{proxy+}"), Some("other"), ""), ("", "/shop/orders"));
        assert_eq!(split_str("/shop/orders", Some("/{proxy+}"), None, ""), ("", "/shop/orders"));
        assert_eq!(split_str("/orders", Some("/a/b/c"), None, ""), ("", "/orders"));
    }

    #[test]
    fn double_slashes_and_dot_segments_stay_as_sent() {
        assert_eq!(split_str("//a//b/../c", None, None, "prod"), ("", "//a//b/../c"));
        assert_eq!(&*restore(b"//a/./b/../c//"), b"//a/./b/../c//");
    }

    #[test]
    fn only_what_cannot_stand_in_a_path_is_escaped() {
        assert_eq!(&*restore("/ä".as_bytes()), b"/%C3%A4");
        assert_eq!(&*restore(b"/100%/%zz/%41/#x?y[z]"), b"/100%25/%25zz/%41/%23x%3Fy%5Bz%5D");
        assert_eq!(&*restore(b""), b"/");
        assert_eq!(&*restore(b"a"), b"/a");
        let legal = b"/azAZ09-._~:@!$&'()*+,;=/%2f";
        assert!(matches!(restore(legal), Cow::Borrowed(same) if same == legal));
    }
}
