import base64
import io
import json
import sys
import threading
import unittest
from urllib.parse import unquote_to_bytes
from wsgiref.validate import validator

from lamby_wsgi import Handler, InvalidEvent, InvalidResponse, ResponseTooLarge, UnhandledEvent

from .events import REQUEST_ID, fixtures, function_url


def answer(application, event=None, **arguments):
    """Returns the payload of an application's response, parsed."""
    return json.loads(Handler(application)(event or function_url(**arguments)))


def respond(*body, status="200 OK", headers=(("Content-Type", "text/plain"),)):
    """Returns an application with this response."""

    def application(environ, start_response):
        start_response(status, list(headers))
        return list(body)

    return application


class Body:
    """A body that records whether it was closed."""

    def __init__(self, *chunks, error=None):
        self.chunks, self.error, self.closed = chunks, error, 0

    def __iter__(self):
        yield from self.chunks
        if self.error:
            raise self.error

    def close(self):
        self.closed += 1


class EnvironTest(unittest.TestCase):
    maxDiff = None

    def test_fixtures(self):
        for name, fixture in fixtures("requests").items():
            with self.subTest(name):
                environ = self.environ(json.dumps(fixture["event"]).encode())
                expected = {key: value.encode().decode("latin-1") for key, value in fixture["env"].items()}
                expected["wsgi.url_scheme"] = expected.pop("rack.url_scheme")
                for key in ("SCRIPT_NAME", "PATH_INFO"):
                    expected[key] = unquote_to_bytes(fixture["env"][key]).decode("latin-1")
                self.assertEqual(expected.pop("HTTP_VERSION"), environ["SERVER_PROTOCOL"])
                request = {key: value for key, value in environ.items() if key[0].isupper() or key == "wsgi.url_scheme"}
                self.assertEqual(request, expected)
                self.assertEqual(environ["wsgi.input"].read(), base64.b64decode(fixture.get("body_base64", "")))

    def environ(self, event):
        seen = {}

        def application(environ, start_response):
            seen.update(environ)
            start_response("204 No Content", [])
            return []

        Handler(application)(event, REQUEST_ID)
        return seen

    def test_keys_of_wsgi(self):
        event = function_url(body="a=1", method="POST")
        environ = self.environ(event)
        wsgi = {key: value for key, value in environ.items() if key.startswith(("wsgi.", "lamby."))}
        self.assertIsInstance(wsgi.pop("wsgi.input"), io.BytesIO)
        expected = {
            "wsgi.version": (1, 0), "wsgi.url_scheme": "https", "wsgi.input_terminated": True, "wsgi.errors": sys.stderr,
            "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False, "lamby.event": event,
            "lamby.invocation": None,
        }  # fmt: skip
        self.assertEqual(wsgi, expected)
        self.assertIs(type(environ), dict)
        self.assertEqual({type(value) for key, value in environ.items() if key[0].isupper()}, {str})

    def test_bytes_of_the_path(self):
        self.assertEqual(self.environ(function_url("/%E2%9C%93/%2F/%ff%00"))["PATH_INFO"], "/\xe2\x9c\x93///\xff\0")

    def test_not_http(self):
        for name, fixture in fixtures("not_http").items():
            with self.subTest(name), self.assertRaisesRegex(UnhandledEvent, "Its sender is "):
                Handler(respond())(json.dumps(fixture["event"]).encode())
        with self.assertRaisesRegex(UnhandledEvent, "an Amazon SQS batch.*Its sender is sqs;"):
            Handler(respond())(b'{"Records":[{"eventSource":"aws:sqs"}]}')

    def test_events(self):
        def handle(event, source):
            return {"records": len(event["Records"]), "source": source}

        handler = Handler(respond(), handle)
        self.assertEqual(json.loads(handler(b'{"Records":[{"eventSource":"aws:sqs"}]}')), {"records": 1, "source": "sqs"})
        self.assertEqual(json.loads(handler(function_url()))["statusCode"], 200)

    def test_malformed_event(self):
        for event in (b"", b"[]", b"{", b'{"httpMethod":[],"path":"/","requestContext":{"elb":{}}}'):
            with self.subTest(event), self.assertRaises(InvalidEvent):
                Handler(respond())(event)


class ResponseTest(unittest.TestCase):
    def test_validator(self):
        def application(environ, start_response):
            size = int(environ.get("CONTENT_LENGTH") or 0)
            body = environ["wsgi.input"].read(size)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [body, b"!"]

        for name, fixture in fixtures("requests").items():
            with self.subTest(name):
                payload = json.loads(Handler(validator(application))(json.dumps(fixture["event"]).encode()))
                self.assertEqual(payload["statusCode"], 200)

    def test_headers_and_cookies(self):
        headers = [("Content-Type", "text/plain"), ("X-A", "caf\xe9"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        payload = answer(respond(b"hi", headers=headers))
        self.assertEqual(payload["cookies"], ["a=1", "b=2"])
        self.assertEqual(payload["headers"]["X-A"], "caf\xe9")
        self.assertEqual((payload["body"], payload["isBase64Encoded"]), ("hi", False))

    def test_spaces_around_values(self):
        payload = answer(respond(headers=[("X-A", " a b "), ("Set-Cookie", " a=1"), ("X-B", "")]))
        self.assertEqual((payload["headers"]["X-A"], payload["headers"]["X-B"], payload["cookies"]), ("a b", "", ["a=1"]))

    def test_binary_body(self):
        payload = answer(respond(b"\x89PNG\0\xff", headers=[("Content-Type", "image/png")]))
        self.assertEqual((base64.b64decode(payload["body"]), payload["isBase64Encoded"]), (b"\x89PNG\0\xff", True))

    def test_no_header_and_no_reason(self):
        self.assertEqual(answer(respond(b"", status="404", headers=[]))["statusCode"], 404)

    def test_head(self):
        body = Body(*[b"0123456789"] * 10)

        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
            return body

        payload = answer(application, method="HEAD")
        self.assertEqual((payload.get("body") or "", payload["headers"]["Content-Length"]), ("", "100"))
        self.assertEqual(body.closed, 1)

    def test_generator(self):
        def application(environ, start_response):
            start_response("201 Created", [("Content-Type", "text/plain")])
            yield b"a"
            yield b"b"

        payload = answer(application)
        self.assertEqual((payload["statusCode"], payload["body"]), (201, "ab"))

    def test_write(self):
        def application(environ, start_response):
            write = start_response("200 OK", [("Content-Type", "text/plain")])
            write(b"a")
            write(b"b")
            return [b"c"]

        self.assertEqual(answer(application)["body"], "abc")

    def test_body_is_closed(self):
        for body in (Body(b"a"), Body(), Body(b"a", error=KeyError("b")), Body("text"), Body(b"a", error=SystemExit(1))):

            def application(environ, start_response):
                start_response("200 OK", [])
                return body

            try:
                Handler(application)(function_url())
            except (KeyError, InvalidResponse, SystemExit):
                pass
            self.assertEqual(body.closed, 1)

    def test_error_after_start_response(self):
        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain"), ("X-Old", "1")])
            try:
                raise KeyError("a")
            except KeyError:
                start_response("500 Internal Server Error", [("Content-Type", "text/plain")], sys.exc_info())
            return [b"sorry"]

        payload = answer(application)
        self.assertEqual((payload["statusCode"], payload["body"]), (500, "sorry"))
        self.assertNotIn("X-Old", payload["headers"])

    def test_error_after_the_first_byte(self):
        def application(environ, start_response):
            start_response("200 OK", [])(b"begun")
            try:
                raise KeyError("a")
            except KeyError:
                start_response("500 Internal Server Error", [], sys.exc_info())
            return []

        with self.assertRaisesRegex(KeyError, "a"):
            answer(application)

    def test_errors_of_the_application_are_not_changed(self):
        for error in (ZeroDivisionError(), SystemExit(3), KeyboardInterrupt()):

            def application(environ, start_response):
                raise error

            with self.assertRaises(type(error)) as caught:
                answer(application)
            self.assertIs(caught.exception, error)

    def test_violations(self):
        def twice(environ, start_response):
            start_response("200 OK", [])
            start_response("200 OK", [])
            return []

        cases = {
            "call start_response first": lambda environ, start_response: [],
            "sent a body before its headers": lambda environ, start_response: [b"a"],
            "called start_response twice": twice,
            "the status 'OK'": respond(status="OK"),
            "the status '2000 OK'": respond(status="2000 OK"),
            "status is 99": respond(status="099 Odd"),
            "the body contains 'text'": respond("text"),
            r"the header \('X-A', 'b\\x00c'\)": respond(headers=[("X-A", "b\0c")]),
            r"the header \('X\\x00A', 'b'\)": respond(headers=[("X\0A", "b")]),
            r"the header \('X-A', 'b\\nSet-Cookie: c'\)": respond(headers=[("X-A", "b\nSet-Cookie: c")]),
            r"the header \('X-A', '€'\)": respond(headers=[("X-A", "€")]),
            r"the header \('X-A', 1\)": respond(headers=[("A", "b"), ("X-A", 1)]),
            r"the header \('X-A',\)": respond(headers=[("a", "b"), ("X-A",)]),
        }
        for message, application in cases.items():
            with self.subTest(message), self.assertRaisesRegex(InvalidResponse, message):
                answer(application)

    def test_too_large(self):
        with self.assertRaisesRegex(ResponseTooLarge, "more than the"):
            answer(respond(b"a" * 7_000_000))

    def test_threads(self):
        handler = Handler(lambda environ, start: respond(environ["PATH_INFO"].encode())(environ, start))
        wrong = []

        def work(number):
            for index in range(500):
                path = f"/{number}/{index}"
                if json.loads(handler(function_url(path)))["body"] != path:
                    wrong.append(path)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_handler_in_a_handler(self):
        inner = Handler(respond(b"inner"))

        def application(environ, start_response):
            body = json.loads(inner(function_url()))["body"]
            start_response("200 OK", [])
            return [b"outer ", body.encode()]

        self.assertEqual(answer(application)["body"], "outer inner")


if __name__ == "__main__":
    unittest.main()
