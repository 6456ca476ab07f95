//! The header fields of responses that the client's callers read.

/// A header field. The parser keeps the position of its value, so that nothing has to search for the name again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    RequestId,
    InvocationId,
    Deadline,
    FunctionArn,
    TraceId,
    ClientContext,
    CognitoIdentity,
    TenantId,
    ExtensionIdentifier,
}

impl Field {
    pub(super) const ALL: [Self; 9] = [
        Self::RequestId,
        Self::InvocationId,
        Self::Deadline,
        Self::FunctionArn,
        Self::TraceId,
        Self::ClientContext,
        Self::CognitoIdentity,
        Self::TenantId,
        Self::ExtensionIdentifier,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::RequestId => "Lambda-Runtime-Aws-Request-Id",
            Self::InvocationId => "Lambda-Runtime-Invocation-Id",
            Self::Deadline => "Lambda-Runtime-Deadline-Ms",
            Self::FunctionArn => "Lambda-Runtime-Invoked-Function-Arn",
            Self::TraceId => "Lambda-Runtime-Trace-Id",
            Self::ClientContext => "Lambda-Runtime-Client-Context",
            Self::CognitoIdentity => "Lambda-Runtime-Cognito-Identity",
            Self::TenantId => "Lambda-Runtime-Aws-Tenant-Id",
            Self::ExtensionIdentifier => "Lambda-Extension-Identifier",
        }
    }

    /// Returns the field with this name, which may be in upper or lower case.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name))
    }
}
