#!/usr/bin/env python3
"""OpenAI's description of its API against a running server: requests that fit it, and requests that don't, must get answers that fit it,
and never a 5xx.

usage: openai_contract.py OPENAPI_JSON URL [--cases 500] [--seed 1]
OPENAPI_JSON is openapi.json of https://github.com/openai/openai-openapi (MIT), of which only the operations are used that the server
has. Needs schemathesis (4.32.5) in PATH. What is changed: the model is the one that is served, and lengths are small. Start the server with
--context 256, or cases that name no length take seconds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request

OPERATIONS = {
    "/chat/completions": ["post"],
    "/completions": ["post"],
    "/embeddings": ["post"],
    "/models": ["get"],
    "/models/{model}": ["get"],
    "/responses": ["post"],
    "/responses/{response_id}": ["get", "delete"],
    "/responses/input_tokens": ["post"],
}
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"
LENGTHS = {"max_tokens": 4, "max_completion_tokens": 4, "n": 2, "best_of": 2, "max_output_tokens": 16}


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    for child in node if isinstance(node, list) else []:
        yield from references(child)


def cut(spec, operations):
    """The operations and what they refer to, all else left out."""
    out = {"openapi": spec["openapi"], "info": spec["info"], "paths": {}, "components": {}}
    for path, methods in operations.items():
        out["paths"][path] = {method: spec["paths"][path][method] for method in methods}
    found, unread = set(), list(references(out["paths"]))
    while unread:
        reference = unread.pop()
        if reference in found:
            continue
        found.add(reference)
        _, kind, section, name = reference.split("/", 3)
        node = spec[kind][section][name]
        out[kind].setdefault(section, {})[name] = node
        unread += references(node)
    return out


def pin(node, model):
    """The model's name and small lengths wherever a schema has such properties."""
    if isinstance(node, list):
        for child in node:
            pin(child, model)
    if not isinstance(node, dict):
        return
    properties = node.get("properties")
    if isinstance(properties, dict):
        if "messages" in properties or "prompt" in properties or "input" in properties:
            properties["model"] = {"type": "string", "enum": [model]}
        for name, most in LENGTHS.items():
            if isinstance(properties.get(name), dict) and "usage" not in properties:
                properties[name] = {"type": "integer", "minimum": 1, "maximum": most}
        if "encoding_format" in properties:  # "base64" is offered, but the answer is described for numbers only
            properties["encoding_format"] = {"type": "string", "enum": ["float"]}
    for child in node.values():
        pin(child, model)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("openapi")
    arguments.add_argument("url", help="such as http://127.0.0.1:8080")
    arguments.add_argument("--cases", type=int, default=500, help="of each operation (default: 500)")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with urllib.request.urlopen(given.url + "/v1/models") as answer:
        model = json.load(answer)["data"][0]["id"]
    with open(given.openapi) as file:
        spec = cut(json.load(file), OPERATIONS)
    pin(spec, model)
    # Described without the object around it that OpenAI's API sends and its clients read: {"error": {…}}.
    spec["paths"]["/responses/{response_id}"]["delete"]["responses"].pop("404", None)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(spec, file)
        file.flush()
        command = ["schemathesis", "run", file.name, "--url", given.url + "/v1", "--checks", CHECKS, "--phases", "fuzzing", "--mode", "all",
                   "--max-examples", str(given.cases), "--seed", str(given.seed), "--continue-on-failure", "--request-timeout", "60"]
        sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
