"""The cases in which compare.py compares what the application gets, and what its client gets."""

import base64
import gzip
import json
from urllib.parse import parse_qsl

from compare_events import BROWSER, http_api, load_balancer, rest_api

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


class Exchange:
    """What one application got and sent."""

    def __init__(self, call, event, status, headers, body):
        self.environ, self.closed = None, 0
        self.response = (status, headers, body)
        self.input = None
        payload = call(self.application)(json.dumps(event, separators=(",", ":")).encode())
        self.payload = json.loads(payload)

    def application(self, environ, start_response):
        self.environ, self.input = environ, environ["wsgi.input"].read()
        status, headers, body = self.response
        start_response(status, headers)
        return Chunks(self, body)

    def get(self, name):
        return self.environ.get(name)

    @property
    def parameters(self):
        return parse_qsl(self.environ["QUERY_STRING"], keep_blank_values=True)

    @property
    def cookies(self):
        """The cookies that the client gets. It gets the last of several headers with the same name in `headers`."""
        lists = {name.lower(): values for name, values in self.payload.get("multiValueHeaders", {}).items()}
        single = [value for name, value in self.payload.get("headers", {}).items() if name.lower() == "set-cookie"]
        return sorted([*self.payload.get("cookies", []), *(lists.get("set-cookie") or single)])

    @property
    def body(self):
        body = self.payload.get("body", "").encode()
        return base64.b64decode(body) if self.payload.get("isBase64Encoded") else body


class Chunks:
    """A body that counts the calls of its close()."""

    def __init__(self, exchange, chunks):
        self.exchange, self.chunks = exchange, chunks

    def __iter__(self):
        return iter(self.chunks)

    def close(self):
        self.exchange.closed += 1


TEXT = [("Content-Type", "text/plain; charset=utf-8")]
COOKIES = [*TEXT, ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")]
BASE64 = {"body": base64.b64encode(PNG).decode(), "isBase64Encoded": True}
FORM = {**BROWSER, "content-type": "application/octet-stream", "content-length": str(len(PNG))}
HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
ENCODED = "/caf%C3%A9/a%2Fb%20c"


def of(read, expected, event, status="200 OK", headers=TEXT, body=(b"hello",)):
    return read, expected, (event, status, headers, body)


# PEP 3333 decodes the path, and passes its bytes as Latin-1. AWS's pages about each integration say what it encodes.
CASES = {
    "HTTP API: an encoded path": of(lambda it: it.get("PATH_INFO"), "/cafÃ©/a/b c", http_api(path=ENCODED)),
    "load balancer: an encoded path": of(lambda it: it.get("PATH_INFO"), "/cafÃ©/a/b c", load_balancer(path=ENCODED)),
    "HTTP API: a stage in the path": of(
        lambda it: it.get("PATH_INFO"), "/orders", http_api(path="/prod/orders", headers={**BROWSER, "host": HOST}, stage="prod")
    ),
    "HTTP API: repeated parameters": of(
        lambda it: it.parameters, [("tag", "a"), ("tag", "b"), ("q", "1&2 3")], http_api(query="tag=a&tag=b&q=1%262+3")
    ),
    "REST API: repeated parameters": of(
        lambda it: it.parameters, [("tag", "a"), ("tag", "b"), ("q", "1&2 3")],
        rest_api(query=(("tag", "a"), ("tag", "b"), ("q", "1&2 3"))),
    ),
    "load balancer: encoded parameters": of(
        lambda it: it.parameters, [("q", "1&2 3")], load_balancer(query=(("q", "1%262%203"),))
    ),
    "HTTP API: the request's cookies": of(lambda it: it.get("HTTP_COOKIE"), "session=abcdef0123456789; theme=dark", http_api()),
    "REST API: a repeated request header": of(
        lambda it: it.get("HTTP_X_TAG").replace(", ", ","), "a,b",
        {**(event := rest_api()), "multiValueHeaders": {**event["multiValueHeaders"], "x-tag": ["a", "b"]}, "headers": {**event["headers"], "x-tag": "b"}},
    ),
    "HTTP API: the client and the scheme": of(
        lambda it: (it.get("REMOTE_ADDR"), it.get("wsgi.url_scheme"), it.get("SERVER_PORT")), ("203.0.113.9", "https", "443"), http_api()
    ),
    "load balancer: the client and the scheme": of(
        lambda it: (it.get("REMOTE_ADDR"), it.get("wsgi.url_scheme"), it.get("SERVER_PORT")), ("203.0.113.9", "https", "443"), load_balancer()
    ),
    "HTTP API: a binary request": of(
        lambda it: (it.input, it.get("CONTENT_LENGTH")), (PNG, str(len(PNG))), http_api(method="POST", headers=FORM, **BASE64)
    ),
    "HTTP API: two cookies in the response": of(lambda it: it.cookies, ["a=1; Path=/", "b=2; Path=/"], http_api(), headers=COOKIES),
    "REST API: two cookies in the response": of(lambda it: it.cookies, ["a=1; Path=/", "b=2; Path=/"], rest_api(), headers=COOKIES),
    "load balancer: two cookies in the response": of(lambda it: it.cookies, ["a=1; Path=/", "b=2; Path=/"], load_balancer(), headers=COOKIES),
    "HTTP API: an image": of(lambda it: it.body, PNG, http_api(), headers=[("Content-Type", "image/png")], body=(PNG,)),
    "HTTP API: compressed HTML": of(
        lambda it: gzip.decompress(it.body), b"<p>", http_api(),
        headers=[("Content-Type", "text/html"), ("Content-Encoding", "gzip")], body=(gzip.compress(b"<p>"),),
    ),
    "HTTP API: text in Latin-1": of(
        lambda it: it.body, b"caf\xe9", http_api(), headers=[("Content-Type", "text/plain; charset=iso-8859-1")], body=(b"caf\xe9",)
    ),
    "HTTP API: binary data with a type of text": of(lambda it: it.body, PNG, http_api(), body=(PNG,)),
    "HTTP API: the response's status": of(lambda it: it.payload["statusCode"], 404, http_api(), status="404 Not Found"),
    "HTTP API: close() of the body": of(lambda it: it.closed, 1, http_api()),
}  # fmt: skip


def outcomes(sides):
    """Yields the name of each case, what is expected, and what each side does."""
    for name, (read, expected, arguments) in CASES.items():
        yield name, expected, {side: outcome(read, call, arguments) for side, call in sides.items()}


def outcome(read, call, arguments):
    try:
        return read(Exchange(call, *arguments))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:60]
