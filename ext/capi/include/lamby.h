// liblamby: AWS Lambda's HTTP events as CGI-like environments, responses as payloads, and a client of the Runtime API.
//
// cbindgen writes this file from the source of liblamby. The guide is docs/c-api.md.
//
// RESULTS. Each function that can fail returns a status. If the status is not LAMBY_OK, lamby_message returns the reason
// for this thread.
//
// MEMORY. lamby_request, lamby_buffer and lamby_runtime are opaque handles. The caller frees each with its own function,
// lamby_request_free, lamby_buffer_free or lamby_runtime_close, and with nothing else. What a function receives still
// belongs to the caller, and is not used after the call. What a lamby_slice points to belongs to the library, and the
// function that fills the slice says how long it lives.
//
// THREADS. Any number of handles may be used at once. One thread at a time may use a lamby_runtime; several threads may
// read the same lamby_request or lamby_buffer. Any thread may call lamby_runtime_interrupt and lamby_runtime_stream_abort.
// Only lamby_runtime_interrupt may be called from a signal handler.
//
// MISTAKES. The library recognises NULL, a pointer of NULL with a length, a block that ends in the middle of a pair, a
// struct whose size is not set, a call in the wrong order, a second thread in the same runtime, and a forked process.
// Each of these is an error. It cannot recognise a pointer to memory that is not readable or writable, a length that is
// too large, a handle that was freed or is of another type, and a handle that is freed while a thread uses it. The
// behaviour is then undefined.
//
// The library starts no thread, sets no signal handler and calls nothing back.


#ifndef LAMBY_H
#define LAMBY_H

#include <stddef.h>
#include <stdint.h>

// The result of a function. If it is not LAMBY_OK, `lamby_message` returns the reason.
//
// Later versions may add values. Treat a value that you do not know like LAMBY_INTERNAL_ERROR.
typedef enum lamby_status {
  // The function succeeded.
  LAMBY_OK = 0,
  // A signal arrived, or lamby_runtime_interrupt was called. Call the same function with the same arguments again:
  // it continues where it stopped.
  LAMBY_INTERRUPTED = 1,
  // An argument is NULL or wrong, or the function cannot be called in this order.
  LAMBY_INVALID_ARGUMENT = 2,
  // The event is not JSON, or one of its fields is wrong. The message names the field.
  LAMBY_INVALID_EVENT = 3,
  // The event is not an HTTP request. lamby_event_source returns its sender.
  LAMBY_UNHANDLED_EVENT = 4,
  // The application's response violates HTTP, or the integration cannot carry it.
  LAMBY_INVALID_RESPONSE = 5,
  // The response is larger than the integration accepts.
  LAMBY_RESPONSE_TOO_LARGE = 6,
  // There is not enough memory for the event or the response.
  LAMBY_OUT_OF_MEMORY = 7,
  // The Runtime API cannot be reached, and the request had no effect. The same call can be repeated after a pause.
  LAMBY_UNREACHABLE = 8,
  // A whole response or error was sent, but the connection failed before the Runtime API confirmed it. The same call
  // can be repeated: the Runtime API refuses it if it has received the first one.
  LAMBY_UNCONFIRMED = 9,
  // The connection failed in the middle of an event. Report the invocation with lamby_runtime_report_error.
  LAMBY_TRUNCATED = 10,
  // The Runtime API no longer accepts the stream, for example because the client has disconnected.
  LAMBY_STREAM_CLOSED = 11,
  // The Runtime API refused the request. A retry would not help.
  LAMBY_REFUSED = 12,
  // This process was forked from the process that opened the runtime, and only that process may use it.
  LAMBY_FORKED = 13,
  // A bug in liblamby. Please report it with the message.
  LAMBY_INTERNAL_ERROR = 14,
} lamby_status;

// Bytes that the library has made for the caller. Free them with lamby_buffer_free.
typedef struct lamby_buffer lamby_buffer;

// The HTTP request of an event. All of it is copied from the event.
//
// Several threads may read the same request. Free it with lamby_request_free.
typedef struct lamby_request lamby_request;

// A client of the Runtime API with one connection.
//
// One thread at a time may use it. For several invocations at the same time, as on Lambda Managed Instances, open a
// runtime for each thread. Only lamby_runtime_interrupt and lamby_runtime_stream_abort may be called from any thread at
// any time.
typedef struct lamby_runtime lamby_runtime;

// Bytes with a length. They need no NUL at their end. If `length` is 0, `data` may be NULL.
typedef struct lamby_slice {
  // The first byte.
  const char *data;
  // The number of bytes.
  size_t length;
} lamby_slice;

// An invocation and its event. All slices belong to the runtime.
//
// Later versions may add members at the end. A slice that Lambda did not send is empty.
typedef struct lamby_invocation {
  // sizeof(lamby_invocation). Set it before the call.
  size_t size;
  // The event, as JSON.
  struct lamby_slice event;
  // The id of the request, for logs.
  struct lamby_slice request_id;
  // The id of this attempt. The runtime sends it back by itself.
  struct lamby_slice invocation_id;
  // The time at which Lambda ends the invocation, in milliseconds since 1970. 0 if Lambda did not send it.
  uint64_t deadline_ms;
  // The ARN with which the function was invoked.
  struct lamby_slice function_arn;
  // The value for X-Ray's header X-Amzn-Trace-Id.
  struct lamby_slice trace_id;
  // JSON about the client application and the device, from AWS's mobile SDKs.
  struct lamby_slice client_context;
  // JSON about the Amazon Cognito identity, from AWS's mobile SDKs.
  struct lamby_slice cognito_identity;
  // The id of the tenant. Lambda sends it only to functions with tenant isolation.
  struct lamby_slice tenant_id;
} lamby_invocation;

// An error of the application. All slices belong to the caller.
//
// Later versions may add members at the end.
typedef struct lamby_error {
  // sizeof(lamby_error). Set it before the call.
  size_t size;
  // The error's class, such as "ZeroDivisionError". Lambda gets "Function.ZeroDivisionError", with only the letters.
  // A type of Lambda's own, such as "Runtime.ImportModuleError", stays as it is.
  struct lamby_slice error_type;
  // What happened.
  struct lamby_slice message;
  // The stack trace, with a line for each frame. It may be empty.
  struct lamby_slice stack_trace;
} lamby_error;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Returns the version of the library, such as "7.0.0".
//
// The string is static.
const char *lamby_version(void);

// Returns why the last function that failed in this thread failed. The message says what was wrong, where, and what
// to do. It is UTF-8. It is empty if no function has failed in this thread.
//
// The string belongs to the library. It lives until another function fails in this thread, or the thread ends.
const char *lamby_message(void);

// Reads an event, which is JSON, and makes a request.
//
// `request_id` is the id of the invocation: it becomes HTTP_X_REQUEST_ID in place of a client's header. It may be NULL
// with the length 0. The event and the id are not used after the call.
//
// On success, `*request` is a new request that the caller must free. On failure, it is NULL.
//
// Errors: LAMBY_INVALID_EVENT, LAMBY_UNHANDLED_EVENT, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_request_read(const char *event,
                                     size_t event_length,
                                     const char *request_id,
                                     size_t request_id_length,
                                     struct lamby_request **request);

// Returns the environment of a request in one block: KEY, NUL, VALUE, NUL, and so on.
//
// The keys are those of CGI and Rack: REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI,
// REQUEST_PATH, SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL, rack.url_scheme, REMOTE_ADDR, CONTENT_TYPE, CONTENT_LENGTH,
// and HTTP_ and the name for each other header. Each key occurs once. PATH_INFO is percent-encoded, as in Rack; CGI,
// WSGI and PSGI want it decoded. Values are bytes, most of them UTF-8.
//
// `*env` lives until the request is freed.
//
// Errors: LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_request_env(const struct lamby_request *request, struct lamby_slice *env);

// Returns the body of a request. It is decoded, if it is base64 in the event.
//
// `*body` lives until the request is freed.
//
// Errors: LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_request_body(const struct lamby_request *request, struct lamby_slice *body);

// Returns the name of the integration that sent the event: function_url, http_api_v2, http_api_v1, rest_api, alb,
// alb_multi_value, vpc_lattice_v1 or vpc_lattice_v2.
//
// `*integration` is static.
//
// Errors: LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_request_integration(const struct lamby_request *request, struct lamby_slice *integration);

// Frees a request. Does nothing if it is NULL.
void lamby_request_free(struct lamby_request *request);

// Returns the sender of an event that is not HTTP, such as "sqs" or "event_bridge". A direct invocation is "direct".
//
// `*source` is static. It is empty if the event is an HTTP request, or its sender is not known.
//
// Errors: LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_event_source(const char *event, size_t event_length, struct lamby_slice *source);

// Makes the payload of a response: the JSON that Lambda passes to the integration that sent the request.
//
// `status` is the status code, 100 to 999. `headers` is one block: NAME, NUL, VALUE, NUL, and so on; it may be empty.
// If a header has several values, such as Set-Cookie, its name occurs several times, or its value has several lines
// (separated by "\n"). Headers that a Lambda response must not have, such as Connection, are left out.
//
// `body` is the whole body. It is sent as text or as base64, as its type, its encoding and its bytes require. It is not
// sent if the request's method is HEAD or the status is 1xx, 204 or 304.
//
// The arguments are not used after the call. On success, `*payload` is a new buffer that the caller must free. On
// failure, it is NULL.
//
// Errors: LAMBY_INVALID_RESPONSE, LAMBY_RESPONSE_TOO_LARGE, LAMBY_OUT_OF_MEMORY, LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_response_write(const struct lamby_request *request,
                                       int status,
                                       const char *headers,
                                       size_t headers_length,
                                       const char *body,
                                       size_t body_length,
                                       struct lamby_buffer **payload);

// Returns the bytes of a buffer.
//
// `*view` lives until the buffer is freed.
//
// Errors: LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_buffer_view(const struct lamby_buffer *buffer, struct lamby_slice *view);

// Frees a buffer. Does nothing if it is NULL.
void lamby_buffer_free(struct lamby_buffer *buffer);

// Opens a client of the Runtime API.
//
// `address` is the value of the environment variable AWS_LAMBDA_RUNTIME_API, HOST:PORT. `agent` names the program in
// the User-Agent header, for example "my-runtime/1.0". Neither is used after the call. The client connects at its first
// request.
//
// On success, `*runtime` is a new runtime that the caller must close. On failure, it is NULL.
//
// Errors: LAMBY_INVALID_ARGUMENT if the address has another form, LAMBY_UNREACHABLE if the system has no file
// descriptors left.
enum lamby_status lamby_runtime_open(const char *address,
                                     size_t address_length,
                                     const char *agent,
                                     size_t agent_length,
                                     struct lamby_runtime **runtime);

// Waits for the next invocation. There is no timeout, because Lambda may freeze the process for a long time.
//
// Set `invocation->size` to sizeof(lamby_invocation) before the call. The slices in `*invocation` belong to the
// runtime. They live until the next call of lamby_runtime_next or lamby_runtime_close.
//
// Every invocation needs exactly one response or error: lamby_runtime_respond, lamby_runtime_report_error, or a stream
// that is begun and ended.
//
// Errors: LAMBY_INTERRUPTED; LAMBY_TRUNCATED: the invocation has arrived without its whole event, and must be reported
// with lamby_runtime_report_error; LAMBY_UNREACHABLE; LAMBY_REFUSED; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT, also if the
// last invocation has no response yet.
enum lamby_status lamby_runtime_next(struct lamby_runtime *runtime, struct lamby_invocation *invocation);

// Sends the response to the invocation in flight: the payload that lamby_response_write has made, or any JSON if the
// event is not an HTTP request.
//
// The bytes are not used after the call.
//
// Errors: LAMBY_INTERRUPTED; LAMBY_UNREACHABLE and LAMBY_UNCONFIRMED: call again after a pause; LAMBY_REFUSED, for
// example if the payload is too large; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_runtime_respond(struct lamby_runtime *runtime, const char *payload, size_t payload_length);

// Reports that the invocation in flight failed. Before the first call of lamby_runtime_next, reports that the
// initialization failed; the program should end afterwards.
//
// The error is not used after the call.
//
// Errors: those of lamby_runtime_respond.
enum lamby_status lamby_runtime_report_error(struct lamby_runtime *runtime, const struct lamby_error *error);

// Makes the call that waits for the Runtime API return LAMBY_INTERRUPTED. If no call waits, the next call that has to
// wait returns it. If a signal handler of the waiting thread calls this function, two calls return LAMBY_INTERRUPTED:
// one because of the signal, and one because of this function.
//
// Any thread may call it, and so may a signal handler. It makes one system call, and does nothing else. Nobody may call
// it during lamby_runtime_close or later.
//
// Errors: LAMBY_INVALID_ARGUMENT if `runtime` is NULL. This function leaves no message.
enum lamby_status lamby_runtime_interrupt(const struct lamby_runtime *runtime);

// Closes the connection and frees the runtime. Does nothing if it is NULL. Lambda reports an invocation in flight as
// failed when the process ends.
void lamby_runtime_close(struct lamby_runtime *runtime);

// Begins a streamed response: sends status and headers.
//
// `request` is the request of the invocation in flight. `headers` is a block, as for lamby_response_write. If it has a
// Content-Length, the body must have this length. The function must be configured for response streaming, and the
// integration must be a Function URL or a REST API.
//
// The arguments are not used after the call.
//
// Errors: LAMBY_INTERRUPTED; LAMBY_INVALID_RESPONSE: nothing was sent, so another response can be sent;
// LAMBY_UNREACHABLE: call again after a pause; LAMBY_STREAM_CLOSED; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT, also if the
// integration does not stream.
enum lamby_status lamby_runtime_stream_begin(struct lamby_runtime *runtime,
                                             const struct lamby_request *request,
                                             int status,
                                             const char *headers,
                                             size_t headers_length);

// Sends the next bytes of a streamed response. Waits while the function's client reads slowly.
//
// The bytes are not used after the call. Each call becomes a chunk, so join small writes.
//
// Errors: LAMBY_INTERRUPTED; LAMBY_STREAM_CLOSED: stop writing, and go on with lamby_runtime_next or
// lamby_runtime_report_error; LAMBY_INVALID_RESPONSE: the body is longer than its Content-Length, or its chunks are
// malformed: end the stream with an error; LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_runtime_stream_write(struct lamby_runtime *runtime, const char *data, size_t length);

// Ends a streamed response. `error` is NULL if the response is complete. Otherwise the client of the function sees that
// the response was cut off, and Lambda gets the error.
//
// The error is not used after the call.
//
// Errors: LAMBY_INTERRUPTED; LAMBY_INVALID_RESPONSE: the body is shorter than its Content-Length, or its last chunk is
// missing: end the stream with an error; LAMBY_STREAM_CLOSED: go on with lamby_runtime_next; LAMBY_REFUSED;
// LAMBY_FORKED; LAMBY_INVALID_ARGUMENT.
enum lamby_status lamby_runtime_stream_end(struct lamby_runtime *runtime, const struct lamby_error *error);

// Closes the connection of a streamed response, so that the client of the function sees that the response was cut off.
// Never waits. Call it if the client reads so slowly that lamby_runtime_stream_write does not return in time.
//
// Any thread may call it, but no signal handler. Nobody may call it during lamby_runtime_close or later. A thread that
// waits in lamby_runtime_stream_write gets LAMBY_STREAM_CLOSED, and so does the next call for this stream. Then report the
// reason with lamby_runtime_report_error, or go on with lamby_runtime_next. Does nothing if there is no stream.
//
// Errors: LAMBY_INVALID_ARGUMENT if `runtime` is NULL.
enum lamby_status lamby_runtime_stream_abort(const struct lamby_runtime *runtime);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LAMBY_H */
