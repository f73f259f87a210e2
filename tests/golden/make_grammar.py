#!/usr/bin/env python3
"""Writes grammar_regex.jsonl and grammar_schema.jsonl: what Python's `re` and the package jsonschema say of texts.

    python3 make_grammar.py        # jsonschema 4.26 with rfc3339-validator 0.1.4, Python 3.11

A line of the first is a pattern with texts that match it as a whole (`match`) and texts that do not (`differ`). A line of
the second is a schema with texts that our grammar must take (`take`, all valid) and texts that it must not (`refuse`:
not JSON, or not valid, or valid but written in a way that docs/grammar.md says is never generated)."""

import json
import pathlib
import random
import re

import jsonschema

HERE = pathlib.Path(__file__).parent

PATTERNS = [
    r"abc", r"a|b|cd", r"(a|b)*abb", r"a*b+c?", r"a{2}", r"a{2,}", r"a{1,3}b", r"(ab){2,3}", r"[abc]+", r"[^abc]+",
    r"[a-c0-2]{2,4}", r"\d+", r"\d{3}-\d{4}", r"\w+@\w+\.com", r"\s*x\s*", r"\S+", r"\D\d", r"\W\w", r"a.c", r"(?:a|bc)d",
    r"(?P<year>\d{4})-(?P<m>0[1-9]|1[0-2])", r"^abc$", r"^a|b$", r"", r"()", r"(a?b?)*c", r"(a*)*b", r"((a|b)(c|d)){2}",
    r"[\d\-]+", r"[^\s]+", r"\.\*\+\?", r"[.]{2}", r"a{0}b", r"a{0,2}", r"x*?y", r"x+?", r"\x41\u0042", r"[\x41-\x43]+",
    r"äöü", r"[ä-ü]+", r"€{2}", r"[^ä]", r"😀|😁", r"\t\n", r"(a|ab)(c|bcd)(d*)", r"([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])",
    r"[A-Z][a-z]+( [A-Z][a-z]+)*", r"#[0-9a-f]{6}", r"(\+\d{1,3} )?\d{3} \d{4}", r"a[]b]c" if False else r"a[\]b]c",
    r"(yes|no|maybe)!?", r"[01]+(\.[01]+)?", r"-?(0|[1-9]\d*)(\.\d+)?", r"(?:(?:a)|(?:b(?:c)))", r"[+-]?\d", r"a\|b", r"\(\)",
    r"[$^]", r"{a}", r"}", r"]",
]

ALPHABET = list("abcdxyABC0129 -+.@!#|()[]{}$^*?\t\n\"\\") + ["ä", "ü", "€", "😀", "é"]


def variants(text, rng, count):
    """Texts near `text`."""
    for _ in range(count):
        chars = list(text)
        for _ in range(rng.randint(1, 2)):
            at = rng.randint(0, len(chars))
            kind = rng.randint(0, 2)
            if kind == 0 or at == len(chars):
                chars.insert(at, rng.choice(ALPHABET))
            elif kind == 1:
                del chars[at]
            else:
                chars[at] = rng.choice(ALPHABET)
        yield "".join(chars)


def seeds(pattern, rng):
    """Texts that match, found by trying."""
    pool = [""] + ALPHABET + ["abb", "aabb", "ab", "abab", "aac", "abc", "123-4567", "ab@c.com", " x ", "2024-01", "2024-12",
                              ".*+?", "..", "äöü", "€€", "\t\n", "abcd", "acbd", "yes", "no!", "Ada Lovelace", "#00ff00",
                              "+49 123 4567", "123 4567", "-12.5", "0.1", "bc", "a|b", "()", "{a}", "AB", "255", "a-1", "cc",
                              "acad", "bcbd", "a]c", "aaab", "ccc", "xy", "xxx", "10.01", "y"]
    rng.shuffle(pool)
    return [t for t in pool if re.fullmatch(pattern, t)][:8]


def skip(pattern, text):
    """Where the dialects differ we take the cautious side: characters that only some of them class alike."""
    return re.search(r"\\[dDwWsS]|\.", pattern) and re.search(r"[^\x00-\x7f]|[\r\u2028\x1c-\x1f\x85]", text)


def regex_lines(rng):
    for pattern in PATTERNS:
        match, differ = set(), set()
        for seed in seeds(pattern, rng):
            for text in [seed, *variants(seed, rng, 12)]:
                if skip(pattern, text) or "\0" in text:
                    continue
                (match if re.fullmatch(pattern, text) else differ).add(text)
        yield {"pattern": pattern, "match": sorted(match), "differ": sorted(differ)}


# Schema, texts that we must take, texts that we must refuse.
SCHEMAS = [
    ({"type": "string"}, ['""', '"a"', '"\\n\\u00e4\\"ä😀\\ud83d\\ude00"'], ["a", '"', '"\n"', '"\\q"', '"\\ud83d"', "1", ' "a"', '"a" ']),
    ({"type": "integer"}, ["0", "-1", "12345"], ["01", "-0", "1.5", "1e3", "+1", "", "-"]),
    ({"type": "number"}, ["0", "-1.5", "1e5", "0.10", "-2.5E-3"], [".5", "1.", "01", "1e", "NaN", "Infinity"]),
    ({"type": "boolean"}, ["true", "false"], ["True", "1", "null", "tru"]),
    ({"type": "null"}, ["null"], ["nul", "0", '""']),
    ({"type": ["string", "null"]}, ['"x"', "null"], ["1", "true"]),
    ({"type": "integer", "minimum": 3, "maximum": 120}, ["3", "9", "10", "99", "100", "120"], ["2", "121", "-3", "1000", "0"]),
    ({"type": "integer", "exclusiveMinimum": -12, "exclusiveMaximum": 7}, ["-11", "-1", "0", "6"], ["-12", "7", "-13", "10"]),
    ({"type": "integer", "minimum": 5}, ["5", "10", "999"], ["4", "-5", "0"]),
    ({"type": "integer", "maximum": -5}, ["-5", "-10", "-123"], ["-4", "5", "0"]),
    ({"type": "integer", "minimum": 0.5, "maximum": 2.5}, ["1", "2"], ["0", "3", "1.5"]),
    ({"type": "integer", "minimum": 1e2, "maximum": 1.5e2}, ["100", "150"], ["99", "151"]),
    ({"type": "number", "minimum": -1.25, "maximum": 3.5}, ["-1.25", "0", "3.5", "3.49", "-1", "3.500"], ["-1.26", "3.51", "4", "-2", "3.5001"]),
    ({"type": "number", "exclusiveMinimum": 0}, ["0.1", "1", "0.001", "12.5"], ["0", "0.0", "-1", "-0.5"]),
    ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, ["0", "0.0", "0.999"], ["1", "1.0", "-0.1"]),
    ({"type": "number", "minimum": 99.5}, ["99.5", "99.51", "100", "1000"], ["99.4", "99", "9"]),
    ({"type": "number", "exclusiveMinimum": 1.05, "exclusiveMaximum": 1.1}, ["1.06", "1.0501", "1.09999"], ["1.05", "1.1", "1.050", "1.10", "1", "2"]),
    ({"type": "string", "minLength": 2, "maxLength": 4}, ['"ab"', '"ä€😀"', '"\\n\\n\\n\\n"'], ['"a"', '"abcde"', '""']),
    ({"type": "string", "minLength": 1}, ['"a"', '"abcdefghij"'], ['""']),
    ({"type": "string", "maxLength": 0}, ['""'], ['"a"']),
    ({"type": "string", "pattern": "^[a-z]+-\\d{2}$"}, ['"ab-12"'], ['"ab-1"', '"AB-12"', '"ab-123"', '"xab-12 "']),
    ({"type": "string", "pattern": "ab"}, ['"ab"', '"xxaby"', '"\\"ab\\n"'], ['"a"', '"ba"']),
    ({"type": "string", "pattern": "^a\"b\\\\c$"}, ['"a\\"b\\\\c"'], ['"a"', '"a\\"b"']),
    ({"type": "string", "pattern": "^x|y$"}, ['"xab"', '"aby"'], ['"ab"', '"yx"' if False else '"ay "']),
    ({"type": "string", "pattern": "^[a-z]*$", "minLength": 2, "maxLength": 3}, ['"ab"', '"abc"'], ['"a"', '"abcd"', '"aB"']),
    ({"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "z$"}]}, ['"az"', '"abcz"'], ['"a"', '"z"', '"bz"']),
    ({"type": "string", "format": "date"}, ['"2024-02-29"', '"1999-12-31"'], ['"2023-02-29"', '"2024-13-01"', '"2024-1-1"', '"0000-01-01"', '"2024-04-31"']),
    ({"type": "string", "format": "date-time"}, ['"2024-02-29T23:59:59Z"', '"2024-01-01T00:00:00.5+01:00"'], ['"2024-02-29"', '"2024-02-29T24:00:00Z"', '"2024-02-30T00:00:00Z"']),
    ({"type": "string", "format": "time"}, ['"12:00:00Z"', '"23:59:59.123-08:30"'], ['"25:00:00Z"', '"12:00"']),
    ({"type": "string", "format": "uuid"}, ['"123e4567-e89b-12d3-a456-426614174000"'], ['"123e4567"', '"123e4567-e89b-12d3-a456-42661417400g"']),
    ({"type": "string", "format": "email"}, ['"a.b@example.com"'], ['"a.b"', '"a@"']),
    ({"type": "string", "format": "ipv4"}, ['"192.168.0.1"', '"255.255.255.255"'], ['"256.1.1.1"', '"1.2.3"', '"1.2.3.04"']),
    ({"type": "string", "format": "ipv6"}, ['"2001:db8:0:0:0:0:0:1"'], ['"1.2.3.4"', '"2001:db8:1"']),
    ({"type": "string", "format": "hostname"}, ['"example.com"', '"a-b.c"'], ['"-a"', '"a..b"']),
    ({"type": "string", "format": "uri"}, ['"https://example.com/a?b=c#d"'], ['"no uri"']),
    ({"type": "string", "format": "duration"}, ['"P3W"', '"P1Y2M3D"', '"PT5M"'], ['"P"', '"3W"', '"PT"']),
    ({"enum": ["a", 1, None, True, {"k": [1, "x"]}]}, ['"a"', "1", "null", "true", '{"k":[1,"x"]}', '{"k": [1, "x"]}'], ['"b"', "2", "false", '{"k":[1]}']),
    ({"const": "ä\"\n"}, ['"ä\\"\\n"'], ['"ä"']),
    ({"type": "integer", "enum": [1, 2, "x", 7]}, ["1", "7"], ['"x"', "3"]),
    ({"type": "string", "enum": ["red", "green"], "maxLength": 3}, ['"red"'], ['"green"']),
    ({"type": "array"}, ["[]", '[1, "a", [null]]', "[\n  1,\n  2\n]"], ["[1,]", "[", "[1 ,2]"]),
    ({"type": "array", "items": {"type": "integer"}}, ["[]", "[1]", "[1,2, 3]"], ['["a"]', "[1.5]", "[1,,2]"]),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}, ["[true,false]", "[true, true, false]"], ["[true]", "[]", "[true,true,true,true]"]),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 3}, ["[true,false,true]", "[true,true,true,true]"], ["[true,true]"]),
    ({"type": "array", "maxItems": 0}, ["[]"], ["[1]"]),
    ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, ['["a",1]', '["a"]', "[]"], ['[1,"a"]', '["a","b"]', '["a",1,2]']),
    ({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}, "minItems": 2}, ['["a",null]', '["a",null,null]'], ['["a"]', '["a",1]', "[null,null]"]),
    ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False, "minItems": 1}, ["[1]", "[1,2]"], ["[]", "[1,2,3]", "[2]"]),
    ({"type": "object"}, ["{}", '{"a":1}', '{"a": {"b": []}, "c": null}', '{\n  "a": 1\n}'], ["{a:1}", '{"a"}', '{"a":1,}', '{"a" : 1}']),
    ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"]}, ['{"a":1}', '{"a":1,"b":"x"}', '{"a": 1, "b": "x"}'], ['{"b":"x"}', '{}', '{"a":"x"}', '{"b":"x","a":1}', '{"a":1,"c":2}']),
    ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "null"}}}, ["{}", '{"a":1}', '{"b":"x"}', '{"c":null}', '{"a":1,"c":null}', '{"b":"x","c":null}', '{"a":1,"b":"x","c":null}'], ['{"a":1,}', '{,"b":"x"}', '{"a":1 "b":"x"}', '{"c":1}']),
    ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["b", "z"]}, ['{"b":[],"z":1}', '{"a":1,"b":"x","z":{}}'], ['{"b":1}', '{"z":1}']),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, ["{}", '{"x":1,"y":2}'], ['{"x":"a"}', '{"x":1,"y":null}']),
    ({"type": "object", "properties": {"ab": {"type": "integer"}, "abc": {"type": "null"}}, "additionalProperties": {"type": "string"}}, ["{}", '{"ab":1,"x":"s"}', '{"a":"s"}', '{"abcd":"s","b":"t"}', '{"ab":1,"abc":null,"äö":"s"}'], ['{"ab":"s"}', '{"x":1}', '{"x":"s","ab":1}', '{"x":"s","ab":"t"}']),
    ({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}, ["{}", '{"a":1}'], ['{"b":1}', '{"a":1,"b":2}']),
    ({"type": "object", "patternProperties": {"^x_[a-z]+$": {"type": "integer"}}, "additionalProperties": False}, ["{}", '{"x_a":1}', '{"x_a":1,"x_bc":2}'], ['{"y":1}', '{"x_a":"s"}', '{"x_":1}']),
    ({"type": "object", "properties": {"x_a": {"minimum": 5}}, "patternProperties": {"^x_": {"type": "integer"}}}, ['{"x_a":5}', '{"x_b":1}'], ['{"x_a":4}', '{"x_b":"s"}']),
    ({"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2}, ["{}", '{"a":1,"b":2}'], ['{"a":1,"b":2,"c":3}']),
    ({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}, ['{"a":1}', '{"a":1,"b":2}'], ["{}"]),
    ({"properties": {"a": {"type": "integer"}}}, ["{}", '{"a":1}'], ['{"a":"x"}']),
    ({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 2}]}, ["1", '"ab"'], ['"abc"', "null"]),
    ({"type": "string", "anyOf": [{"maxLength": 1}, {"minLength": 3, "maxLength": 4}]}, ['"a"', '"abc"', '""'], ['"ab"', "1", '"abcde"']),
    ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, ["1", '"a"'], ["null", "1.5"]),
    ({"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 10}]}, ["5", "10", "-1"], ["6", "9"]),
    ({"oneOf": [{"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]}, {"type": "object", "properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["kind"]}]}, ['{"kind":"a","x":1}', '{"kind":"b"}', '{"kind":"b","y":"s"}'], ['{"kind":"a"}', '{"kind":"c"}', '{"kind":"b","x":1}']),
    ({"oneOf": [{"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}, {"type": "object", "properties": {"b": {}}, "required": ["b"], "additionalProperties": False}]}, ['{"a":1}', '{"b":1}'], ['{"a":1,"b":1}', "{}"]),
    ({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}]}, ['{"a":1,"b":"x"}'], ['{"a":1}', '{"b":"x"}']),
    ({"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 9}, {"minimum": 5}]}, ["5", "9"], ["4", "10"]),
    ({"$defs": {"p": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/p"}, "b": {"$ref": "#/$defs/p"}}, "required": ["a", "b"]}, ['{"a":{"x":1},"b":{"x":2.5}}'], ['{"a":{"x":1}}', '{"a":{},"b":{"x":1}}']),
    ({"$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}, "$ref": "#/$defs/tree"}, ['{"v":1}', '{"v":1,"kids":[]}', '{"v":1,"kids":[{"v":2,"kids":[{"v":3}]},{"v":4}]}'], ['{"kids":[]}', '{"v":1,"kids":[{}]}']),
    ({"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["next"]}, ['{"next":null}', '{"next":{"next":null}}'], ['{"next":{}}', "null"]),
    ({"$defs": {"a/b": {"type": "integer"}, "c d": {"type": "null"}}, "anyOf": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/$defs/c%20d"}]}, ["1", "null"], ['"x"']),
    ({"$ref": "#/$defs/s", "maxLength": 3, "$defs": {"s": {"type": "string", "minLength": 2}}}, ['"ab"', '"abc"'], ['"a"', '"abcd"']),
    ({"type": "object", "properties": {"a\"b": {"const": 1}, "ä": {"const": 2}}, "required": ["a\"b", "ä"]}, ['{"a\\"b":1,"ä":2}'], ['{"ä":2}']),
    (True, ["1", "null", "[{}]"], ["", "nul"]),
    ({}, ["1", '{"a":[]}'], [""]),
    ({"title": "T", "description": "d", "default": 1, "examples": [1], "$comment": "c", "type": "integer", "x-own": 1}, ["1"], ['"a"']),
    ({"type": "array", "uniqueItems": True, "maxItems": 1}, ["[]", "[1]"], ["[1,1]"]),
]


def is_valid(schema, text):
    try:
        value = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    except ValueError:
        return False
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checker).is_valid(value)


def schema_lines(rng):
    for schema, take, refuse in SCHEMAS:
        for text in take:
            assert is_valid(schema, text), (schema, text)
        bad = set(refuse)
        for seed in take:
            bad.update(text for text in variants(seed, rng, 40) if not is_valid(schema, text) and "\0" not in text)
        yield {"schema": schema, "take": take, "refuse": sorted(bad)}


def write(name, lines):
    with open(HERE / name, "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write("grammar_regex.jsonl", regex_lines(random.Random(1)))
    write("grammar_schema.jsonl", schema_lines(random.Random(2)))
