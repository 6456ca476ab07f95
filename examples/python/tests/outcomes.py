"""The application that spec/capi/python_spec.rb runs as a Lambda function."""

import os
import signal
import sys
import time


def application(environ, start_response):
    action = getattr(Actions, environ["PATH_INFO"].strip("/") or "hello")
    return action(environ, start_response)


class Closing:
    """A body that writes a line to the log when it is closed."""

    def __init__(self, chunks):
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)

    def close(self):
        print("closed", file=sys.stderr, flush=True)


def text(start_response, *chunks, headers=()):
    start_response("200 OK", [("Content-Type", "text/plain"), *headers])
    return Closing(chunks)


class Actions:
    def hello(environ, start_response):
        return text(start_response, b"hello")

    def echo(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return [environ["wsgi.input"].read()]

    def context(environ, start_response):
        invocation = environ["lamby.invocation"]
        return text(start_response, repr(tuple(invocation)).encode(), b" ", os.environ["_X_AMZN_TRACE_ID"].encode())

    def parts(environ, start_response):
        return text(start_response, b"one ", b"", b"two ", b"three", headers=[("Set-Cookie", "a=1")])

    def write(environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"one ")
        write(b"two")
        return []

    def endless(environ, start_response):
        def chunks():
            while True:
                yield b"x" * 10_000

        return closing(start_response, chunks())

    def fails(environ, start_response):
        raise ZeroDivisionError("no caf\u00e9 \udcff")

    def breaks(environ, start_response):
        def chunks():
            yield b"begun"
            raise KeyError("broken")

        return closing(start_response, chunks())

    def short(environ, start_response):
        return text(start_response, b"abc", headers=[("Content-Length", "10")])

    def exits(environ, start_response):
        sys.exit(3)

    def interrupt(environ, start_response):
        raise KeyboardInterrupt

    def violates(environ, start_response):
        return text(start_response, b"", headers=[("X-A", "b\0c")])

    def large(environ, start_response):
        return text(start_response, b"a" * 7_000_000)

    def slow(environ, start_response):
        print("handling", file=sys.stderr, flush=True)
        time.sleep(0.5)
        return text(start_response, b"slow")

    def terminate(environ, start_response):
        os.kill(os.getpid(), signal.SIGTERM)
        return text(start_response, b"the last one")


def closing(start_response, chunks):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing(chunks)


def handle(event, source):
    if event.get("fail"):
        raise LookupError("not found")
    return {"source": source, "keys": sorted(event)}
