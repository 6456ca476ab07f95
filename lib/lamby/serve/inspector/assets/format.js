// Formats numbers, times and states for people.

const NUMBER = new Intl.NumberFormat("en-US");

/** Returns "0.42 ms", "12.3 ms", "340 ms" or "1.25 s". */
export function duration(milliseconds) {
  if (milliseconds === undefined || milliseconds === null) return "";
  if (milliseconds >= 60000) return `${Math.floor(milliseconds / 60000)} min ${Math.round((milliseconds % 60000) / 1000)} s`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 100) return `${Math.round(milliseconds)} ms`;
  return `${milliseconds.toFixed(milliseconds >= 10 ? 1 : 2)} ms`;
}

/** Returns "812 B", "1.2 KB" or "3.4 MB". */
export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KB`;
  return `${(count / 1024 / 1024).toFixed(count < 10 * 1024 * 1024 ? 2 : 0)} MB`;
}

/** Returns "10,000". */
export const number = (value) => NUMBER.format(value);

/** Returns "14:03:21". */
export function clock(milliseconds) {
  const time = new Date(milliseconds);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Returns "2026-03-01 14:03:21.042". */
export function instant(milliseconds) {
  const time = new Date(milliseconds);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return `${date} ${clock(milliseconds)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

// The names of outcomes, for the list, and sentences for the details.
const OUTCOMES = {
  error: ["Error", "The function raised an exception."],
  malformed: ["Malformed", "The integration could not read the payload."],
  timeout: ["Timeout", "The function did not respond in time."],
  crashed: ["Crashed", "The process of the function ended."],
  throttled: ["Throttled", "All environments were busy."],
  too_large: ["Too large", "The request or the response is larger than the limit."],
  request_too_large: ["Too large", "The event is larger than the integration accepts."],
  response_too_large: ["Too large", "The payload is larger than the integration accepts."],
  not_started: ["Not started", "The process ended before it asked for an invocation."],
  invalid_request: ["Refused", "The integration does not accept this request."],
  not_found: ["Not found", "The URL does not begin with the stage or the base path."],
  disconnected: ["Gone", "The client closed the connection."],
};

/** Returns the name of an outcome, and a sentence. */
export const outcomeOf = ({ outcome }) => OUTCOMES[outcome] || [title(outcome), ""];

/** Returns how a record went: "pending", "ok", "redirect", "warning" or "failed". */
export function tone(record) {
  if (record.state !== "done") return "pending";
  if (record.outcome !== "response") return record.outcome === "disconnected" ? "warning" : "failed";
  if (record.status >= 500) return "failed";
  if (record.status >= 400) return "warning";
  return record.status >= 300 ? "redirect" : "ok";
}

/** Returns the text of the badge: a status, "OK", or an outcome. */
export function badge(record) {
  if (record.state !== "done") return record.state === "running" ? "Running" : "Queued";
  if (record.status) return String(record.status);
  return record.outcome === "response" ? "OK" : outcomeOf(record)[0];
}

/** Returns "HTTP API v2" for "http_api_v2". */
export function title(name) {
  const names = {
    function_url: "Function URL", http_api_v2: "HTTP API 2.0", http_api_v1: "HTTP API 1.0", rest_api: "REST API", alb: "ALB",
    alb_multi_value: "ALB, multi-value", vpc_lattice_v1: "VPC Lattice v1", vpc_lattice_v2: "VPC Lattice v2", http: "HTTP",
    sqs: "SQS", sns: "SNS", s3: "S3", event_bridge: "EventBridge", dynamodb: "DynamoDB", cloudwatch_logs: "CloudWatch Logs",
    ses: "SES", lambda_at_edge: "Lambda@Edge", websocket_connect: "WebSocket connect", websocket_message: "WebSocket message",
    websocket_disconnect: "WebSocket disconnect",
  };
  return names[name] || String(name).charAt(0).toUpperCase() + String(name).slice(1).replaceAll("_", " ");
}
