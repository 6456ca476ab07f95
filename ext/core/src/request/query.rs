//! Builds the query string for integrations that send only maps of parameters.

use super::path::is_escape;
use crate::event::Values;

/// Returns the query of values that the integration has decoded. Encodes them again, so that a `&` in a value does
/// not become a separator.
///
/// ```
/// # use lamby_core::{event::{Text, Values}, request::query};
/// let values = Values(vec![(Text(b"q"[..].into()), Some(Text(b"a&b=c"[..].into())))]);
/// assert_eq!(query::encode(values.0.iter()), b"q=a%26b%3Dc");
/// ```
pub fn encode<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>) -> Vec<u8> {
    join(values, push_encoded)
}

/// Returns the query of values that the integration sends as they came from the client: "the load balancer does not
/// decode them".
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
pub fn raw<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>) -> Vec<u8> {
    join(values, |out, bytes| out.extend_from_slice(bytes))
}

/// Returns the query of values that may or may not be decoded: VPC Lattice's documentation does not say it.
///
/// Keeps bytes and escapes that a query may contain, and encodes all others. The result is right in both cases,
/// except for a decoded value that looks like an escape.
pub fn restore<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>) -> Vec<u8> {
    join(values, |out, bytes| {
        for (index, &byte) in bytes.iter().enumerate() {
            let legal = is_unreserved(byte)
                || matches!(byte, b'+' | b'/' | b':' | b'@' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b',' | b'?')
                || (byte == b'%' && is_escape(bytes.get(index + 1..)));
            if legal { out.push(byte) } else { push_escape(out, byte) }
        }
    })
}

type Pair<'a> = (crate::event::Text<'a>, Option<crate::event::Text<'a>>);

fn join<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>, push: fn(&mut Vec<u8>, &[u8])) -> Vec<u8> {
    let mut query = Vec::new();
    for (name, value) in values {
        if !query.is_empty() {
            query.push(b'&');
        }
        push(&mut query, name);
        if let Some(value) = value {
            query.push(b'=');
            push(&mut query, value);
        }
    }
    query
}

/// Returns all values of the multi-value map, then the values of names that only the other map has. Each map may
/// lack names that the other has, and each may be null.
pub(crate) fn union<'v, 'a>(multi: &'v Values<'a>, single: &'v Values<'a>) -> impl Iterator<Item = &'v Pair<'a>> {
    let known = multi.lookup();
    multi.0.iter().chain(single.0.iter().filter(move |(name, _)| !known.contains(name)))
}

fn push_encoded(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        if is_unreserved(byte) {
            out.push(byte);
        } else {
            push_escape(out, byte);
        }
    }
}

/// Returns whether a byte never needs an escape in a URL.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~')
}

/// Appends `%` and two hexadecimal digits in upper case.
pub(crate) fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Text, work::steps};

    fn values(names: std::ops::Range<usize>) -> Values<'static> {
        let text = |number: usize| Text(number.to_string().into_bytes().into());
        Values(names.map(|number| (text(number), Some(text(number)))).collect())
    }

    #[test]
    fn each_name_of_the_two_maps_comes_once() {
        for (multi, single, expected) in [(0..3, 0..3, 3), (0..3, 2..5, 5), (0..0, 0..3, 3), (0..50, 20..70, 70)] {
            assert_eq!(union(&values(multi), &values(single)).count(), expected);
        }
    }

    #[test]
    fn the_work_is_proportional_to_the_number_of_parameters() {
        for shift in [0, 1] {
            let work = |count: usize| {
                let (multi, single) = (values(0..count), values(count * shift..count * (shift + 1)));
                steps(|| union(&multi, &single).count())
            };
            assert!(work(400) <= 4 * work(100), "{} steps, then {}", work(100), work(400));
        }
    }
}
