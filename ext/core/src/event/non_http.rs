//! Recognises events that are not HTTP requests, by their marker fields. Lamby uses this module only if `Event` did not
//! recognise the event as an HTTP request.

use serde::{Deserialize, de::IgnoredAny as Present};

use super::{fields::Text, source::Source};

macro_rules! event_sources {
    ($($(#[$doc:meta])+ $variant:ident $name:literal $title:expr;)*) => {
        /// The sender of an event that is not HTTP.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventSource { $($(#[$doc])+ $variant,)* }

        impl EventSource {
            /// All sources, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name used in Ruby, such as `sqs`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the name for error messages, such as `an Amazon SQS batch`; `None` for a direct invocation.
            #[must_use]
            pub const fn title(self) -> Option<&'static str> {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

const WEBSOCKET: Option<&str> = Some("a message of an API Gateway WebSocket API");

event_sources! {
    /// A batch of Amazon SQS messages.
    Sqs "sqs" Some("an Amazon SQS batch");
    /// An Amazon SNS notification.
    Sns "sns" Some("an Amazon SNS notification");
    /// Notifications of an Amazon S3 bucket.
    S3 "s3" Some("an Amazon S3 notification");
    /// An event of an Amazon EventBridge bus.
    EventBridge "event_bridge" Some("an Amazon EventBridge event");
    /// An Amazon EventBridge schedule.
    Schedule "schedule" Some("an Amazon EventBridge schedule");
    /// A batch of an Amazon DynamoDB stream.
    DynamoDb "dynamodb" Some("an Amazon DynamoDB stream batch");
    /// A batch of an Amazon Kinesis stream.
    Kinesis "kinesis" Some("an Amazon Kinesis batch");
    /// A batch of an Amazon CloudWatch Logs subscription.
    CloudWatchLogs "cloudwatch_logs" Some("an Amazon CloudWatch Logs batch");
    /// A message that Amazon SES received.
    Ses "ses" Some("an Amazon SES message");
    /// A trigger of an Amazon Cognito user pool, or of a Cognito Sync dataset.
    Cognito "cognito" Some("an Amazon Cognito trigger");
    /// A client connects to a WebSocket API of API Gateway.
    WebSocketConnect "websocket_connect" WEBSOCKET;
    /// A client of a WebSocket API sends a message.
    WebSocketMessage "websocket_message" WEBSOCKET;
    /// A client of a WebSocket API has disconnected.
    WebSocketDisconnect "websocket_disconnect" WEBSOCKET;
    /// API Gateway asks a Lambda authorizer whether to allow a request.
    Authorizer "authorizer" Some("a request to an API Gateway Lambda authorizer");
    /// A request or response of Amazon CloudFront (Lambda@Edge).
    LambdaAtEdge "lambda_at_edge" Some("an Amazon CloudFront Lambda@Edge request");
    /// A direct invocation, whose JSON the caller defines. The JSON has no marker field of the senders above or of
    /// other AWS services.
    Direct "direct" None;
}

impl EventSource {
    /// Returns the sender of the event; `None` if the event may be an HTTP request, or its sender is unknown.
    ///
    /// ```
    /// use lamby_core::event::{EventSource, Json};
    ///
    /// let event = br#"{"Records":[{"eventSource":"aws:sqs","body":"1"}]}"#;
    /// assert_eq!(EventSource::of(&Json(event)), Some(EventSource::Sqs));
    /// assert_eq!(EventSource::of(&Json(br#"{"order":1}"#)), Some(EventSource::Direct));
    /// assert_eq!(EventSource::of(&Json(br#"{"rawPath":"/"}"#)), None);
    /// ```
    #[must_use]
    pub fn of<'a, S: Source<'a>>(event: &S) -> Option<Self> {
        match event.read::<Markers<'_>>() {
            Ok(markers) => markers.source(),
            Err(error) => error.kind(),
        }
    }
}

/// The fields by which this module recognises the sender of an event.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Markers<'a> {
    #[serde(rename = "Records")]
    records: Option<Vec<Record<'a>>>,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: Marker<'a>,
    // Amazon MSK, Amazon MQ and Amazon DocumentDB send `eventSource` once for the whole batch.
    event_source: Option<Present>,
    // Amazon Data Firehose and Managed Service for Apache Flink send records to transform.
    delivery_stream_arn: Option<Present>,
    invocation_id: Option<Present>,
    #[serde(rename = "records")]
    transformed: Option<Present>,
    // Amazon CloudWatch alarms send their ARN.
    alarm_arn: Option<Present>,
    // Amazon S3 sends "s3:TestEvent" when somebody sets up notifications.
    #[serde(rename = "Event")]
    event: Marker<'a>,
    #[serde(rename = "detail-type")]
    detail_type: Marker<'a>,
    source: Marker<'a>,
    awslogs: Option<Present>,
    trigger_source: Marker<'a>,
    // <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html>
    dataset_records: Option<Present>,
    // HTTP requests have `rawPath`, `raw_path` or `httpMethod`. An HTTP request reaches this module only if one of its
    // other fields is missing or invalid.
    #[serde(alias = "raw_path", alias = "httpMethod")]
    raw_path: Option<Present>,
    method_arn: Option<Present>,
    route_arn: Option<Present>,
    request_context: Option<Context<'a>>,
}

/// The value of a marker field: text, or a value of another type. A direct invocation's JSON may use the same name for
/// a value of any type.
#[derive(Deserialize)]
#[serde(untagged, bound(deserialize = "'de: 'a"))]
enum Marker<'a> {
    Text(Text<'a>),
    Other(Present),
}

impl Default for Marker<'_> {
    fn default() -> Self {
        Self::Other(Present)
    }
}

impl Marker<'_> {
    fn text(&self) -> Option<&[u8]> {
        match self {
            Marker::Text(text) => Some(text),
            Marker::Other(_) => None,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Record<'a> {
    event_source: Option<Text<'a>>,
    // Only Amazon SNS spells this name with a capital letter.
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

impl Markers<'_> {
    fn source(&self) -> Option<EventSource> {
        if self.method_arn.is_some() || self.route_arn.is_some() {
            return Some(EventSource::Authorizer);
        }
        if let Some(context) = &self.request_context {
            context.connection_id.as_ref()?;
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>
            return Some(match context.event_type.as_deref() {
                Some(b"CONNECT") => EventSource::WebSocketConnect,
                Some(b"DISCONNECT") => EventSource::WebSocketDisconnect,
                _ => EventSource::WebSocketMessage,
            });
        }
        if self.raw_path.is_some() {
            return None;
        }
        if let Some(records) = &self.records {
            return match records.first() {
                Some(record) => record.source(),
                // The last batch of a tumbling window may be empty.
                // <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>
                None => match self.event_source_arn.text()?.split(|byte| *byte == b':').nth(2)? {
                    b"kinesis" => Some(EventSource::Kinesis),
                    b"dynamodb" => Some(EventSource::DynamoDb),
                    _ => None,
                },
            };
        }
        if let Some(detail_type) = self.detail_type.text() {
            return Some(match (detail_type, self.source.text()) {
                (b"Scheduled Event", Some(b"aws.events" | b"aws.scheduler")) => EventSource::Schedule,
                _ => EventSource::EventBridge,
            });
        }
        if self.awslogs.is_some() {
            return Some(EventSource::CloudWatchLogs);
        }
        if self.trigger_source.text().is_some() || self.dataset_records.is_some() {
            return Some(EventSource::Cognito);
        }
        let transformation = self.invocation_id.is_some() && self.transformed.is_some();
        let batch = self.event_source.is_some() || self.delivery_stream_arn.is_some() || transformation;
        let notice = self.alarm_arn.is_some() || self.event.text() == Some(b"s3:TestEvent");
        (!batch && !notice).then_some(EventSource::Direct)
    }
}

impl Record<'_> {
    fn source(&self) -> Option<EventSource> {
        if self.cf.is_some() {
            return Some(EventSource::LambdaAtEdge);
        }
        match self.event_source.as_deref().or(self.sns_event_source.as_deref())? {
            b"aws:sqs" => Some(EventSource::Sqs),
            b"aws:sns" => Some(EventSource::Sns),
            b"aws:s3" => Some(EventSource::S3),
            b"aws:dynamodb" => Some(EventSource::DynamoDb),
            b"aws:kinesis" => Some(EventSource::Kinesis),
            b"aws:ses" => Some(EventSource::Ses),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Json};

    #[test]
    fn an_event_that_cannot_be_read_has_a_kind_unless_it_may_be_a_request() {
        for (json, kind) in [
            (r#"{"order":1}"#, Some(EventSource::Direct)),
            // `headers` has the wrong type for a request, but this event is not a request.
            (r#"{"headers":1}"#, Some(EventSource::Direct)),
            (r#"{"headers":1,"detail-type":"x"}"#, Some(EventSource::EventBridge)),
            (r#"{"headers":1,"rawPath":"/"}"#, None),
            (r#"{"headers":1,"httpMethod":"GET"}"#, None),
            (r#"{"headers":1,"requestContext":{}}"#, None),
            ("[1]", Some(EventSource::Direct)),
            ("null", Some(EventSource::Direct)),
            ("", None),
            ("<html>", None),
            ("{", None),
        ] {
            assert_eq!(Event::read(&Json(json.as_bytes())).unwrap_err().kind(), kind, "{json}");
        }
    }
}
