//! The headers of a response: read by the Rack SPEC, checked, and brought into
//! the form that each integration reads.

use std::borrow::Cow;

use http::{HeaderName, header};

use crate::{Error, Integration};

/// The status and headers of a response, as the application gave them.
#[derive(Debug, Clone, Default)]
pub struct Head<'a> {
    pub(super) status: u16,
    pub(super) binary_mark: bool,
    fields: Vec<Field<'a>>,
}

#[derive(Debug, Clone)]
struct Field<'a> {
    name: HeaderName,
    /// As the application spells it.
    spelling: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

impl<'a> Head<'a> {
    /// A head without headers.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] where the status is none of HTTP.
    pub fn new(status: i64) -> Result<Self, Error> {
        match u16::try_from(status).ok().and_then(|status| http::StatusCode::from_u16(status).ok()) {
            Some(status) => Ok(Self { status: status.as_u16(), fields: Vec::with_capacity(16), ..Self::default() }),
            None => Err(Error::InvalidResponse(format!("the application's status is {status}; HTTP has 100 to 999"))),
        }
    }

    /// Adds a header whose value is a string: in Rack 2 several values are
    /// joined by line feeds, and Rack 3 applications still meet it in old middleware.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_lines(&mut self, name: Cow<'a, [u8]>, value: Cow<'a, [u8]>) -> Result<(), Error> {
        if !value.contains(&b'\n') {
            return self.push(name, value);
        }
        for line in value.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            self.push(Cow::Owned(name.to_vec()), Cow::Owned(line.to_vec()))?;
        }
        Ok(())
    }

    /// Adds a header with one value.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] where the name is not a token, or the value has
    /// a line break or another control character: it would be a header of its own.
    pub fn push(&mut self, name: Cow<'a, [u8]>, value: Cow<'a, [u8]>) -> Result<(), Error> {
        // "Special headers starting rack. are for communicating with the server, and
        // must not be sent back to the client" (Rack SPEC).
        if name.starts_with(b"rack.") {
            return Ok(());
        }
        let Ok(parsed) = HeaderName::from_bytes(&name) else {
            return Err(Error::InvalidResponse(format!(
                "the application's header name {:?} is not a legal one; use letters, digits and hyphens",
                String::from_utf8_lossy(&name)
            )));
        };
        if let Some(byte) = value.iter().find(|byte| !is_value_byte(**byte)) {
            return Err(Error::InvalidResponse(format!(
                "the application's header {name} has the control character {:?} in its value {:?}; remove it, \
                 or escape what the client sent before it goes into a header",
                char::from(*byte),
                String::from_utf8_lossy(&value),
                name = parsed.as_str(),
            )));
        }
        if self.is_for_us(&parsed, &value) {
            return Ok(());
        }
        self.fields.push(Field { name: parsed, spelling: name, value });
        Ok(())
    }

    /// Marks for the adapter and headers of one hop: read here, not sent.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>
    fn is_for_us(&mut self, name: &HeaderName, value: &[u8]) -> bool {
        match name.as_str() {
            // Says of a body what isBase64Encoded says, and goes on to the client.
            "content-transfer-encoding" => {
                self.binary_mark |= value.trim_ascii().eq_ignore_ascii_case(b"binary");
                false
            }
            "x-lamby-base64" => {
                self.binary_mark |= value == b"1";
                true
            }
            "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer" | "transfer-encoding" | "upgrade"
            | "status" => true,
            _ => false,
        }
    }

    pub(super) fn content_type(&self) -> Option<&[u8]> {
        self.fields.iter().find(|field| field.name == header::CONTENT_TYPE).map(|field| &*field.value)
    }

    pub(super) fn content_encodings(&self) -> impl Iterator<Item = &[u8]> {
        let encodings = self.fields.iter().filter(|field| field.name == header::CONTENT_ENCODING);
        encodings
            .flat_map(|field| field.value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty()))
    }

    /// Content-Length as the application says it.
    pub(super) fn declared_length(&self) -> Option<u64> {
        let field = self.fields.iter().find(|field| field.name == header::CONTENT_LENGTH)?;
        str::from_utf8(&field.value).ok()?.parse().ok()
    }

    /// The form that the integration reads. The body's length is `None` where it is not
    /// known before the body was.
    pub(super) fn into_headers(
        mut self,
        integration: Integration,
        bodiless: bool,
        head_request: bool,
        body_length: Option<u64>,
    ) -> Result<Headers<'a>, Error> {
        self.fields.retain(|field| match field.name {
            header::CONTENT_TYPE => !bodiless,
            // A length that is wrong would cut the answer or leave the client waiting.
            header::CONTENT_LENGTH => {
                let declared = str::from_utf8(&field.value).ok().and_then(|it| it.parse::<u64>().ok());
                !bodiless && declared.is_some_and(|it| head_request || body_length.is_none_or(|length| it == length))
            }
            _ => true,
        });
        match integration {
            Integration::FunctionUrl | Integration::HttpApiV2 => Ok(self.with_cookies()),
            Integration::HttpApiV1 | Integration::RestApi => Ok(self.with_repeated()),
            Integration::AlbMultiValue => Ok(self.all_multi_value()),
            Integration::Alb | Integration::VpcLatticeV1 | Integration::VpcLatticeV2 => self.with_spelled_cookies(),
        }
    }

    /// `headers` with repeated values combined, and `cookies`.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
    fn with_cookies(self) -> Headers<'a> {
        let mut headers = Headers::default();
        for field in self.fields {
            if field.name == header::SET_COOKIE {
                headers.cookies.push(field.value);
            } else {
                headers.combine(field);
            }
        }
        headers
    }

    /// `headers`, and `multiValueHeaders` for the names that have several values
    /// or are Set-Cookie. "If you specify values for both headers and
    /// multiValueHeaders, API Gateway merges them": so no name stands in both.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    fn with_repeated(self) -> Headers<'a> {
        let mut headers = Headers::default();
        for (index, field) in self.fields.iter().enumerate() {
            let others = |(at, other): (usize, &Field<'_>)| at != index && other.name == field.name;
            if field.name == header::SET_COOKIE || self.fields.iter().enumerate().any(others) {
                headers.collect(field.clone());
            } else {
                headers.single.push((field.name.clone(), field.spelling.clone(), field.value.clone()));
            }
        }
        headers
    }

    /// `multiValueHeaders` alone: "If you enable multi-value headers, you must specify
    /// multiValueHeaders".
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers>
    fn all_multi_value(self) -> Headers<'a> {
        let mut headers = Headers { multi_alone: true, ..Headers::default() };
        for field in self.fields {
            headers.collect(field);
        }
        headers
    }

    /// `headers` alone, which take one value a name. Cookies cannot be combined, but
    /// names that differ by case are different names to JSON and one to HTTP.
    fn with_spelled_cookies(self) -> Result<Headers<'a>, Error> {
        let mut headers = Headers::default();
        let mut cookies = 0;
        for field in self.fields {
            if field.name == header::SET_COOKIE {
                let spelling = spelling(cookies).ok_or_else(|| {
                    Error::InvalidResponse(format!(
                        "the application sets more than {SPELLINGS} cookies, which this integration cannot carry; \
                         on a load balancer, enable multi-value headers"
                    ))
                })?;
                headers.single.push((field.name, Cow::Owned(spelling), field.value));
                cookies += 1;
            } else {
                headers.combine(field);
            }
        }
        Ok(headers)
    }
}

/// What `set-cookie` can be spelled like, by the case of its nine letters.
const SPELLINGS: u32 = 1 << 9;

/// `set-cookie`, `Set-cookie`, `sEt-cookie`, …
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

/// What may stand in a header's value: as `http::HeaderValue` has it.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>
const fn is_value_byte(byte: u8) -> bool {
    (byte >= b' ' && byte != 0x7f) || byte == b'\t'
}

/// A header with one value: its name, how the application spells it, the value.
pub type Single<'a> = (HeaderName, Cow<'a, [u8]>, Cow<'a, [u8]>);
/// A header with all its values.
pub type Multi<'a> = (HeaderName, Cow<'a, [u8]>, Vec<Cow<'a, [u8]>>);

/// Headers in the form that an integration reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `headers`.
    pub single: Vec<Single<'a>>,
    /// `multiValueHeaders`.
    pub multi: Vec<Multi<'a>>,
    /// `cookies`: values of Set-Cookie.
    pub cookies: Vec<Cow<'a, [u8]>>,
    /// Whether the integration looks at no other map than `multiValueHeaders`.
    multi_alone: bool,
}

impl<'a> Headers<'a> {
    /// Whether `headers` is sent: one of the two maps is, even where both are empty.
    #[must_use]
    pub fn sends_single(&self) -> bool {
        !self.single.is_empty() || !self.sends_multi()
    }

    /// Whether `multiValueHeaders` is sent.
    #[must_use]
    pub fn sends_multi(&self) -> bool {
        self.multi_alone || !self.multi.is_empty()
    }

    /// One value a name, joined by a comma and a space.
    fn combine(&mut self, field: Field<'a>) {
        match self.single.iter_mut().find(|(name, ..)| *name == field.name) {
            Some((.., value)) => {
                let value = value.to_mut();
                value.extend_from_slice(b", ");
                value.extend_from_slice(&field.value);
            }
            None => self.single.push((field.name, field.spelling, field.value)),
        }
    }

    fn collect(&mut self, field: Field<'a>) {
        match self.multi.iter_mut().find(|(name, ..)| *name == field.name) {
            Some((.., values)) => values.push(field.value),
            None => self.multi.push((field.name, field.spelling, vec![field.value])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_just_the_bytes_that_the_http_crate_lets_through() {
        for byte in 0..=255 {
            assert_eq!(is_value_byte(byte), http::HeaderValue::from_bytes(&[byte]).is_ok(), "{byte:#x}");
        }
    }

    #[test]
    fn each_spelling_of_set_cookie_is_another() {
        let spellings: std::collections::HashSet<_> = (0..SPELLINGS).map(|number| spelling(number).unwrap()).collect();
        assert_eq!(spellings.len(), 512);
        assert!(spellings.iter().all(|it| it.eq_ignore_ascii_case(b"set-cookie")));
        assert_eq!(spelling(SPELLINGS), None);
    }
}
