"""Runs a WSGI application on AWS Lambda, with liblamby.

    python -m lamby_wsgi app:application                        # the Lambda runtime: polls AWS_LAMBDA_RUNTIME_API
    python -m lamby_wsgi app:application --events app:handle    # handle(event, source) gets the events that are not HTTP

Without the runtime, for tests:

    handler = lamby_wsgi.Handler(application)
    payload = handler(event)                                    # the event's JSON and the payload's JSON, as bytes

LIBLAMBY is the path of the library, liblamby.so.7 by default. LAMBY_INVOKE_MODE=response_stream streams each response
whose integration accepts a stream. README.md is the guide, and PEP 3333 is the specification.
"""

import argparse
import ctypes
import importlib
import io
import itertools
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["Handler", "Invocation", "run", "Error", "InvalidEvent", "UnhandledEvent", "InvalidResponse", "ResponseTooLarge"]

_PAUSES = (0.01, 0.05, 0.2, 1, 2)  # Seconds to wait before each retry of a request to the Runtime API.
_STREAMING = ("function_url", "rest_api")  # The integrations that accept a stream.


# Errors


class Error(Exception):
    """An error of liblamby. Its message says what was wrong, where, and what to do."""


class InvalidEvent(Error):
    """The event is not JSON, or one of its fields is wrong."""


class UnhandledEvent(Error):
    """The event is not an HTTP request, and there is no function for other events."""


class InvalidResponse(Error):
    """The application's response violates WSGI or HTTP."""


class ResponseTooLarge(Error):
    """The response is larger than the integration accepts."""


class Unreachable(Error):
    """The Runtime API cannot be reached."""


class Unconfirmed(Error):
    """It is not known whether the Runtime API has received a response or an error."""


class TruncatedEvent(Error):
    """The connection failed in the middle of an event."""


class StreamClosed(Error):
    """The Runtime API no longer accepts the stream, for example because the client has disconnected."""


class Refused(Error):
    """The Runtime API refused a request."""


_INTERRUPTED, _UNHANDLED_EVENT, _UNREACHABLE, _UNCONFIRMED, _TRUNCATED, _STREAM_CLOSED, _REFUSED = 1, 4, 8, 9, 10, 11, 12
_ERRORS = {
    3: InvalidEvent, 4: UnhandledEvent, 5: InvalidResponse, 6: ResponseTooLarge, 7: MemoryError, 8: Unreachable,
    9: Unconfirmed, 10: TruncatedEvent, 11: StreamClosed, 12: Refused,
}  # fmt: skip


def _check(status):
    """Raises the error for a status, with the library's message."""
    if status:
        raise _ERRORS.get(status, Error)(_text(_message()))


def _text(data):
    return data.decode("utf-8", "replace")


# The library. lamby.h describes each function.


class _Slice(ctypes.Structure):
    _fields_ = [("data", POINTER(c_char)), ("length", c_size_t)]

    def bytes(self):
        """Returns a copy of the bytes. Slicing the pointer takes a third of the time of ctypes.string_at."""
        return self.data[: self.length]


class _Invocation(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("event", _Slice), ("request_id", _Slice), ("invocation_id", _Slice), ("deadline_ms", c_uint64),
        ("function_arn", _Slice), ("trace_id", _Slice), ("client_context", _Slice), ("cognito_identity", _Slice),
        ("tenant_id", _Slice),
    ]  # fmt: skip


class _Error(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("error_type", _Slice), ("message", _Slice), ("stack_trace", _Slice)]


class _Results:
    """Where the library puts a handle and a slice. Each thread has one, because making it takes longer than a call."""

    __slots__ = ("handle", "slice", "to_handle", "to_slice")

    def __init__(self):
        self.handle, self.slice = c_void_p(), _Slice()
        self.to_handle, self.to_slice = byref(self.handle), byref(self.slice)


class _Thread(threading.local):
    def __init__(self):
        self.results = _Results()


def _load():
    path = os.environ.get("LIBLAMBY") or ("liblamby.7.dylib" if sys.platform == "darwin" else "liblamby.so.7")
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"liblamby cannot be loaded: {error}. Set LIBLAMBY to the path of the library") from error


def _function(name, *arguments, result=c_int):
    function = getattr(_library, "lamby_" + name)
    function.argtypes, function.restype = arguments, result
    return function


_library = _load()
_thread = _Thread()
_message = _function("message", result=c_char_p)
_request_read = _function("request_read", c_char_p, c_size_t, c_char_p, c_size_t, c_void_p)
_request_env = _function("request_env", c_void_p, c_void_p)
_request_body = _function("request_body", c_void_p, c_void_p)
_request_integration = _function("request_integration", c_void_p, c_void_p)
_request_free = _function("request_free", c_void_p, result=None)
_event_source = _function("event_source", c_char_p, c_size_t, c_void_p)
_response_write = _function("response_write", c_void_p, c_int, c_char_p, c_size_t, c_char_p, c_size_t, c_void_p)
_buffer_view = _function("buffer_view", c_void_p, c_void_p)
_buffer_free = _function("buffer_free", c_void_p, result=None)
_runtime_open = _function("runtime_open", c_char_p, c_size_t, c_char_p, c_size_t, c_void_p)
_runtime_next = _function("runtime_next", c_void_p, c_void_p)
_runtime_respond = _function("runtime_respond", c_void_p, c_char_p, c_size_t)
_runtime_report_error = _function("runtime_report_error", c_void_p, c_void_p)
_runtime_interrupt = _function("runtime_interrupt", c_void_p)
_runtime_close = _function("runtime_close", c_void_p, result=None)
_stream_begin = _function("runtime_stream_begin", c_void_p, c_void_p, c_int, c_char_p, c_size_t)
_stream_write = _function("runtime_stream_write", c_void_p, c_char_p, c_size_t)
_stream_end = _function("runtime_stream_end", c_void_p, c_void_p)


# Requests and responses


def _environ(request, results, event, invocation):
    """Makes the environ of a request: the library's, in WSGI's form, and WSGI's own keys."""
    _request_env(request, results.to_slice)
    # One text for the whole block is made and split faster than a text for each value.
    texts = iter(results.slice.bytes().decode("latin-1").split("\0"))
    environ = dict(zip(texts, texts))
    for key in ("SCRIPT_NAME", "PATH_INFO"):
        if "%" in environ[key]:
            environ[key] = unquote(environ[key], "latin-1")
    del environ["HTTP_VERSION"]  # Rack's name of SERVER_PROTOCOL. In WSGI, it would be a header named Version.
    body = b""
    if "CONTENT_LENGTH" in environ:  # Every request with a body has it.
        _request_body(request, results.to_slice)
        body = results.slice.bytes()
    environ["wsgi.version"] = (1, 0)
    environ["wsgi.url_scheme"] = environ.pop("rack.url_scheme")
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.input_terminated"] = True
    environ["wsgi.errors"] = sys.stderr
    environ["wsgi.multithread"] = False
    environ["wsgi.multiprocess"] = True
    environ["wsgi.run_once"] = False
    environ["lamby.event"] = event
    environ["lamby.invocation"] = invocation
    return environ


def _header_block(headers):
    """Returns the headers as the library reads them: each name and each value, with NUL at its end."""
    if not headers:
        return b""
    try:
        block = "\0".join(itertools.chain.from_iterable(headers)) + "\0"
        # A NUL in a value would begin another header, and the library takes a line feed for the start of another value.
        if block.count("\0") == 2 * len(headers) and "\n" not in block:
            if "\0 " in block:  # HTTP/2 forbids spaces around values, and Django's cookies begin with one.
                block = "\0".join(text.strip(" ") for text in block.split("\0"))
            return block.encode("latin-1")
    except (TypeError, UnicodeEncodeError):
        pass
    wrong = next((header for header in headers if not _is_header(header)), headers)
    raise InvalidResponse(f"start_response got the header {wrong!r:.300}; a header is two str, in Latin-1, without NUL and line feed")


def _is_header(header):
    try:
        name, value = header
        return not {"\0", "\n"}.intersection(name + value) and bool((name + value).encode("latin-1"))
    except (TypeError, ValueError):
        return False


class _Response:
    """A response that is sent in one piece."""

    __slots__ = ("request", "results", "status", "headers", "begun", "chunks")

    def __init__(self, request, results):
        self.request = request
        self.results = results
        self.status = self.headers = None
        self.begun = False
        self.chunks = []

    def start(self, status, headers, exc_info=None):
        """Keeps status and headers until the body's first byte. The application calls it as start_response."""
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # Otherwise the traceback would refer to itself.
        elif self.headers is not None:
            raise InvalidResponse("the application called start_response twice; the second call needs exc_info")
        code = status[:3]
        if not (code.isascii() and code.isdecimal() and status[3:4] in ("", " ")):
            raise InvalidResponse(f"start_response got the status {status!r:.100}; write it like '200 OK'")
        self.headers = _header_block(headers)
        self.status = int(code)
        return self.write

    def write(self, chunk):
        """Adds bytes to the body. start_response returns it."""
        if self.headers is None:
            raise InvalidResponse("the application sent a body before its headers; call start_response first")
        if not isinstance(chunk, bytes):
            raise InvalidResponse(f"the body contains {chunk!r:.100}; WSGI needs bytes")
        if chunk:
            self.begun = True
            self.send(chunk)

    def send(self, chunk):
        self.chunks.append(chunk)

    def finish(self):
        """Returns the payload."""
        if self.headers is None:
            raise InvalidResponse("the application returned without a response; call start_response first")
        results = self.results
        body = b"".join(self.chunks)
        headers = self.headers
        _check(_response_write(self.request, self.status, headers, len(headers), body, len(body), results.to_handle))
        payload = results.handle.value
        try:
            _buffer_view(payload, results.to_slice)
            return results.slice.bytes()
        finally:
            _buffer_free(payload)


class _Stream(_Response):
    """A response that is sent while the application makes it."""

    __slots__ = ("runtime",)

    def __init__(self, request, results, runtime):
        super().__init__(request, results)
        self.runtime = runtime

    def send(self, chunk):
        self.begin()
        self.runtime.write(chunk)

    def begin(self):
        if self.runtime.phase is _IN_FLIGHT:
            self.runtime.begin(self.request, self.status, self.headers)

    def finish(self):
        """Ends the stream. Returns None, because nothing is left to send."""
        if self.headers is None:
            raise InvalidResponse("the application returned without a response; call start_response first")
        self.begin()
        self.runtime.end()


class Handler:
    """Answers events with a WSGI application.

    `events` is called with each event that is not an HTTP request: with the parsed event, and the name of its sender,
    such as "sqs". The name is empty if liblamby does not know the sender. The result must be fit for JSON.

    Any number of threads may use a handler at once.
    """

    def __init__(self, application, events=None):
        self.application = application
        self.events = events

    def __call__(self, event, request_id=""):
        """Returns the payload for an event, as bytes. `event` is JSON, as bytes.

        Raises InvalidEvent, UnhandledEvent, InvalidResponse, ResponseTooLarge, and whatever the application raises.
        """
        return self.answer(event, request_id)

    def answer(self, event, request_id, invocation=None, runtime=None):
        """Returns the payload for an event, or None if the response was streamed to the runtime."""
        results, request_id = _thread.results, request_id.encode()
        status = _request_read(event, len(event), request_id, len(request_id), results.to_handle)
        if status == _UNHANDLED_EVENT:
            return self.answer_other(event, results)
        _check(status)
        request = results.handle.value
        try:
            streams = runtime and _integration(request, results) in _STREAMING
            response = _Stream(request, results, runtime) if streams else _Response(request, results)
            self.call(_environ(request, results, event, invocation), response)
            return response.finish()
        finally:
            _request_free(request)

    def call(self, environ, response):
        """Calls the application, and reads the body that it returns."""
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        body = self.application(environ, response.start)
        try:
            for chunk in body:
                response.write(chunk)
                if is_head and response.begun:
                    break  # Nobody gets the body, and it may have no end.
        finally:
            if hasattr(body, "close"):
                body.close()

    def answer_other(self, event, results):
        """Returns the JSON of the result for an event that is not an HTTP request."""
        message = _text(_message())
        _check(_event_source(event, len(event), results.to_slice))
        source = results.slice.bytes().decode()
        if self.events is None:
            raise UnhandledEvent(f"{message}. Its sender is {source or 'unknown'}; handle such events with --events MODULE:FUNCTION")
        return json.dumps(self.events(json.loads(event), source)).encode()


def _integration(request, results):
    _check(_request_integration(request, results.to_slice))
    return results.slice.bytes().decode()


# The runtime


class Invocation(NamedTuple):
    """An invocation, in environ["lamby.invocation"]. A text that Lambda did not send is empty."""

    request_id: str
    deadline_ms: int  # The time at which Lambda ends the invocation, in milliseconds since 1970.
    function_arn: str
    trace_id: str
    client_context: str
    cognito_identity: str
    tenant_id: str


_STARTING, _IDLE, _IN_FLIGHT, _STREAMING_NOW = range(4)


class _Runtime:
    """A client of the Runtime API. `phase` says what it may do next."""

    def __init__(self, address):
        address, agent = address.encode(), b"lamby-wsgi/1.0"
        results = _Results()
        _check(_runtime_open(address, len(address), agent, len(agent), results.to_handle))
        self.handle = results.handle
        self.phase = _STARTING
        self.stopped = False
        self.invocation = None

    def __enter__(self):
        # Python calls the handler of a signal only between two calls of the library, so a signal that arrives just
        # before the library begins to wait would have no effect until the next event. But Python also writes a byte
        # to the socket at once. The thread reads it, and makes the library return.
        signal.signal(signal.SIGTERM, self.stop)
        reader, self.signals = socket.socketpair()
        self.signals.setblocking(False)
        signal.set_wakeup_fd(self.signals.fileno(), warn_on_full_buffer=False)
        self.interrupter = threading.Thread(target=self.interrupt, args=(reader,), daemon=True)
        self.interrupter.start()
        return self

    def __exit__(self, *_):
        signal.set_wakeup_fd(-1)
        self.signals.shutdown(socket.SHUT_WR)
        self.interrupter.join()
        self.signals.close()
        _runtime_close(self.handle)

    def interrupt(self, reader):
        with reader:
            while reader.recv(64):
                _runtime_interrupt(self.handle)

    def stop(self, *_):
        """Makes the runtime end after the invocation in flight."""
        self.stopped = True

    def serve(self, handler):
        """Answers invocations until the process is asked to end."""
        streams = os.environ.get("LAMBY_INVOKE_MODE") == "response_stream"
        while (event := self.next()) is not None:
            try:
                payload = handler.answer(event, self.invocation.request_id, self.invocation, self if streams else None)
            except StreamClosed as error:
                self.log(error)
            except BaseException as error:
                self.fail(error)
                if not isinstance(error, Exception):
                    raise  # SystemExit and KeyboardInterrupt end the process.
            else:
                if payload is not None:
                    self.deliver(_runtime_respond, payload, len(payload))

    def next(self):
        """Waits for an invocation, and returns its event. Returns None if the process was asked to end."""
        invocation = _Invocation(size=ctypes.sizeof(_Invocation))
        while not self.stopped:
            self.invocation = None
            status = self.attempt(_runtime_next, byref(invocation))
            if status == _INTERRUPTED:
                continue
            if status == _TRUNCATED:
                self.phase = _IN_FLIGHT
                self.fail(TruncatedEvent(_text(_message())))
                continue
            _check(status)
            self.phase = _IN_FLIGHT
            values = {name: getattr(invocation, name) for name in Invocation._fields}
            self.invocation = Invocation(**{name: _text(value.bytes()) if name != "deadline_ms" else value for name, value in values.items()})
            os.environ["_X_AMZN_TRACE_ID"] = self.invocation.trace_id  # The X-Ray SDK reads it.
            return invocation.event.bytes()
        return None

    def begin(self, request, status, headers):
        self.request(_stream_begin, request, status, headers, len(headers))
        self.phase = _STREAMING_NOW

    def write(self, chunk):
        if self.phase is not _STREAMING_NOW:
            raise StreamClosed("the stream was closed already, so the application cannot write to it")
        self.request(_stream_write, chunk, len(chunk))

    def end(self):
        if self.phase is _STREAMING_NOW:
            self.request(_stream_end, None)
            self.phase = _IDLE

    def fail(self, error):
        """Logs an error, and reports that the invocation in flight, or the start of the process, has failed."""
        print("".join(traceback.format_exception(type(error), error, error.__traceback__)), end="", file=sys.stderr, flush=True)
        texts = (type(error).__qualname__, str(error), "".join(traceback.format_tb(error.__traceback__)))
        texts = [text.encode("utf-8", "backslashreplace") for text in texts]  # Lives as long as the slices.
        slices = [_Slice(ctypes.cast(text, POINTER(c_char)), len(text)) for text in texts]
        report = byref(_Error(ctypes.sizeof(_Error), *slices))
        if self.phase is _STREAMING_NOW:
            self.deliver(_stream_end, report)
        elif self.phase is not _IDLE:
            self.deliver(_runtime_report_error, report)

    def deliver(self, function, *arguments):
        """Sends the end of an invocation. If Lambda does not take it, only this invocation has failed."""
        try:
            self.request(function, *arguments)
        except (Refused, Unconfirmed, StreamClosed) as error:
            self.log(error)
        self.phase = _IDLE

    def request(self, function, *arguments):
        """Calls a function of the library until no signal interrupts it."""
        while (status := self.attempt(function, *arguments)) == _INTERRUPTED:
            pass
        if status in (_STREAM_CLOSED, _REFUSED):
            self.phase = _IDLE
        _check(status)

    def attempt(self, function, *arguments):
        """Calls a function of the library, and returns its status. Retries if that is safe, after each of the pauses."""
        for pause in _PAUSES:
            status = function(self.handle, *arguments)
            if status not in (_UNREACHABLE, _UNCONFIRMED):
                return status
            time.sleep(pause)
        return function(self.handle, *arguments)

    def log(self, message):
        request_id = self.invocation.request_id if self.invocation else "-"
        print(f"lamby_wsgi: {message} (request {request_id})", file=sys.stderr, flush=True)


def _find(name):
    """Returns the object with a name like package.module:attribute."""
    module, _, attributes = name.partition(":")
    found = importlib.import_module(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


def _open_runtime():
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address:
        sys.exit("lamby_wsgi: AWS_LAMBDA_RUNTIME_API is not set. Lambda and its emulator set it; without them, use lamby_wsgi.Handler")
    return _Runtime(address)


def run(application, events=None):
    """Answers invocations until SIGTERM arrives. Must be called in the main thread. Handler describes the arguments."""
    with _open_runtime() as runtime:
        runtime.serve(Handler(application, events))


def main():
    """Loads the application that the command line names, and answers invocations."""
    parser = argparse.ArgumentParser(prog="python -m lamby_wsgi", description="Runs a WSGI application on AWS Lambda.")
    parser.add_argument("application", metavar="MODULE:APPLICATION")
    parser.add_argument("--events", metavar="MODULE:FUNCTION", help="the function for events that are not HTTP requests")
    arguments = parser.parse_args()
    with _open_runtime() as runtime:
        try:
            handler = Handler(_find(arguments.application), arguments.events and _find(arguments.events))
        except BaseException as error:
            runtime.fail(error)
            sys.exit(1)
        runtime.serve(handler)


if __name__ == "__main__":
    # `python -m` names this module __main__. An application that imports lamby_wsgi needs the same classes.
    sys.modules["lamby_wsgi"] = sys.modules["__main__"]
    main()
