//! What an event that is not HTTP looks like, for the error that names it.
//! Read only after the event was not recognised.

use serde::Deserialize;

use super::text::Text;

/// Marker fields of the events that most functions are triggered by.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Hint<'a> {
    #[serde(rename = "Records")]
    records: Option<Vec<Record<'a>>>,
    #[serde(rename = "detail-type")]
    detail_type: Option<Text<'a>>,
    awslogs: Option<Present>,
    trigger_source: Option<Text<'a>>,
    method_arn: Option<Present>,
    route_arn: Option<Present>,
    request_context: Option<Context>,
}

type Present = serde::de::IgnoredAny;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Record<'a> {
    event_source: Option<Text<'a>>,
    // Amazon SNS alone spells it so.
    #[serde(rename = "EventSource")]
    sns_event_source: Option<Text<'a>>,
    cf: Option<Present>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Context {
    connection_id: Option<Present>,
}

impl Hint<'_> {
    /// Its name, where the marker fields tell it.
    pub(super) fn looks_like(&self) -> Option<&'static str> {
        if self.method_arn.is_some() || self.route_arn.is_some() {
            return Some("a request to an API Gateway Lambda authorizer");
        }
        if self.request_context.as_ref().is_some_and(|context| context.connection_id.is_some()) {
            return Some("a message of an API Gateway WebSocket API");
        }
        if let Some(record) = self.records.as_ref().and_then(|records| records.first()) {
            return record.looks_like();
        }
        if let Some(detail_type) = &self.detail_type {
            return Some(match &**detail_type {
                b"Scheduled Event" => "an Amazon EventBridge schedule",
                _ => "an Amazon EventBridge event",
            });
        }
        if self.awslogs.is_some() {
            return Some("an Amazon CloudWatch Logs batch");
        }
        self.trigger_source.as_ref().map(|_| "an Amazon Cognito trigger")
    }
}

impl Record<'_> {
    fn looks_like(&self) -> Option<&'static str> {
        if self.cf.is_some() {
            return Some("an Amazon CloudFront Lambda@Edge request");
        }
        let source = self.event_source.as_deref().or(self.sns_event_source.as_deref())?;
        Some(match source {
            b"aws:sqs" => "an Amazon SQS batch",
            b"aws:sns" => "an Amazon SNS notification",
            b"aws:s3" => "an Amazon S3 notification",
            b"aws:dynamodb" => "an Amazon DynamoDB stream batch",
            b"aws:kinesis" => "an Amazon Kinesis batch",
            b"aws:ses" => "an Amazon SES message",
            _ => return None,
        })
    }
}
