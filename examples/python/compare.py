"""Compares lamby_wsgi with apig-wsgi, serverless-wsgi and Mangum: first what the application sees and sends, then the time.

    ~/.cache/lamby/python/bin/python compare.py             # both
    ~/.cache/lamby/python/bin/python compare.py behaviour
    ~/.cache/lamby/python/bin/python compare.py speed

bin/test --slow installs the packages. LIBLAMBY is the path of liblamby.
"""

import json
import os
import platform
import statistics
import sys
import time
from importlib.metadata import version
from urllib.parse import quote

import apig_wsgi
import mangum
import serverless_wsgi
from a2wsgi import WSGIMiddleware
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

import lamby_wsgi


class Context:
    """The attributes of Lambda's context that the adapters read."""

    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    function_name = "function"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    memory_limit_in_mb = "1024"
    function_version = "1"

    @staticmethod
    def get_remaining_time_in_millis():
        return 30_000


# Each side is a function from an application to a function from the event's JSON to the payload's JSON. The other
# adapters run in AWS's runtime, which parses the event and writes the payload with its marshaller. `speed` also
# measures them with Python's own json, which is faster.


def lamby_side(application, _):
    return lamby_wsgi.Handler(application)


def apig_side(application, wrapped):
    return wrapped(apig_wsgi.make_lambda_handler(application))


def serverless_side(application, wrapped):
    return wrapped(lambda event, context: serverless_wsgi.handle_request(application, event, context))


def mangum_side(application, wrapped):
    return wrapped(mangum.Mangum(WSGIMiddleware(application), lifespan="off"))


def with_aws_json(handler):
    marshaller = LambdaMarshaller()
    return lambda event: marshaller.marshal_response(handler(marshaller.unmarshal_request(event), Context))[0]


def with_python_json(handler):
    return lambda event: json.dumps(handler(json.loads(event), Context))


SIDES = {"lamby_wsgi": lamby_side, "apig-wsgi": apig_side, "serverless-wsgi": serverless_side, "Mangum, a2wsgi": mangum_side}


# Events

BROWSER = {
    "host": "www.example.com",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.5",
    "accept-encoding": "gzip, deflate, br, zstd",
    "referer": "https://www.example.com/orders",
    "sec-fetch-mode": "navigate",
    "upgrade-insecure-requests": "1",
    "x-amzn-trace-id": "Root=1-5e5ff95e-7d9a1f6c0a3b2c4d5e6f7a8b",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
}
COOKIES = ["session=abcdef0123456789", "theme=dark"]


def http_api(method="GET", path="/orders/42", query="page=2&sort=name", headers=BROWSER, cookies=COOKIES, body=None, **more):
    """Payload 2.0, which HTTP APIs and Function URLs send."""
    context = {
        "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": headers["host"], "domainPrefix": "www",
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": ""},
        "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1583348638390,
    }  # fmt: skip
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "cookies": cookies, "headers": headers}
    return {**event, "requestContext": context, "isBase64Encoded": False, **({} if body is None else {"body": body}), **more}


def rest_api(method="GET", path="/orders/42", query=(("page", "2"), ("sort", "name")), headers=BROWSER, body=None, **more):
    """Payload 1.0, which REST APIs send. The parameters are decoded."""
    lists = {}
    for name, value in query:
        lists.setdefault(name, []).append(value)
    headers = {**headers, "cookie": "; ".join(COOKIES)}
    context = {
        "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": headers["host"], "domainPrefix": "www",
        "httpMethod": method, "identity": {"sourceIp": "203.0.113.9", "userAgent": ""}, "path": path, "protocol": "HTTP/1.1",
        "requestId": "JKJaXmPLvHcESHA=", "requestTime": "12/Mar/2020:19:03:58 +0000", "requestTimeEpoch": 1583348638390,
        "resourcePath": "/{proxy+}", "stage": "prod",
    }  # fmt: skip
    return {
        "resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in lists.items()} or None,
        "multiValueQueryStringParameters": lists or None, "pathParameters": {"proxy": path[1:]}, "stageVariables": None,
        "requestContext": context, "body": body, "isBase64Encoded": False, **more,
    }  # fmt: skip


def load_balancer(path="/orders/42", query=(("page", "2"), ("sort", "name")), headers=BROWSER, method="GET", **more):
    """The event of an Application Load Balancer. The parameters are not decoded."""
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/my-target-group/6d0ecf831eec9f09"
    headers = {**headers, "cookie": "; ".join(COOKIES)}
    return {
        "requestContext": {"elb": {"targetGroupArn": arn}}, "httpMethod": method, "path": path,
        "queryStringParameters": dict(query), "headers": headers, "body": "", "isBase64Encoded": False, **more,
    }  # fmt: skip


# Speed

PAGE = ("<p>An order of 2 \"things\".</p>\n" * 40).encode()
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(PAGE))), ("Cache-Control", "private, max-age=0"),
    ("ETag", 'W/"0815a0d4dbd3a4a3"'), ("Vary", "Accept-Encoding, Cookie"), ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Set-Cookie", "session=abcdef0123456789; HttpOnly; Path=/; SameSite=Lax"), ("Set-Cookie", "theme=dark; Path=/"),
]  # fmt: skip


def page_application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [PAGE]


def measure(calls, event, rounds=60, seconds=0.004):
    """Returns the time of a call in microseconds for each side: the median of its batches. The sides take turns."""
    batches = {}
    for name, call in calls.items():
        for _ in range(300):
            call(event)
        started = time.perf_counter()
        for _ in range(50):
            call(event)
        batches[name] = max(5, int(seconds * 50 / (time.perf_counter() - started)))
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            repeat = range(batches[name])
            started = time.perf_counter()
            for _ in repeat:
                call(event)
            times[name].append((time.perf_counter() - started) / batches[name] * 1e6)
    return {name: statistics.median(each) for name, each in times.items()}


def speed():
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in PACKAGES)}\n")
    print("| event | adapter | µs with AWS's JSON | times lamby_wsgi | µs with Python's json | times lamby_wsgi |")
    print("|---|---|--:|--:|--:|--:|")
    for label, event in {"HTTP API, Function URL": http_api(), "REST API": rest_api(), "load balancer": load_balancer()}.items():
        event = json.dumps(event, separators=(",", ":")).encode()
        calls = {}
        for name, side in SIDES.items():
            calls[name] = side(page_application, with_aws_json)
            calls[name, "json"] = side(page_application, with_python_json)
        times = measure(calls, event)
        for name in SIDES:
            ratios = [times[key] / times["lamby_wsgi"] for key in (name, (name, "json"))]
            print(f"| {label} | {name} | {times[name]:.1f} | {ratios[0]:.1f} | {times[name, 'json']:.1f} | {ratios[1]:.1f} |")


PACKAGES = ("apig-wsgi", "serverless-wsgi", "mangum", "a2wsgi", "awslambdaric")

if __name__ == "__main__":
    wanted = sys.argv[1:] or ["behaviour", "speed"]
    if "speed" in wanted:
        speed()
