/*
 * An AWS Lambda function in C, with liblamby.
 *
 *   make                          compiles it
 *   ./app < events                answers each line of the file, an event, with a line, its payload
 *   AWS_LAMBDA_RUNTIME_API=... ./app    polls the Runtime API, as on Lambda
 *
 * The guide is docs/c-api.md.
 */
#define _POSIX_C_SOURCE 200809L
#include <lamby.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static lamby_runtime *runtime;
static volatile sig_atomic_t stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
  lamby_runtime_interrupt(runtime);
}

/* Returns the value of an environment's key, or "". Keys and values end with NUL, so they are C strings. */
static const char *value_of(lamby_slice env, const char *key) {
  const char *end = env.data + env.length;
  for (const char *at = env.data; at < end;) {
    const char *value = at + strlen(at) + 1;
    if (strcmp(at, key) == 0) {
      return value;
    }
    at = value + strlen(value) + 1;
  }
  return "";
}

/* The application. Its page shows the request. The caller frees the page. */
static char *page_for(const lamby_request *request, size_t *length) {
  static const char format[] = "%s %s from %s\n%.*s";
  lamby_slice env, body;
  lamby_request_env(request, &env);
  lamby_request_body(request, &body);
  const char *method = value_of(env, "REQUEST_METHOD"), *path = value_of(env, "PATH_INFO");
  const char *address = value_of(env, "REMOTE_ADDR");
  int text = (int)(body.length > 1000 ? 1000 : body.length);
  int needed = snprintf(NULL, 0, format, method, path, address, text, body.data);
  char *page = needed < 0 ? NULL : malloc((size_t)needed + 1);
  if (page != NULL) {
    *length = (size_t)snprintf(page, (size_t)needed + 1, format, method, path, address, text, body.data);
  }
  return page;
}

/* Names and values in one block. Set-Cookie has two values. */
static const char HEADERS[] = "content-type\0text/plain; charset=utf-8\0set-cookie\0a=1\0set-cookie\0b=2";

/* Answers an event. On success, the caller frees the payload. */
static lamby_status answer(lamby_slice event, lamby_slice id, lamby_buffer **payload) {
  lamby_request *request;
  size_t length = 0;
  lamby_status status = lamby_request_read(event.data, event.length, id.data, id.length, &request);
  if (status != LAMBY_OK) {
    return status;
  }
  char *page = page_for(request, &length);
  status = lamby_response_write(request, page ? 200 : 500, HEADERS, sizeof HEADERS, page, length, payload);
  free(page);
  lamby_request_free(request);
  return status;
}

/* Reports that the invocation in flight failed. */
static lamby_status report(const char *type, const char *message) {
  lamby_error error = {sizeof error, {type, strlen(type)}, {message, strlen(message)}, {NULL, 0}};
  return lamby_runtime_report_error(runtime, &error);
}

/* Calls `send` until it is neither interrupted nor unreachable, but at most five times after a pause. */
#define DELIVER(status, send)                                                                                       \
  for (int pauses = 0; pauses < 5; pauses++) {                                                                      \
    do {                                                                                                            \
      (status) = (send);                                                                                            \
    } while ((status) == LAMBY_INTERRUPTED);                                                                        \
    if ((status) != LAMBY_UNREACHABLE && (status) != LAMBY_UNCONFIRMED) {                                           \
      break;                                                                                                        \
    }                                                                                                               \
    nanosleep(&(struct timespec){0, 100000000L << pauses}, NULL);                                                   \
  }

static int run(const char *address) {
  if (lamby_runtime_open(address, strlen(address), "lamby-c/1.0", 11, &runtime) != LAMBY_OK) {
    fprintf(stderr, "%s\n", lamby_message());
    return 1;
  }
  struct sigaction action = {0};
  action.sa_handler = stop;
  sigaction(SIGTERM, &action, NULL);
  while (!stopped) {
    lamby_invocation invocation = {0};
    invocation.size = sizeof invocation;
    lamby_buffer *payload = NULL;
    lamby_slice view;
    lamby_status status = lamby_runtime_next(runtime, &invocation);
    if (status == LAMBY_INTERRUPTED) {
      continue;
    }
    if (status == LAMBY_OK) {
      status = answer(invocation.event, invocation.request_id, &payload);
    } else if (status != LAMBY_TRUNCATED) {
      fprintf(stderr, "%s\n", lamby_message());
      lamby_runtime_close(runtime);
      return 1;
    }
    if (status == LAMBY_OK) {
      lamby_buffer_view(payload, &view);
      DELIVER(status, lamby_runtime_respond(runtime, view.data, view.length))
      lamby_buffer_free(payload);
    } else {
      char message[1024];
      snprintf(message, sizeof message, "%s", lamby_message());
      fprintf(stderr, "%s\n", message);
      DELIVER(status, report("LambyError", message))
    }
    if (status != LAMBY_OK) {
      fprintf(stderr, "%s\n", lamby_message());
    }
  }
  lamby_runtime_close(runtime);
  return 0;
}

int main(void) {
  const char *address = getenv("AWS_LAMBDA_RUNTIME_API");
  if (address != NULL) {
    return run(address);
  }
  char *line = NULL;
  size_t capacity = 0;
  int failures = 0;
  for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0;) {
    lamby_slice event = {line, (size_t)length}, id = {NULL, 0}, view;
    lamby_buffer *payload;
    if (answer(event, id, &payload) == LAMBY_OK) {
      lamby_buffer_view(payload, &view);
      printf("%.*s\n", (int)view.length, view.data);
      lamby_buffer_free(payload);
    } else {
      fprintf(stderr, "%s\n", lamby_message());
      failures++;
    }
  }
  free(line);
  return failures != 0;
}
