"""Events of a browser's request, for compare.py."""

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


def http_api(method="GET", path="/orders/42", query="page=2&sort=name", headers=BROWSER, cookies=COOKIES, body=None, stage="$default", **more):
    """Payload 2.0, which HTTP APIs and Function URLs send."""
    context = {
        "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": headers["host"], "domainPrefix": "www",
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": ""},
        "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": stage, "time": "12/Mar/2020:19:03:58 +0000",
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
