"""Compares lamby_wsgi with apig-wsgi, serverless-wsgi and Mangum: first what the application sees and sends, then the time.

    ~/.cache/lamby/python/bin/python compare.py             # both
    ~/.cache/lamby/python/bin/python compare.py behaviour   # fails if lamby_wsgi does something else than expected
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

import apig_wsgi
import mangum
import serverless_wsgi
from a2wsgi import WSGIMiddleware
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

import compare_behaviour
import lamby_wsgi
from compare_events import http_api, load_balancer, rest_api


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


# Behaviour


def behaviour():
    """Prints a table of the cases, and returns whether lamby_wsgi does what is expected in each of them."""
    sides = {name: lambda application, side=side: side(application, with_python_json) for name, side in SIDES.items()}
    print(f"| case | expected | {' | '.join(sides)} |\n|---|---|{'---|' * len(sides)}")
    is_right = True
    for case, expected, results in compare_behaviour.outcomes(sides):
        is_right = is_right and results["lamby_wsgi"] == expected
        cells = ["as expected" if result == expected else f"`{result!r}`" for result in results.values()]
        print(f"| {case} | `{expected!r}` | {' | '.join(cells)} |")
    print()
    return is_right


# Speed

BODY = b'{"id":1,"name":"hello","tags":["a","b"]}'
HEADERS = [
    ("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(BODY))), ("Cache-Control", "private, max-age=0"),
    ("ETag", 'W/"0815a0d4dbd3a4a3"'), ("Vary", "Accept-Encoding, Cookie"), ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Set-Cookie", "session=abcdef0123456789; HttpOnly; Path=/; SameSite=Lax"), ("Set-Cookie", "theme=dark; Path=/"),
]  # fmt: skip


def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]


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
            calls[name] = side(application, with_aws_json)
            calls[name, "json"] = side(application, with_python_json)
        times = measure(calls, event)
        for name in SIDES:
            ratios = [times[key] / times["lamby_wsgi"] for key in (name, (name, "json"))]
            print(f"| {label} | {name} | {times[name]:.1f} | {ratios[0]:.1f} | {times[name, 'json']:.1f} | {ratios[1]:.1f} |")


PACKAGES = ("apig-wsgi", "serverless-wsgi", "mangum", "a2wsgi", "awslambdaric")

if __name__ == "__main__":
    wanted = sys.argv[1:] or ["behaviour", "speed"]
    is_right = behaviour() if "behaviour" in wanted else True
    if "speed" in wanted:
        speed()
    sys.exit(0 if is_right else 1)
