//! The known headers, each with its Rack key and its rule.

/// The rule for a client's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The header reaches the application. Repeated values are joined by `, `.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.3>
    List,
    /// The header reaches the application. Repeated values are joined by `; `.
    /// <https://www.rfc-editor.org/rfc/rfc6265#section-5.4>
    Cookies,
    /// The header reaches the application only if it is spelled with hyphens: as `Content-Type`, not as `Content_Type`.
    /// Its Rack key has no prefix `HTTP_`, so an application could not distinguish `Content-Type` from `Content_Type`.
    Exact,
    /// Lamby drops the header if a client sends it.
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
            /// All known headers, in the order of their declaration: `ALL[header as usize] == header`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the key in a Rack environment.
            #[must_use]
            pub const fn rack_key(self) -> &'static str {
                match self { $(Self::$variant => $rack,)* }
            }

            /// Returns the name in lower case, with hyphens.
            pub(super) const fn wire_name(self) -> &'static [u8] {
                match self { $(Self::$variant => $wire,)* }
            }

            /// Returns the known header that has this name. The name must be in lower case, with hyphens.
            pub(super) fn from_folded(name: &[u8]) -> Option<Self> {
                match name { $($wire => Some(Self::$variant),)* _ => None }
            }

            /// Returns the rule for the header.
            pub(super) const fn rule(self) -> Rule {
                match self { $(Self::$variant => Rule::$rule,)* }
            }
        }

        #[cfg(test)]
        pub(super) const WIRE_NAMES: &[(&[u8], Header)] = &[$(($wire, Header::$variant),)*];
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
    // Lamby sets CONTENT_LENGTH to the length of the decoded body.
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
    // Libraries use HTTP_PROXY as the proxy of their own requests: https://httpoxy.org
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
    // The integration has decoded the body, so Transfer-Encoding is no longer correct.
    TransferEncoding b"transfer-encoding" "HTTP_TRANSFER_ENCODING" Drop;
    UpgradeInsecureRequests b"upgrade-insecure-requests" "HTTP_UPGRADE_INSECURE_REQUESTS" List;
    UserAgent b"user-agent" "HTTP_USER_AGENT" List;
    // HTTP_VERSION is the protocol, which the server sets, not a header named Version.
    Version b"version" "HTTP_VERSION" Drop;
    Via b"via" "HTTP_VIA" List;
    XAmzCfId b"x-amz-cf-id" "HTTP_X_AMZ_CF_ID" List;
    // Lambda Web Adapter sets the next three headers from Lambda's own data, so applications may trust them. No
    // integration sends these headers, so if an event has one of them, a client has forged it.
    XAmznLambdaContext b"x-amzn-lambda-context" "HTTP_X_AMZN_LAMBDA_CONTEXT" Drop;
    XAmznRequestContext b"x-amzn-request-context" "HTTP_X_AMZN_REQUEST_CONTEXT" Drop;
    XAmzTenantId b"x-amz-tenant-id" "HTTP_X_AMZ_TENANT_ID" Drop;
    XAmznTraceId b"x-amzn-trace-id" "HTTP_X_AMZN_TRACE_ID" List;
    XCsrfToken b"x-csrf-token" "HTTP_X_CSRF_TOKEN" List;
    XForwardedFor b"x-forwarded-for" "HTTP_X_FORWARDED_FOR" List;
    // VPC Lattice sends the next two headers: https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html
    XForwardedForPort b"x-forwarded-for-port" "HTTP_X_FORWARDED_FOR_PORT" List;
    XForwardedForProto b"x-forwarded-for-proto" "HTTP_X_FORWARDED_FOR_PROTO" List;
    XForwardedHost b"x-forwarded-host" "HTTP_X_FORWARDED_HOST" List;
    XForwardedPort b"x-forwarded-port" "HTTP_X_FORWARDED_PORT" List;
    XForwardedProto b"x-forwarded-proto" "HTTP_X_FORWARDED_PROTO" List;
    XRequestId b"x-request-id" "HTTP_X_REQUEST_ID" List;
    XRequestStart b"x-request-start" "HTTP_X_REQUEST_START" List;
    XRequestedWith b"x-requested-with" "HTTP_X_REQUESTED_WITH" List;
}

/// Prefixes of the headers that AWS sets itself. AWS services spell them with hyphens. But these services do not remove
/// a client's header with underscores, although it has the same Rack key. So Lamby drops a name such as
/// `x_amzn_oidc_identity`.
pub(super) const PLATFORM: [&[u8]; 5] = [
    // CloudFront sets these: the viewer's location and device.
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    b"cloudfront-",
    // Lambda's Runtime API sets these.
    LAMBDA_RUNTIME,
    // CloudFront sets its request id, and Lambda sets the tenant id.
    b"x-amz-",
    // Load balancers send the user (oidc), the client's certificate (mtls), and information about TLS. VPC Lattice
    // sends the caller's identity. API Gateway, WAF and X-Ray use this prefix too.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    // https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-targets.html
    b"x-amzn-",
    // All integrations set these: the client's address, host, port and scheme.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    b"x-forwarded-",
];
/// Prefix of the headers that Lambda's Runtime API sends with an event.
pub(super) const LAMBDA_RUNTIME: &[u8] = b"lambda-runtime-";
