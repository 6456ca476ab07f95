//! Converts the headers of a response to the form that each integration reads.

use std::borrow::Cow;

use super::{
    body_length::BodyLength,
    field::{Field, FieldKind, FieldValue},
    head::Head,
    is_bodiless,
    places::Places,
};
use crate::{Error, Integration};

impl<'a> Head<'a> {
    /// Converts the headers to the form that the integration reads.
    pub(super) fn into_headers(mut self, integration: Integration, length: BodyLength) -> Result<Headers<'a>, Error> {
        if is_bodiless(self.status) {
            self.fields.retain(|field| field.kind != FieldKind::ContentType);
        } else if let Some((field, declared)) = self.length.take() {
            // A wrong length would truncate the response or leave the client waiting.
            let is_sent = match length {
                BodyLength::Known(length) => length == declared,
                BodyLength::Unknown | BodyLength::NoBody => !self.chunked,
            };
            if is_sent {
                self.fields.push(field);
            }
        }
        let mut headers = match integration {
            Integration::FunctionUrl | Integration::HttpApiV2 => self.with_cookies(),
            Integration::HttpApiV1 | Integration::RestApi => self.with_repeated(),
            Integration::AlbMultiValue => self.all_multi_value(),
            Integration::Alb | Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => self.with_spelled_cookies()?,
        };
        headers.decode()?;
        Ok(headers)
    }

    /// Fills `headers` and `cookies`. Joins repeated values in `headers`.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
    fn with_cookies(self) -> Headers<'a> {
        let mut headers = Headers { single: Vec::with_capacity(self.fields.len()), ..Headers::default() };
        let mut places = Places::default();
        for field in self.fields {
            if field.kind == FieldKind::SetCookie {
                headers.cookies.push(field.value);
            } else {
                headers.combine(&mut places, field);
            }
        }
        headers
    }

    /// Fills `headers`, and `multiValueHeaders` for Set-Cookie and for names that have several values. Lamby puts no
    /// name into both maps: "If you specify values for both headers and multiValueHeaders, API Gateway merges them".
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    fn with_repeated(self) -> Headers<'a> {
        let mut headers = Headers { single: Vec::with_capacity(self.fields.len()), ..Headers::default() };
        let mut places = Places::default();
        let mut repeated = Vec::new();
        for field in self.fields {
            if field.kind == FieldKind::SetCookie {
                match headers.multi.first_mut() {
                    Some(cookies) => cookies.more.push(field.value),
                    None => headers.multi.push(Multi::from(field)),
                }
            } else if let Some(place) = places.find(&field.name, &headers.single, |field| &field.name) {
                repeated.push((place, field.value));
            } else {
                headers.single.push(field);
            }
        }
        headers.move_to_multi(repeated);
        headers
    }

    /// Fills only `multiValueHeaders`: "If you enable multi-value headers, you must specify multiValueHeaders".
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers>
    fn all_multi_value(self) -> Headers<'a> {
        let multi = Vec::with_capacity(self.fields.len());
        let mut headers = Headers { multi, multi_alone: true, ..Headers::default() };
        let mut places = Places::default();
        for field in self.fields {
            let place = places.find(&field.name, &headers.multi, |header| &header.first.name);
            match place.and_then(|place| headers.multi.get_mut(place)) {
                Some(header) => header.more.push(field.value),
                None => headers.multi.push(Multi::from(field)),
            }
        }
        headers
    }

    /// Fills only `headers`, which has one value for each name. Several cookies cannot be joined into one value, so
    /// each cookie gets a different spelling of `set-cookie`. Names that differ only by case are different keys in
    /// JSON, but one header in HTTP.
    fn with_spelled_cookies(self) -> Result<Headers<'a>, Error> {
        let mut headers = Headers { single: Vec::with_capacity(self.fields.len()), ..Headers::default() };
        let mut places = Places::default();
        let mut cookies = 0;
        for field in self.fields {
            if field.kind == FieldKind::SetCookie {
                let spelling = spelling(cookies).ok_or_else(|| {
                    Error::InvalidResponse(format!(
                        "the application sets more than {SPELLINGS} cookies, which this integration cannot carry; \
                         on a load balancer, enable multi-value headers"
                    ))
                })?;
                headers.single.push(Field { name: Cow::Owned(spelling), ..field });
                cookies += 1;
            } else {
                headers.combine(&mut places, field);
            }
        }
        Ok(headers)
    }
}

/// Number of spellings of `set-cookie`: each of its nine letters is in lower or upper case.
const SPELLINGS: u32 = 1 << 9;

/// Returns one of the [`SPELLINGS`]: `set-cookie`, `Set-cookie`, `sEt-cookie`, …
fn spelling(number: u32) -> Option<Vec<u8>> {
    let mut letter = 0;
    let spell = |byte: &u8| {
        if *byte == b'-' {
            return *byte;
        }
        let upper = number >> letter & 1 == 1;
        letter += 1;
        if upper { byte.to_ascii_uppercase() } else { *byte }
    };
    (number < SPELLINGS).then(|| b"set-cookie".iter().map(spell).collect())
}

/// A header with all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multi<'a> {
    /// The name and the first value.
    pub first: Field<'a>,
    /// The other values. Most headers have none, and an empty `Vec` allocates no memory.
    pub more: Vec<FieldValue<'a>>,
}

impl<'a> From<Field<'a>> for Multi<'a> {
    fn from(first: Field<'a>) -> Self {
        Self { first, more: Vec::new() }
    }
}

impl<'a> Multi<'a> {
    /// Returns the values.
    pub fn values(&self) -> impl Iterator<Item = &FieldValue<'a>> {
        std::iter::once(&self.first.value).chain(&self.more)
    }
}

/// Headers in the form that an integration reads. Names and values are UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `headers`.
    pub single: Vec<Field<'a>>,
    /// `multiValueHeaders`.
    pub multi: Vec<Multi<'a>>,
    /// `cookies`: the values of Set-Cookie.
    pub cookies: Vec<FieldValue<'a>>,
    /// Whether the integration reads only `multiValueHeaders`.
    multi_alone: bool,
}

impl<'a> Headers<'a> {
    /// Returns whether `headers` is sent. One of the two maps is always sent, even if both are empty.
    #[must_use]
    pub fn sends_single(&self) -> bool {
        !self.single.is_empty() || !self.sends_multi()
    }

    /// Returns whether `multiValueHeaders` is sent.
    #[must_use]
    pub fn sends_multi(&self) -> bool {
        self.multi_alone || !self.multi.is_empty()
    }

    /// Converts the values to UTF-8.
    fn decode(&mut self) -> Result<(), Error> {
        let single = self.single.iter_mut().map(|field| &mut field.value);
        let multi =
            self.multi.iter_mut().flat_map(|Multi { first, more }| std::iter::once(&mut first.value).chain(more));
        single.chain(multi).chain(&mut self.cookies).try_for_each(FieldValue::decode)
    }

    /// Adds a value to `single`, joined by a comma and a space to an earlier value of the same name.
    fn combine(&mut self, places: &mut Places, field: Field<'a>) {
        let place = places.find(&field.name, &self.single, |field| &field.name);
        match place.and_then(|place| self.single.get_mut(place)) {
            Some(earlier) => earlier.value.join(&field.value),
            None => self.single.push(field),
        }
    }

    /// Moves the headers that have several values from `single` to `multi`. `single` contains the first value of each
    /// header. `repeated` contains the other values, each with the index of its header in `single`.
    fn move_to_multi(&mut self, repeated: Vec<(usize, FieldValue<'a>)>) {
        if repeated.is_empty() {
            return;
        }
        let mut headers: Vec<Multi<'a>> = std::mem::take(&mut self.single).into_iter().map(Multi::from).collect();
        for (place, value) in repeated {
            if let Some(header) = headers.get_mut(place) {
                header.more.push(value);
            }
        }
        for header in headers {
            if header.more.is_empty() {
                self.single.push(header.first);
            } else {
                self.multi.push(header);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{response::places::FEW, work};

    fn head(fields: impl IntoIterator<Item = (String, String)>) -> Head<'static> {
        let mut head = Head::new(200).unwrap();
        for (name, value) in fields {
            head.header(name.into_bytes().into()).push_lines(value.into_bytes().into());
        }
        head
    }

    #[test]
    fn each_value_of_a_header_is_sent_under_the_name_of_the_first() {
        let mut head = Head::new(200).unwrap();
        let mut values = head.header(b"X-A".into());
        values.push(b"1".into());
        values.push(b"\r".into());
        values.push_lines(b"2\n\n3\n4\0\n".into());
        let headers = head.into_headers(Integration::RestApi, BodyLength::Unknown).unwrap();
        let header = headers.multi.first().unwrap();
        assert_eq!(&*header.first.name, b"X-A");
        assert_eq!(header.values().map(FieldValue::as_bytes).collect::<Vec<_>>(), [&b"1"[..], b"2", b"3"]);
        assert!(headers.single.is_empty());
    }

    #[test]
    fn a_value_that_is_not_utf8_is_read_as_latin1() {
        for integration in Integration::ALL {
            let mut head = Head::new(200).unwrap();
            head.push(b"x-a".into(), b"caf\xe9".into());
            let headers = head.into_headers(integration, BodyLength::Unknown).unwrap();
            let single = headers.single.iter().map(|field| &field.value);
            let multi = headers.multi.iter().flat_map(Multi::values);
            let values: Vec<_> = single.chain(multi).map(|value| value.as_bytes().to_vec()).collect();
            assert_eq!(values, ["café".as_bytes()], "{integration:?}");
        }
    }

    #[test]
    fn of_several_content_lengths_the_last_valid_one_counts() {
        let sent = |value: &str, length| {
            let head = head([("Content-Length".to_owned(), value.to_owned())]);
            head.into_headers(Integration::FunctionUrl, BodyLength::Known(length)).unwrap().single
        };
        for value in ["5", "6\n5", "5\n5", "5\n5, 5", "5\nmany"] {
            let sent = sent(value, 5);
            assert_eq!(sent.len(), 1);
            let field = sent.first().unwrap();
            assert_eq!((&*field.name, field.value.as_bytes()), (&b"Content-Length"[..], &b"5"[..]));
        }
        for value in ["6", "+5", " 5", "5\n6", ""] {
            assert_eq!(sent(value, 5), []);
        }
    }

    #[test]
    fn four_times_the_headers_take_four_times_the_steps() {
        type Case = fn(usize) -> Vec<(String, String)>;
        let cases: [(&str, Case); 4] = [
            ("names", |count| (0..count).map(|it| (format!("x-{it}"), "1".to_owned())).collect()),
            ("names, each twice", |count| {
                let names = (0..count).map(|it| (format!("x-{it}"), "1".to_owned()));
                names.clone().chain(names.map(|(name, value)| (name.to_uppercase(), value))).collect()
            }),
            ("values", |count| vec![("x".to_owned(), "1\n".repeat(count)); 2]),
            ("cookies", |count| vec![("set-cookie".to_owned(), "a=1\n".repeat(count))]),
        ];
        for integration in Integration::ALL {
            for (what, fields) in cases {
                let steps = |count| {
                    let head = head(fields(count));
                    work::steps(|| {
                        let sent = head.into_headers(integration, BodyLength::Unknown);
                        // More than 512 cookies are an error if each cookie needs a different spelling of Set-Cookie.
                        assert!(sent.is_ok() || what == "cookies");
                    })
                };
                let (once, four_times) = (steps(1000), steps(4000));
                assert!(four_times <= 4 * once + 4 * FEW * FEW, "{integration:?}, {what}: {once}, {four_times}");
            }
        }
    }

    #[test]
    fn many_names_are_grouped_like_few_names() {
        for count in [1, FEW - 1, FEW, FEW + 1, 200] {
            let twice = || {
                let names = (0..count).map(|it| (format!("x-{it}"), format!("{it}")));
                names.clone().chain(names)
            };
            for integration in Integration::ALL {
                let headers = head(twice()).into_headers(integration, BodyLength::Unknown).unwrap();
                let single = headers.single.iter().map(|field| (field.name.to_vec(), field.value.as_bytes().to_vec()));
                let joined =
                    |it: &Multi<'_>| it.values().map(FieldValue::as_bytes).collect::<Vec<_>>().join(&b", "[..]);
                let multi = headers.multi.iter().map(|it| (it.first.name.to_vec(), joined(it)));
                let sent: Vec<_> = single.chain(multi).collect();
                let expected: Vec<_> =
                    (0..count).map(|it| (format!("x-{it}").into_bytes(), format!("{it}, {it}").into_bytes())).collect();
                assert_eq!(sent, expected, "{integration:?}, {count}");
            }
        }
    }

    #[test]
    fn set_cookie_has_512_different_spellings() {
        let spellings: std::collections::HashSet<_> = (0..SPELLINGS).map(|number| spelling(number).unwrap()).collect();
        assert_eq!(spellings.len(), 512);
        assert!(spellings.iter().all(|it| it.eq_ignore_ascii_case(b"set-cookie")));
        assert_eq!(spelling(SPELLINGS), None);
    }
}
