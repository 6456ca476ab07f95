"""Events for the tests."""

import json
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[3] / "spec" / "fixtures"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


def fixtures(folder):
    """Returns the fixtures of a folder by their names. spec/fixtures/README.md describes them."""
    return {file.stem: json.loads(file.read_text()) for file in sorted((FIXTURES / folder).glob("*.json"))}


def function_url(path="/", method="GET", body=None, headers=None):
    """Returns the JSON of an event of a Function URL."""
    fields = {} if body is None else {"body": body, "isBase64Encoded": False}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "abc.lambda-url.us-east-1.on.aws", **(headers or {})},
        "requestContext": {
            "domainName": "abc.lambda-url.us-east-1.on.aws",
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
        },
        **fields,
    }
    return json.dumps(event).encode()
