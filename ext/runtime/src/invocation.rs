//! What comes with an event.

use crate::response::Response;

/// The head of `/next`'s answer.
///
/// All but the request id may be missing.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a>(pub(crate) &'a Response);

impl<'a> Invocation<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`; [`Client::next_invocation`](crate::Client::next_invocation) has seen that it is there.
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

    /// `Lambda-Runtime-Aws-Tenant-Id`, of functions with tenant isolation.
    #[must_use]
    pub fn tenant_id(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-aws-tenant-id")
    }

    /// `Lambda-Runtime-Invocation-Id`: goes back with the answer, where there is one.
    #[must_use]
    pub fn invocation_id(self) -> Option<&'a str> {
        self.0.field("lambda-runtime-invocation-id")
    }
}
