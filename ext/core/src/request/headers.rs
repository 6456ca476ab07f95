//! The headers of a request: the known names, which headers reach the application, and how repeated values are
//! joined.

use std::collections::HashMap;

use crate::{Error, event::Text, work};

/// What happens to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Reaches the application; repeated values are joined by `, `
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.3>
    List,
    /// Reaches the application; repeated values are joined by `; `
    /// <https://www.rfc-editor.org/rfc/rfc6265#section-5.4>
    Cookies,
    /// Reaches the application only if it is spelled with hyphens, never as `Content_Type`. Its Rack key has no
    /// `HTTP_`, so an application would take the second spelling for the first.
    Exact,
    /// Does not reach the application if a client sends it.
    Drop,
}

macro_rules! headers {
    ($($variant:ident $wire:literal $rack:literal $rule:ident;)*) => {
        /// A header whose name is known at compile time, so its Rack key need not be computed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)] // A variant's name is the header's name.
        pub enum Header { $($variant,)* }

        impl Header {
            /// All known headers; `ALL[header as usize] == header`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the key in a Rack environment.
            #[must_use]
            pub const fn rack_key(self) -> &'static str {
                match self { $(Self::$variant => $rack,)* }
            }

            /// Returns the name in lower case, with hyphens.
            const fn wire_name(self) -> &'static [u8] {
                match self { $(Self::$variant => $wire,)* }
            }

            /// Returns the header of a name in lower case, with hyphens.
            fn from_folded(name: &[u8]) -> Option<Self> {
                match name { $($wire => Some(Self::$variant),)* _ => None }
            }

            const fn rule(self) -> Rule {
                match self { $(Self::$variant => Rule::$rule,)* }
            }
        }

        #[cfg(test)]
        const WIRE_NAMES: &[(&[u8], Header)] = &[$(($wire, Header::$variant),)*];
    };
}

headers! {
    Accept b"accept" "HTTP_ACCEPT" List;
    AcceptEncoding b"accept-encoding" "HTTP_ACCEPT_ENCODING" List;
    AcceptLanguage b"accept-language" "HTTP_ACCEPT_LANGUAGE" List;
    Authorization b"authorization" "HTTP_AUTHORIZATION" List;
    CacheControl b"cache-control" "HTTP_CACHE_CONTROL" List;
    CloudfrontForwardedProto b"cloudfront-forwarded-proto" "HTTP_CLOUDFRONT_FORWARDED_PROTO" List;
    CloudfrontIsDesktopViewer b"cloudfront-is-desktop-viewer" "HTTP_CLOUDFRONT_IS_DESKTOP_VIEWER" List;
    CloudfrontIsMobileViewer b"cloudfront-is-mobile-viewer" "HTTP_CLOUDFRONT_IS_MOBILE_VIEWER" List;
    CloudfrontIsSmarttvViewer b"cloudfront-is-smarttv-viewer" "HTTP_CLOUDFRONT_IS_SMARTTV_VIEWER" List;
    CloudfrontIsTabletViewer b"cloudfront-is-tablet-viewer" "HTTP_CLOUDFRONT_IS_TABLET_VIEWER" List;
    CloudfrontViewerCountry b"cloudfront-viewer-country" "HTTP_CLOUDFRONT_VIEWER_COUNTRY" List;
    Connection b"connection" "HTTP_CONNECTION" List;
    // Lamby sets it to the length of the decoded body.
    ContentLength b"content-length" "CONTENT_LENGTH" Drop;
    // "The environment must not contain the keys HTTP_CONTENT_TYPE or HTTP_CONTENT_LENGTH" (Rack SPEC).
    ContentType b"content-type" "CONTENT_TYPE" Exact;
    Cookie b"cookie" "HTTP_COOKIE" Cookies;
    Dnt b"dnt" "HTTP_DNT" List;
    Forwarded b"forwarded" "HTTP_FORWARDED" List;
    Host b"host" "HTTP_HOST" List;
    IfMatch b"if-match" "HTTP_IF_MATCH" List;
    IfModifiedSince b"if-modified-since" "HTTP_IF_MODIFIED_SINCE" List;
    IfNoneMatch b"if-none-match" "HTTP_IF_NONE_MATCH" List;
    Origin b"origin" "HTTP_ORIGIN" List;
    Pragma b"pragma" "HTTP_PRAGMA" List;
    Priority b"priority" "HTTP_PRIORITY" List;
    // Libraries take HTTP_PROXY for the proxy of their own requests: https://httpoxy.org
    Proxy b"proxy" "HTTP_PROXY" Drop;
    Range b"range" "HTTP_RANGE" List;
    Referer b"referer" "HTTP_REFERER" List;
    SecChUa b"sec-ch-ua" "HTTP_SEC_CH_UA" List;
    SecChUaMobile b"sec-ch-ua-mobile" "HTTP_SEC_CH_UA_MOBILE" List;
    SecChUaPlatform b"sec-ch-ua-platform" "HTTP_SEC_CH_UA_PLATFORM" List;
    SecFetchDest b"sec-fetch-dest" "HTTP_SEC_FETCH_DEST" List;
    SecFetchMode b"sec-fetch-mode" "HTTP_SEC_FETCH_MODE" List;
    SecFetchSite b"sec-fetch-site" "HTTP_SEC_FETCH_SITE" List;
    SecFetchUser b"sec-fetch-user" "HTTP_SEC_FETCH_USER" List;
    Te b"te" "HTTP_TE" List;
    // The integration has decoded the body, so the header is no longer true.
    TransferEncoding b"transfer-encoding" "HTTP_TRANSFER_ENCODING" Drop;
    UpgradeInsecureRequests b"upgrade-insecure-requests" "HTTP_UPGRADE_INSECURE_REQUESTS" List;
    UserAgent b"user-agent" "HTTP_USER_AGENT" List;
    // HTTP_VERSION is the protocol, which the server sets, not a header named Version.
    Version b"version" "HTTP_VERSION" Drop;
    Via b"via" "HTTP_VIA" List;
    XAmzCfId b"x-amz-cf-id" "HTTP_X_AMZ_CF_ID" List;
    // Only Lambda sets these two, x-amz-tenant-id and lambda-runtime-*. From a client they are forged.
    XAmznLambdaContext b"x-amzn-lambda-context" "HTTP_X_AMZN_LAMBDA_CONTEXT" Drop;
    XAmznRequestContext b"x-amzn-request-context" "HTTP_X_AMZN_REQUEST_CONTEXT" Drop;
    XAmzTenantId b"x-amz-tenant-id" "HTTP_X_AMZ_TENANT_ID" Drop;
    XAmznTraceId b"x-amzn-trace-id" "HTTP_X_AMZN_TRACE_ID" List;
    XCsrfToken b"x-csrf-token" "HTTP_X_CSRF_TOKEN" List;
    XForwardedFor b"x-forwarded-for" "HTTP_X_FORWARDED_FOR" List;
    // VPC Lattice's names: https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html
    XForwardedForPort b"x-forwarded-for-port" "HTTP_X_FORWARDED_FOR_PORT" List;
    XForwardedForProto b"x-forwarded-for-proto" "HTTP_X_FORWARDED_FOR_PROTO" List;
    XForwardedHost b"x-forwarded-host" "HTTP_X_FORWARDED_HOST" List;
    XForwardedPort b"x-forwarded-port" "HTTP_X_FORWARDED_PORT" List;
    XForwardedProto b"x-forwarded-proto" "HTTP_X_FORWARDED_PROTO" List;
    XRequestId b"x-request-id" "HTTP_X_REQUEST_ID" List;
    XRequestStart b"x-request-start" "HTTP_X_REQUEST_START" List;
    XRequestedWith b"x-requested-with" "HTTP_X_REQUESTED_WITH" List;
}

/// Prefixes of the headers that AWS sets itself. AWS services spell them with hyphens, and do not remove a
/// client's header with underscores, which has the same Rack key. So Lamby drops a name such as
/// `x_amzn_oidc_identity`.
const PLATFORM: [&[u8]; 5] = [
    // CloudFront: the viewer's location and device.
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    b"cloudfront-",
    // Lambda's Runtime API.
    LAMBDA_RUNTIME,
    // CloudFront's request id, Lambda's tenant id.
    b"x-amz-",
    // Load balancers: the user (oidc), the client's certificate (mtls), TLS; VPC Lattice: the
    // caller's identity; API Gateway, WAF, X-Ray.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    // https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html
    b"x-amzn-",
    // All of them: the client's address, host, port and scheme.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    b"x-forwarded-",
];
const LAMBDA_RUNTIME: &[u8] = b"lambda-runtime-";

/// The name of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a> {
    /// A known name.
    Known(Header),
    /// Any other name, as the event spells it.
    Other(Text<'a>),
}

/// One header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The values, joined.
    pub value: Text<'a>,
    /// Hash of the folded name. Only names with the same hash are compared.
    hash: u64,
    /// Whether the client spelled the name with an underscore.
    underscored: bool,
}

/// The headers that reach the application, each name once, in the order of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// Whether the client sent a Content-Length, with any value.
    pub content_length: bool,
    /// A bit for each hash. If a name's bit is not set, the name is new, and no field is compared.
    seen: u64,
    /// The indexes of all fields by folded name, once there are more than `FEW`.
    index: HashMap<Box<[u8]>, usize>,
}

/// Up to this many fields are compared one after another, which is faster than a hash table. A browser sends
/// 15 to 25.
const FEW: usize = 32;

impl<'a> Headers<'a> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { fields: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// Adds a header, or drops it by its rule. Joins the value to earlier values of the same name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEvent`] if the value has a line break or a NUL. No integration sends such an event.
    pub fn push(&mut self, name: Text<'a>, value: Text<'a>) -> Result<(), Error> {
        let Some(folded) = Folded::new(&name) else {
            return Ok(()); // The name is not a token of HTTP, so no HTTP request had it.
        };
        if !is_single_line(&value) {
            single_line(&value, &format!("headers.{}", String::from_utf8_lossy(&name)))?;
        }
        let known = folded.header();
        let rule = known.map_or(Rule::List, Header::rule);
        if known == Some(Header::ContentLength) && !folded.underscored {
            self.content_length = true;
        }
        if rule == Rule::Drop || folded.starts_with(LAMBDA_RUNTIME) {
            return Ok(());
        }
        if folded.underscored && (rule == Rule::Exact || PLATFORM.iter().any(|prefix| folded.starts_with(prefix))) {
            return Ok(());
        }
        let Some(field) = self.find(&folded).and_then(|place| self.fields.get_mut(place)) else {
            let Folded { hash, underscored, .. } = folded;
            let name = known.map_or(Name::Other(name), Name::Known);
            self.add(Field { name, value, hash, underscored });
            return Ok(());
        };
        match (field.underscored, folded.underscored) {
            // `x_forwarded_for` has the Rack key of `x-forwarded-for`, so a client could replace its value:
            // CVE-2024-45614 in Puma, and CVE-2015-1426 before it.
            (false, true) => {}
            (true, false) => {
                field.value = value;
                field.underscored = false;
            }
            _ => {
                let separator: &[u8] = if rule == Rule::Cookies { b"; " } else { b", " };
                let joined = field.value.0.to_mut();
                joined.extend_from_slice(separator);
                joined.extend_from_slice(&value);
            }
        }
        Ok(())
    }

    fn add(&mut self, field: Field<'a>) {
        let place = self.fields.len();
        self.seen |= bit(field.hash);
        self.fields.push(field);
        match place {
            0..FEW => {}
            FEW => self.index = self.fields.iter().map(Field::folded_name).zip(0..).collect(),
            _ => self.index.extend(self.fields.last().map(|field| (field.folded_name(), place))),
        }
    }

    /// Returns the index of a name. Ignores case, and takes underscores for hyphens.
    fn find(&self, folded: &Folded<'_>) -> Option<usize> {
        if self.seen & bit(folded.hash) == 0 {
            return None;
        }
        if self.fields.len() > FEW {
            work::step();
            return self.index.get(&*folded.to_bytes()).copied();
        }
        self.fields.iter().position(|field| {
            work::step();
            field.hash == folded.hash
                && field.spelling().iter().map(|b| fold(*b)).eq(folded.name.iter().map(|b| fold(*b)))
        })
    }

    /// Returns a known header's value; `None` if the header is missing, or spelled with underscores.
    #[must_use]
    pub fn get(&self, header: Header) -> Option<&[u8]> {
        self.field(header).filter(|field| !field.underscored).map(|field| &*field.value)
    }

    /// Sets a header. Replaces the client's header of that name.
    pub(crate) fn set(&mut self, header: Header, value: Text<'a>) {
        match self.fields.iter_mut().find(|field| field.name == Name::Known(header)) {
            Some(field) => {
                field.value = value;
                field.underscored = false;
            }
            None => {
                let hash = Folded::new(header.wire_name()).map_or(0, |folded| folded.hash);
                self.add(Field { name: Name::Known(header), value, hash, underscored: false });
            }
        }
    }

    fn field(&self, header: Header) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name == Name::Known(header))
    }

    /// Returns all headers, in the order of the event.
    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    /// Returns how many headers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns whether there are no headers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Returns whether one of the first `count` headers has that name. Ignores case.
    pub(crate) fn has_among_first(&self, count: usize, name: &[u8]) -> bool {
        count > 0
            && Folded::new(name).is_some_and(|folded| {
                let place = self.find(&folded).filter(|place| *place < count);
                place
                    .and_then(|place| self.fields.get(place))
                    .is_some_and(|field| field.underscored == folded.underscored)
            })
    }
}

/// Returns the bit of a hash in [`Headers::seen`].
const fn bit(hash: u64) -> u64 {
    1 << (hash >> 58)
}

impl Field<'_> {
    /// Returns the name. A known header's name is in lower case, with hyphens.
    fn spelling(&self) -> &[u8] {
        match &self.name {
            Name::Known(header) => header.wire_name(),
            Name::Other(name) => name,
        }
    }

    fn folded_name(&self) -> Box<[u8]> {
        self.spelling().iter().map(|b| fold(*b)).collect()
    }
}

/// Checks that a text for the env is a single line: a header, a cookie, an address, a query.
///
/// # Errors
///
/// [`Error::InvalidEvent`] if it has a line break or a NUL. No integration sends such an event.
pub(crate) fn single_line(text: &[u8], field: &str) -> Result<(), Error> {
    match is_single_line(text) {
        true => Ok(()),
        false => Err(Error::field(field, "its value has a line break or a NUL")),
    }
}

fn is_single_line(text: &[u8]) -> bool {
    // There is no branch for each byte, so the compiler compares sixteen bytes at once. Every header's value is
    // checked here, and cookies are long.
    let is_clean = |bytes: &[u8]| bytes.iter().fold(true, |clean, b| clean & !matches!(b, b'\r' | b'\n' | b'\0'));
    let (chunks, rest) = text.as_chunks::<16>();
    chunks.iter().all(|chunk| is_clean(chunk)) && is_clean(rest)
}

/// A name in lower case, with hyphens in place of underscores.
struct Folded<'n> {
    name: &'n [u8],
    /// The first bytes of the folded name.
    short: [u8; LONGEST_KNOWN],
    hash: u64,
    underscored: bool,
}

/// Length of the longest name that can be a known header's, in bytes.
const LONGEST_KNOWN: usize = 32;

const fn fold(byte: u8) -> u8 {
    match byte {
        b'_' => b'-',
        _ => byte.to_ascii_lowercase(),
    }
}

/// The folded form of each byte; 0 for bytes that a token cannot have.
#[allow(clippy::indexing_slicing)] // In a constant, an index out of bounds is a compiler error.
const FOLDED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if is_token_byte(byte as u8) {
            table[byte] = fold(byte as u8);
        }
        byte += 1;
    }
    table
};

impl<'n> Folded<'n> {
    /// Folds a name. Returns `None` if the name is not a token.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
    fn new(name: &'n [u8]) -> Option<Self> {
        let mut short = [0; LONGEST_KNOWN];
        let mut places = short.chunks_exact_mut(8);
        let mut hash = name.len() as u64;
        let (mut is_token, mut underscored) = (!name.is_empty(), false);
        for chunk in name.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = FOLDED.get(usize::from(*from)).copied().unwrap_or_default();
                is_token &= *to != 0;
                underscored |= *from == b'_';
            }
            if let Some(place) = places.next() {
                place.copy_from_slice(&word);
            }
            // A fast hash of eight bytes at once. Collisions do no harm, because fields with the same hash
            // are compared.
            hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        is_token.then_some(Self { name, short, hash, underscored })
    }

    fn header(&self) -> Option<Header> {
        Header::from_folded(self.short.get(..self.name.len())?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.name.iter().map(|b| fold(*b)).collect()
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.short.starts_with(prefix)
    }
}

const fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*'
        | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

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
            pairs.extend([
                ("x-0", "2"),
                ("x_own", "6"),
                ("X-Own", "3"),
                ("x_own", "6"),
                ("accept", "a"),
                ("Accept", "b"),
            ]);
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
}
