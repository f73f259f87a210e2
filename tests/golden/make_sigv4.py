#!/usr/bin/env python3
"""Writes sigv4.jsonl: requests to S3 as botocore signs them (Apache-2.0; made with botocore 1.44.8).

    python3 -m venv venv && venv/bin/pip install botocore && venv/bin/python tests/golden/make_sigv4.py

The keys are the examples of AWS's documentation and open nothing.
"""

import datetime
import hashlib
import json
import pathlib
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
# method, host, path as it is (not encoded), query, more headers, body, region, time, session token
CASES = [
    ("GET", "127.0.0.1:9000", "/history/turns/resp_1", [], {}, "", "us-east-1", "2026-02-28T23:59:59", ""),
    ("PUT", "s3.eu-central-1.amazonaws.com", "/history/p/turns/resp_2", [], {"content-type": "application/octet-stream"},
     "sealed \u00e9", "eu-central-1", "2024-02-29T00:00:00", ""),
    ("DELETE", "minio.example:9000", "/b/a b/c+d/\u00fc~*'()", [], {}, "", "garage", "2026-12-31T12:34:56", ""),
    ("GET", "127.0.0.1:9000", "/history/", [("list-type", "2"), ("prefix", "a/b c"), ("max-keys", "10"), ("Delimiter", "/")],
     {}, "", "us-east-1", "2026-01-01T00:00:01", ""),
    ("GET", "127.0.0.1", "/b/k", [("versionId", "")], {"range": "bytes=0-9"}, "", "us-west-2", "2025-06-15T06:07:08",
     "a/token+with=signs"),
    ("PUT", "127.0.0.1:1", "/b/k", [], {"x-amz-meta-note": "  two   spaces  "}, "0", "us-east-1", "2025-06-15T06:07:08", ""),
]


def sign(method, host, path, query, headers, body, region, time, token):
    when = datetime.datetime.fromisoformat(time)
    request = AWSRequest(method=method, url=f"http://{host}{botocore.auth.quote(path, safe='/~')}", params=query,
                         data=body.encode(), headers={"host": host, **headers})
    signer = botocore.auth.S3SigV4Auth(Credentials(KEY_ID, SECRET, token or None), "s3", region)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: when):
        signer.add_auth(request)
    return {"method": method, "path": path, "query": query, "body": body, "region": region,
            "sha256": hashlib.sha256(body.encode()).hexdigest(), "token": token,
            "headers": {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"},
            "authorization": request.headers["Authorization"]}


def main():
    lines = [json.dumps(sign(*case), ensure_ascii=True) for case in CASES]
    (pathlib.Path(__file__).parent / "sigv4.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
