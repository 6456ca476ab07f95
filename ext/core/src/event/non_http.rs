//! Recognises events that are not HTTP by their marker fields. Reads an event only after it was not recognised
//! as a request.

use serde::{Deserialize, de::IgnoredAny as Present};

use super::{
    fields::Text,
    source::{self, Source},
};
use crate::Error;

/// What sent an event that is not HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A batch of Amazon SQS messages.
    Sqs,
    /// An Amazon SNS notification.
    Sns,
    /// Notifications of an Amazon S3 bucket.
    S3,
    /// An event of an Amazon EventBridge bus.
    EventBridge,
    /// An Amazon EventBridge schedule.
    Schedule,
    /// A batch of an Amazon DynamoDB stream.
    DynamoDb,
    /// A batch of an Amazon Kinesis stream.
    Kinesis,
    /// A batch of an Amazon CloudWatch Logs subscription.
    CloudWatchLogs,
    /// A message that Amazon SES received.
    Ses,
    /// A trigger of an Amazon Cognito user pool, or of a Cognito Sync dataset.
    Cognito,
    /// A client connects to a WebSocket API of API Gateway.
    WebSocketConnect,
    /// A client of a WebSocket API sends a message.
    WebSocketMessage,
    /// A client of a WebSocket API has disconnected.
    WebSocketDisconnect,
    /// API Gateway asks a Lambda authorizer whether to allow a request.
    Authorizer,
    /// A request or response of Amazon CloudFront (Lambda@Edge).
    LambdaAtEdge,
    /// A direct invocation, with the caller's own JSON. It has no marker field of the senders above, nor of
    /// other AWS services.
    Direct,
}

impl Kind {
    /// All sources, in the order of their declaration.
    pub const ALL: [Self; 16] = [
        Self::Sqs,
        Self::Sns,
        Self::S3,
        Self::EventBridge,
        Self::Schedule,
        Self::DynamoDb,
        Self::Kinesis,
        Self::CloudWatchLogs,
        Self::Ses,
        Self::Cognito,
        Self::WebSocketConnect,
        Self::WebSocketMessage,
        Self::WebSocketDisconnect,
        Self::Authorizer,
        Self::LambdaAtEdge,
        Self::Direct,
    ];

    /// Returns what sent the event; `None` if the event may be an HTTP request, or its sender is unknown.
    #[must_use]
    pub fn of<'a, S: Source<'a>>(from: &S) -> Option<Self> {
        match from.read::<Marks<'_>>() {
            Ok(marks) => marks.kind(),
            // Only a direct invocation has an array, a string or null, for example one by EventBridge Pipes.
            Err(Error::NotAnObject { found }) if found != source::EMPTY && found != source::NOT_JSON => {
                Some(Self::Direct)
            }
            Err(_) => None,
        }
    }

    /// Returns the name used in Ruby, such as `sqs`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::S3 => "s3",
            Self::EventBridge => "event_bridge",
            Self::Schedule => "schedule",
            Self::DynamoDb => "dynamodb",
            Self::Kinesis => "kinesis",
            Self::CloudWatchLogs => "cloudwatch_logs",
            Self::Ses => "ses",
            Self::Cognito => "cognito",
            Self::WebSocketConnect => "websocket_connect",
            Self::WebSocketMessage => "websocket_message",
            Self::WebSocketDisconnect => "websocket_disconnect",
            Self::Authorizer => "authorizer",
            Self::LambdaAtEdge => "lambda_at_edge",
            Self::Direct => "direct",
        }
    }

    /// Returns AWS's name for messages; `None` for a direct invocation.
    #[must_use]
    pub const fn title(self) -> Option<&'static str> {
        Some(match self {
            Self::Sqs => "an Amazon SQS batch",
            Self::Sns => "an Amazon SNS notification",
            Self::S3 => "an Amazon S3 notification",
            Self::EventBridge => "an Amazon EventBridge event",
            Self::Schedule => "an Amazon EventBridge schedule",
            Self::DynamoDb => "an Amazon DynamoDB stream batch",
            Self::Kinesis => "an Amazon Kinesis batch",
            Self::CloudWatchLogs => "an Amazon CloudWatch Logs batch",
            Self::Ses => "an Amazon SES message",
            Self::Cognito => "an Amazon Cognito trigger",
            Self::WebSocketConnect | Self::WebSocketMessage | Self::WebSocketDisconnect => {
                "a message of an API Gateway WebSocket API"
            }
            Self::Authorizer => "a request to an API Gateway Lambda authorizer",
            Self::LambdaAtEdge => "an Amazon CloudFront Lambda@Edge request",
            Self::Direct => return None,
        })
    }
}

/// Marker fields of the events that most functions are triggered by.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Marks<'a> {
    #[serde(rename = "Records")]
    records: Option<Vec<Record<'a>>>,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: Mark<'a>,
    // Amazon MSK, Amazon MQ, Amazon DocumentDB: one source for the whole batch.
    event_source: Option<Present>,
    // Amazon Data Firehose, and Managed Service for Apache Flink: records to transform.
    delivery_stream_arn: Option<Present>,
    invocation_id: Option<Present>,
    #[serde(rename = "records")]
    transformed: Option<Present>,
    // Amazon CloudWatch alarms.
    alarm_arn: Option<Present>,
    // Amazon S3: "s3:TestEvent", which it sends when notifications are set up.
    #[serde(rename = "Event")]
    event: Mark<'a>,
    #[serde(rename = "detail-type")]
    detail_type: Mark<'a>,
    source: Mark<'a>,
    awslogs: Option<Present>,
    trigger_source: Mark<'a>,
    // <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html>
    dataset_records: Option<Present>,
    // HTTP requests. Such an event is read here if another of its fields is invalid.
    #[serde(alias = "raw_path", alias = "httpMethod")]
    raw_path: Option<Present>,
    method_arn: Option<Present>,
    route_arn: Option<Present>,
    request_context: Option<Context<'a>>,
}

/// A marker field's text, or a value of another type: a direct invocation's JSON may use the same name for anything.
#[derive(Deserialize)]
#[serde(untagged, bound(deserialize = "'de: 'a"))]
enum Mark<'a> {
    Text(Text<'a>),
    Other(Present),
}

impl Default for Mark<'_> {
    fn default() -> Self {
        Self::Other(Present)
    }
}

impl Mark<'_> {
    fn text(&self) -> Option<&[u8]> {
        match self {
            Mark::Text(text) => Some(text),
            Mark::Other(_) => None,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Record<'a> {
    event_source: Option<Text<'a>>,
    // Only Amazon SNS spells it with a capital letter.
    #[serde(rename = "EventSource")]
    sns_event_source: Option<Text<'a>>,
    cf: Option<Present>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Context<'a> {
    connection_id: Option<Present>,
    event_type: Option<Text<'a>>,
}

impl Marks<'_> {
    fn kind(&self) -> Option<Kind> {
        if self.method_arn.is_some() || self.route_arn.is_some() {
            return Some(Kind::Authorizer);
        }
        if let Some(context) = &self.request_context {
            context.connection_id.as_ref()?;
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>
            return Some(match context.event_type.as_deref() {
                Some(b"CONNECT") => Kind::WebSocketConnect,
                Some(b"DISCONNECT") => Kind::WebSocketDisconnect,
                _ => Kind::WebSocketMessage,
            });
        }
        if self.raw_path.is_some() {
            return None;
        }
        if let Some(records) = &self.records {
            return match records.first() {
                Some(record) => record.kind(),
                // The last batch of a tumbling window may be empty.
                // <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>
                None => match self.event_source_arn.text()?.split(|byte| *byte == b':').nth(2)? {
                    b"kinesis" => Some(Kind::Kinesis),
                    b"dynamodb" => Some(Kind::DynamoDb),
                    _ => None,
                },
            };
        }
        if let Some(detail_type) = self.detail_type.text() {
            return Some(match (detail_type, self.source.text()) {
                (b"Scheduled Event", Some(b"aws.events" | b"aws.scheduler")) => Kind::Schedule,
                _ => Kind::EventBridge,
            });
        }
        if self.awslogs.is_some() {
            return Some(Kind::CloudWatchLogs);
        }
        if self.trigger_source.text().is_some() || self.dataset_records.is_some() {
            return Some(Kind::Cognito);
        }
        let transformation = self.invocation_id.is_some() && self.transformed.is_some();
        let batch = self.event_source.is_some() || self.delivery_stream_arn.is_some() || transformation;
        let notice = self.alarm_arn.is_some() || self.event.text() == Some(b"s3:TestEvent");
        (!batch && !notice).then_some(Kind::Direct)
    }
}

impl Record<'_> {
    fn kind(&self) -> Option<Kind> {
        if self.cf.is_some() {
            return Some(Kind::LambdaAtEdge);
        }
        match self.event_source.as_deref().or(self.sns_event_source.as_deref())? {
            b"aws:sqs" => Some(Kind::Sqs),
            b"aws:sns" => Some(Kind::Sns),
            b"aws:s3" => Some(Kind::S3),
            b"aws:dynamodb" => Some(Kind::DynamoDb),
            b"aws:kinesis" => Some(Kind::Kinesis),
            b"aws:ses" => Some(Kind::Ses),
            _ => None,
        }
    }
}
