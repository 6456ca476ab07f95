//! The path of a request: restores escapes, and cuts the path into `SCRIPT_NAME` and `PATH_INFO`.

use std::borrow::Cow;

use crate::{
    event::Text,
    percent_encoding::{is_escape, is_unreserved, push_escape},
};

/// Returns the path as a client sends it: with a leading slash, and with escapes for bytes that a URL's path cannot
/// contain. Valid escapes stay unchanged.
///
/// HTTP APIs decode the path. Without this function the application would get a space or a question mark where
/// the client sent `%20` or `%3F`.
///
/// ```
/// # use lamby_core::request::path::restore;
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

/// Returns whether a path may contain the byte without an escape. The RFC allows the bytes of `pchar`, and `/`.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

/// The positions at which a path is cut. `SCRIPT_NAME` is `path[script_name..path_info]`, and `PATH_INFO` is
/// `path[path_info..]`. The part before `script_name` is the stage, which the application does not get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    script_name: usize,
    path_info: usize,
}

impl Cut {
    /// Returns a cut with an empty `SCRIPT_NAME`, and a `PATH_INFO` that begins at this position.
    pub(crate) const fn path_info(at: usize) -> Self {
        Self { script_name: at, path_info: at }
    }

    /// Returns a cut whose `SCRIPT_NAME` is the text between two positions; `None` if that text cannot be a base
    /// path.
    ///
    /// An API mapping has no empty segments. If `SCRIPT_NAME` began with `//`, the application's own links would
    /// lead to another host.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html>
    pub(crate) fn base_path(path: &[u8], script_name: usize, path_info: usize) -> Option<Self> {
        let base_path = path.get(script_name..path_info)?;
        let is_base_path = match base_path.strip_prefix(b"/") {
            Some(segments) => segments.split(|&b| b == b'/').all(|segment| !segment.is_empty()),
            None => base_path.is_empty(),
        };
        is_base_path.then_some(Self { script_name, path_info })
    }

    /// Returns `SCRIPT_NAME` and `PATH_INFO`.
    #[must_use]
    pub fn apply<'p>(&self, path: &'p [u8]) -> (&'p [u8], &'p [u8]) {
        let (before, path_info) = path.split_at_checked(self.path_info).unwrap_or((b"", path));
        let script_name = before.get(self.script_name..).unwrap_or_default();
        (script_name, if path_info.is_empty() { b"/" } else { path_info })
    }

    /// Returns `SCRIPT_NAME` and `PATH_INFO` of an event's path, with escapes restored.
    pub(super) fn split<'a>(self, path: Text<'a>) -> (Cow<'a, [u8]>, Cow<'a, [u8]>) {
        // If the path borrows from the event, the result can borrow from it too. If this function owns the path, the
        // parts must be copied.
        let (script_name, path_info) = match path.0 {
            Cow::Borrowed(path) => {
                let (script_name, path_info) = self.apply(path);
                (Cow::Borrowed(script_name), restore(path_info))
            }
            Cow::Owned(path) => {
                let (script_name, path_info) = self.apply(&path);
                (Cow::Owned(script_name.to_vec()), Cow::Owned(restore(path_info).into_owned()))
            }
        };
        match &*script_name {
            b"" => (Cow::Borrowed(b""), path_info),
            _ => (Cow::Owned(restore(&script_name).into_owned()), path_info),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bytes_that_a_path_cannot_contain_are_escaped() {
        assert_eq!(&*restore("/ä".as_bytes()), b"/%C3%A4");
        assert_eq!(&*restore(b"//a/./b/../c//"), b"//a/./b/../c//");
        assert_eq!(&*restore(b"/100%/%zz/%41/#x?y[z]"), b"/100%25/%25zz/%41/%23x%3Fy%5Bz%5D");
        assert_eq!(&*restore(b""), b"/");
        assert_eq!(&*restore(b"a"), b"/a");
        let legal = b"/azAZ09-._~:@!$&'()*+,;=/%2f";
        assert!(matches!(restore(legal), Cow::Borrowed(same) if same == legal));
    }
}
