//! The headers that come with an event.

use crate::http::response::Response;

/// The headers of the response to `/next`.
///
/// Each method returns the value of one header, or `None` if it is missing, empty, or not UTF-8.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a>(pub(crate) &'a Response);

impl<'a> Invocation<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`. It is not empty after
    /// [`Client::next_invocation`](crate::Client::next_invocation), which requires it.
    #[must_use]
    pub fn request_id(self) -> &'a str {
        self.0.field("lambda-runtime-aws-request-id").unwrap_or_default()
    }

    /// `Lambda-Runtime-Deadline-Ms`: milliseconds since 1970.
    #[must_use]
    pub fn deadline(self) -> Option<u64> {
        self.0.field("lambda-runtime-deadline-ms")?.parse().ok()
    }

    /// `Lambda-Runtime-Invoked-Function-Arn`.
    #[must_use]
    pub fn function_arn(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-invoked-function-arn")
    }

    /// `Lambda-Runtime-Trace-Id`, for X-Ray.
    #[must_use]
    pub fn trace_id(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-trace-id")
    }

    /// `Lambda-Runtime-Client-Context`: JSON, from AWS's mobile SDKs.
    #[must_use]
    pub fn client_context(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-client-context")
    }

    /// `Lambda-Runtime-Cognito-Identity`: JSON, from AWS's mobile SDKs.
    #[must_use]
    pub fn cognito_identity(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-cognito-identity")
    }

    /// `Lambda-Runtime-Aws-Tenant-Id`: only for functions with tenant isolation.
    #[must_use]
    pub fn tenant_id(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-aws-tenant-id")
    }

    /// `Lambda-Runtime-Invocation-Id`. If Lambda sends one, the response must carry it, too.
    #[must_use]
    pub fn invocation_id(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-invocation-id")
    }
}
