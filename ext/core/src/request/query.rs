//! Builds the query string for integrations that send only maps of parameters.

use crate::{
    event::Values,
    percent_encoding::{is_escape, is_unreserved, push_escape},
};

/// Builds the query from values that the integration has decoded. Encodes them again, so that a `&` in a value does not
/// become a separator.
///
/// ```
/// # use lamby_core::{event::{Text, Values}, request::query};
/// let values = Values(vec![(Text(b"q"[..].into()), Some(Text(b"a&b=c"[..].into())))]);
/// assert_eq!(query::encode(values.0.iter()), b"q=a%26b%3Dc");
/// ```
pub fn encode<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>) -> Vec<u8> {
    join(values, push_encoded)
}

/// Builds the query from values that the integration does not decode: "the load balancer does not decode them".
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
///
/// ```
/// # use lamby_core::{event::{Text, Values}, request::query};
/// let values = Values(vec![(Text(b"q"[..].into()), Some(Text(b"a%26b"[..].into())))]);
/// assert_eq!(query::raw(values.0.iter()), b"q=a%26b");
/// ```
pub fn raw<'v, 'a: 'v>(values: impl IntoIterator<Item = &'v Pair<'a>>) -> Vec<u8> {
    join(values, |out, bytes| out.extend_from_slice(bytes))
}

/// Builds the query from values that VPC Lattice sends. AWS does not document whether Lattice decodes them.
///
/// Keeps bytes and escapes that a query may contain, and encodes all others. The result is correct for decoded and for
/// encoded values, except for a decoded value that contains text like an escape, such as `%41`.
///
/// ```
/// # use lamby_core::{event::{Text, Values}, request::query};
/// let values = Values(vec![(Text(b"q"[..].into()), Some(Text(b"a b%26c"[..].into())))]);
/// assert_eq!(query::restore(values.0.iter()), b"q=a%20b%26c");
/// ```
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

/// Returns all values of the multi-value map, then the values of names that only the single-value map has. Either map
/// may be null, or lack names that the other map has.
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
