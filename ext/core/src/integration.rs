//! The AWS service that sent an HTTP event, and the size of the largest response that it accepts.

/// The sender of an HTTP event, recognised by the event's structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Integration {
    /// A Lambda Function URL (payload format version 2.0).
    FunctionUrl,
    /// An API Gateway HTTP API with payload format version 2.0.
    HttpApiV2,
    /// An API Gateway HTTP API with payload format version 1.0.
    HttpApiV1,
    /// An API Gateway REST API with the Lambda proxy integration.
    RestApi,
    /// An Application Load Balancer.
    Alb,
    /// An Application Load Balancer whose target group has multi-value headers enabled.
    AlbMultiValue,
    /// A VPC Lattice target with event structure version 1.
    VpcLatticeV1,
    /// A VPC Lattice target with event structure version 2.
    VpcLatticeV2,
}

/// Lambda's limit for a synchronous response: 6 MB. The Runtime API accepts 100 bytes more.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LAMBDA_LIMIT: usize = 6 * 1024 * 1024 + 100;

/// "The maximum size of the response JSON that the Lambda function can send is 1 MB."
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
const ALB_LIMIT: usize = 1024 * 1024;

impl Integration {
    /// All integrations, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::FunctionUrl,
        Self::HttpApiV2,
        Self::HttpApiV1,
        Self::RestApi,
        Self::Alb,
        Self::AlbMultiValue,
        Self::VpcLatticeV1,
        Self::VpcLatticeV2,
    ];

    /// Returns the name used in Ruby and on the command line, such as `http_api_v2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FunctionUrl => "function_url",
            Self::HttpApiV2 => "http_api_v2",
            Self::HttpApiV1 => "http_api_v1",
            Self::RestApi => "rest_api",
            Self::Alb => "alb",
            Self::AlbMultiValue => "alb_multi_value",
            Self::VpcLatticeV1 => "vpc_lattice_v1",
            Self::VpcLatticeV2 => "vpc_lattice_v2",
        }
    }

    /// Returns the name for error messages, such as `an API Gateway REST API`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::FunctionUrl => "a Lambda Function URL",
            Self::HttpApiV2 => "an API Gateway HTTP API (payload 2.0)",
            Self::HttpApiV1 => "an API Gateway HTTP API (payload 1.0)",
            Self::RestApi => "an API Gateway REST API",
            Self::Alb => "an Application Load Balancer",
            Self::AlbMultiValue => "an Application Load Balancer with multi-value headers",
            Self::VpcLatticeV1 => "VPC Lattice (event structure 1)",
            Self::VpcLatticeV2 => "VPC Lattice (event structure 2)",
        }
    }

    /// Returns whether the integration accepts a streamed response.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>,
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>
    #[must_use]
    pub const fn streams(self) -> bool {
        matches!(self, Self::FunctionUrl | Self::RestApi)
    }

    /// Returns the size of the largest payload that the integration accepts, in bytes of JSON.
    #[must_use]
    pub const fn response_limit(self) -> usize {
        match self {
            Self::Alb | Self::AlbMultiValue => ALB_LIMIT,
            _ => LAMBDA_LIMIT,
        }
    }
}
