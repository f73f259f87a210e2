"""What the clients are asked to do, and how a client's script says how far it got.

A script defines a function for each feature that its client has and calls main() with them; its arguments are the server's address
and the model's name. It prints one JSON object: {"client", "version", "results": {feature: "yes" or what went wrong}}.
"""

import json
import re
import sys
import time
import traceback
import urllib.request

FEATURES = ("chat", "stream", "tools", "JSON schema", "embeddings", "cancel", "errors")

HELLO = [{"role": "user", "content": "Say hello."}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}},
    "required": ["city"],
    "additionalProperties": False,
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 120}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
EXTRACT = [{"role": "user", "content": "Jason is 25 years old. Who is it?"}]


def address():
    return sys.argv[1]


def model():
    return sys.argv[2]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_person(person):
    check(isinstance(person["name"], str) and len(person["name"]) <= 12, f"a name: {person}")
    check(type(person["age"]) is int and 0 <= person["age"] <= 120, f"an age: {person}")


def check_vectors(vectors, count):
    check(len(vectors) == count, f"{count} vectors, not {len(vectors)}")
    for vector in vectors:
        check(abs(sum(x * x for x in vector) - 1) < 1e-3, "vectors of length 1")


def generations():
    """How many run or wait at the server."""
    with urllib.request.urlopen(address() + "/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if re.match(r"pincer_engine_(active|queued)\b", line))


def check_cancelled():
    """The server notices that its client left, and frees the place."""
    end = time.monotonic() + 30
    while generations() > 0:
        check(time.monotonic() < end, "the generation goes on after its client left")
        time.sleep(0.02)


def main(client, version, **features):
    results = {}
    for feature in FEATURES:
        run = features.get(feature.replace(" ", "_"))
        if run is None:
            continue
        try:
            run()
            results[feature] = "yes"
        except Exception as error:  # whatever a client throws is a result
            traceback.print_exc()
            results[feature] = f"{type(error).__name__}: {error}"
    print(json.dumps({"client": client, "version": version, "results": results}))
