import json
import logging
import unittest

import django
import flask
from django.conf import settings
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from lamby_wsgi import Handler

from .events import fixtures, function_url

FORM = {"content-type": "application/x-www-form-urlencoded"}


def flask_application():
    application = flask.Flask(__name__)

    @application.route("/echo/<name>", methods=["GET", "POST"])
    def echo(name):
        response = flask.jsonify(
            name=name, url=flask.request.url, form=flask.request.form.to_dict(), remote=flask.request.remote_addr,
            headers=dict(flask.request.headers),
        )  # fmt: skip
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    @application.route("/stream")
    def stream():
        return flask.Response((f"{number}\n" for number in range(3)), mimetype="text/plain")

    @application.route("/fail")
    def fail():
        raise KeyError("broken")

    return application


def django_application():
    def echo(request, name):
        response = JsonResponse({
            "name": name, "url": request.build_absolute_uri(), "form": request.POST.dict(), "remote": request.META["REMOTE_ADDR"],
            "headers": dict(request.headers),
        })  # fmt: skip
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    def stream(request):
        return StreamingHttpResponse((f"{number}\n" for number in range(3)), content_type="text/plain")

    def fail(request):
        raise KeyError("broken")

    urls = type("urls", (), {"urlpatterns": [path("echo/<name>", echo), path("stream", stream), path("fail", fail)]})
    settings.configure(ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None, SECRET_KEY="a")
    django.setup()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


APPLICATIONS = {"flask": flask_application(), "django": django_application()}


class FrameworksTest(unittest.TestCase):
    def setUp(self):
        logging.disable()  # The frameworks log each error and each missing page.
        self.addCleanup(logging.disable, logging.NOTSET)

    def answers(self, event):
        for name, application in APPLICATIONS.items():
            with self.subTest(name):
                yield json.loads(Handler(application)(event, "8476a536"))

    def test_request(self):
        for payload in self.answers(function_url("/echo/%E2%9C%93%20", method="POST", body="x=%C3%BC&y=1+2", headers=FORM)):
            self.assertEqual(payload["statusCode"], 200)
            page = json.loads(payload["body"])
            self.assertEqual((page["name"], page["form"], page["remote"]), ("✓ ", {"x": "ü", "y": "1 2"}, "203.0.113.9"))
            self.assertEqual(page["headers"]["X-Request-Id"], "8476a536")
            self.assertNotIn("Version", page["headers"])
            self.assertTrue(page["url"].startswith("https://abc.lambda-url.us-east-1.on.aws/echo/"), page["url"])
            self.assertEqual(payload["cookies"], ["a=1; Path=/", "b=2; Path=/"])

    def test_stream_in_one_piece(self):
        for payload in self.answers(function_url("/stream")):
            self.assertEqual(payload["body"], "0\n1\n2\n")

    def test_missing_page(self):
        for name, fixture in fixtures("requests").items():
            for payload in self.answers(json.dumps(fixture["event"]).encode()):
                self.assertEqual(payload["statusCode"], 404, name)

    def test_error(self):
        for payload in self.answers(function_url("/fail")):
            self.assertEqual(payload["statusCode"], 500)


if __name__ == "__main__":
    unittest.main()
