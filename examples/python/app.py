"""A WSGI application without a framework, and a function for events that are not HTTP."""

import json
import time


def application(environ, start_response):
    if environ["PATH_INFO"] == "/clock":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return clock(3)
    body = environ["wsgi.input"].read()
    page = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} from {environ.get('REMOTE_ADDR')}\n".encode("latin-1") + body
    start_response("200 OK", [("Content-Type", "text/plain; charset=latin-1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [page]


def clock(seconds):
    """Sends the time once a second. With a stream, each line arrives at once."""
    for second in range(seconds):
        if second:
            time.sleep(1)
        yield time.strftime("%H:%M:%S\n").encode()


def handle(event, source):
    """Handles events that are not HTTP, such as the batches of an SQS queue."""
    print(json.dumps({"source": source, "records": len(event.get("Records", []))}), flush=True)
