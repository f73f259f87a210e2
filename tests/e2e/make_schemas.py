#!/usr/bin/env python3
"""Writes schemas.jsonl: a hundred schemas with the questions that they are the form of the answer to.

Written down here rather than drawn at random, so that each is one that an application would use: flat records, nested ones,
lists, enumerations, patterns and formats, bounds, references (recursive too), anyOf, oneOf with a tag, allOf."""

import json
import pathlib


def record(required=None, **properties):
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


STRING, INTEGER, NUMBER, BOOLEAN, NULL = ({"type": t} for t in ("string", "integer", "number", "boolean", "null"))


def text(most=40, least=0):
    return {"type": "string", "minLength": least, "maxLength": most} if least else {"type": "string", "maxLength": most}


def between(low, high, kind="integer"):
    return {"type": kind, "minimum": low, "maximum": high}


def pattern(expression):
    return {"type": "string", "pattern": expression}


def form(name):
    return {"type": "string", "format": name}


def one_of(*values):
    return {"enum": list(values)}


def some(item, low=0, high=4):
    return {"type": "array", "items": item, "minItems": low, "maxItems": high}


def tagged(**kinds):
    """oneOf whose branches a `kind` tells apart."""
    branches = []
    for kind, properties in kinds.items():
        branches.append({**record(kind={"const": kind}, **properties), "additionalProperties": False})
    return {"oneOf": branches}


ADDRESS = record(street=text(), city=text(), zip=pattern("^[0-9]{5}$"))
PERSON = record(name=text(), age=between(0, 120))
POINT = record(x=between(-90, 90, "number"), y=between(-180, 180, "number"))
TREE = {"$defs": {"node": record(["name"], name=text(12), children=some({"$ref": "#/$defs/node"}, 0, 2))}, "$ref": "#/$defs/node"}
LIST = {"$defs": {"cell": record(value=between(0, 9), next={"anyOf": [{"$ref": "#/$defs/cell"}, NULL]})}, "$ref": "#/$defs/cell"}
EXPRESSION = {
    "$defs": {"e": {"anyOf": [between(0, 99), record(op=one_of("+", "-", "*"), left={"$ref": "#/$defs/e"}, right={"$ref": "#/$defs/e"})]}},
    "$ref": "#/$defs/e",
}

CASES = [
    ("Describe a person.", PERSON),
    ("Describe a person with an address.", record(name=text(), address=ADDRESS)),
    ("Name a city and its population.", record(city=text(), population=between(1000, 40000000))),
    ("Name three colours.", some(text(12, 1), 3, 3)),
    ("What is the capital of France?", record(answer=text(30), sure=BOOLEAN)),
    ("Is water wet?", BOOLEAN),
    ("How many legs has a spider?", between(0, 100)),
    ("What is pi?", between(3, 4, "number")),
    ("Say nothing.", NULL),
    ("Say hello.", text(30, 1)),
    ("Pick a colour.", one_of("red", "green", "blue")),
    ("Pick a size.", one_of("S", "M", "L", "XL", 42, None)),
    ("How do you feel?", record(mood=one_of("good", "bad", "neutral"), why=text())),
    ("Classify: 'I love it'.", record(label=one_of("positive", "negative", "neutral"), score=between(0, 1, "number"))),
    ("Extract the date: 3 May 2024.", record(date=form("date"))),
    ("When does the meeting begin?", record(start=form("date-time"), minutes=between(5, 480))),
    ("What time is it?", form("time")),
    ("Make up an identifier.", record(id=form("uuid"))),
    ("Give an email address.", record(email=form("email"))),
    ("Name a host and its address.", record(host=form("hostname"), ip=form("ipv4"))),
    ("Give an IPv6 address.", form("ipv6")),
    ("Name a web page.", record(url=form("uri"), title=text())),
    ("How long is a film?", record(length=form("duration"))),
    ("Write a phone number.", pattern(r"^\+[0-9]{1,3} [0-9]{3}-[0-9]{4}$")),
    ("Write a licence plate.", pattern("^[A-Z]{2}-[0-9]{3}-[A-Z]{2}$")),
    ("Write a colour in hexadecimal.", record(colour=pattern("^#[0-9a-f]{6}$"))),
    ("Write a version number.", record(version=pattern(r"^\d+\.\d+\.\d+$"))),
    ("Write a word in capitals.", pattern("^[A-Z]{3,10}$")),
    ("Write a user name.", {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "minLength": 3, "maxLength": 16}),
    ("Write a sentence with 'sky'.", {"type": "string", "pattern": "sky", "maxLength": 60}),
    ("Write a price.", pattern(r"^\$\d{1,4}\.\d{2}$")),
    ("Answer yes or no, with a reason.", pattern("^(yes|no), because [a-z ]{5,40}\\.$")),
    ("Describe a book.", record(title=text(), author=text(), year=between(1450, 2030), tags=some(text(12), 0, 3))),
    ("Describe a film.", record(title=text(), director=PERSON, genres=some(one_of("drama", "comedy", "action"), 1, 3))),
    ("Describe a recipe.", record(name=text(), minutes=between(1, 300), steps=some(text(60), 1, 3))),
    ("List ingredients.", some(record(name=text(20), grams=between(1, 1000)), 1, 3)),
    ("Describe an order.", record(id=INTEGER, items=some(record(sku=pattern("^[A-Z]{3}[0-9]{3}$"), count=between(1, 9)), 1, 3))),
    ("Describe a car.", record(["make", "model"], make=text(20), model=text(20), year=between(1900, 2030), electric=BOOLEAN)),
    ("Describe a house.", record(["rooms"], rooms=between(1, 20), garden=BOOLEAN, colour=one_of("white", "red"))),
    ("Describe anything, briefly.", record([], a=text(10), b=between(0, 9), c=BOOLEAN)),
    ("Give coordinates.", POINT),
    ("Give a line.", record(start=POINT, end=POINT)),
    ("Give a triangle.", some(POINT, 3, 3)),
    ("Give a rectangle.", record(corner=POINT, width=between(0, 100, "number"), height=between(0, 100, "number"))),
    ("Give a pair.", {"type": "array", "prefixItems": [text(10), between(0, 9)], "items": False, "minItems": 2}),
    ("Give a row.", {"type": "array", "prefixItems": [INTEGER, text(10), BOOLEAN], "minItems": 3}),
    ("Give numbers.", {"type": "array", "prefixItems": [{"const": 0}], "items": between(1, 9), "maxItems": 5}),
    ("Describe a family tree.", TREE),
    ("Make a list of digits.", LIST),
    ("Write 1 + 2 as a tree.", EXPRESSION),
    ("Describe a shape.", tagged(circle={"radius": between(0, 10, "number")}, square={"side": between(0, 10, "number")})),
    ("What should I do?", tagged(call={"number": pattern("^[0-9]{3,8}$")}, mail={"to": form("email"), "body": text()}, wait={})),
    ("Which animal?", tagged(dog={"barks": BOOLEAN}, cat={"lives": between(1, 9)})),
    ("Give a result.", {"oneOf": [record(ok={"const": True}, value=INTEGER), record(ok={"const": False}, error=text())]}),
    ("A number or a word?", {"oneOf": [between(0, 99), text(10)]}),
    ("A small or a large number?", {"oneOf": [between(0, 9), between(1000, 9999)]}),
    ("A name or nothing?", {"anyOf": [text(20), NULL]}),
    ("An answer of any kind.", {"anyOf": [BOOLEAN, between(0, 9), text(10), some(BOOLEAN, 0, 2)]}),
    ("Who is it?", {"anyOf": [PERSON, record(company=text())]}),
    ("Nullable fields.", record(name={"type": ["string", "null"], "maxLength": 20}, age={"type": ["integer", "null"], "minimum": 0, "maximum": 99})),
    ("Combine.", {"allOf": [record(a=between(0, 9)), record(b=text(10))]}),
    ("Combine bounds.", {"allOf": [{"type": "integer", "minimum": 10}, {"maximum": 20}]}),
    ("Combine patterns.", {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "[0-9]$"}, {"maxLength": 8}]}),
    ("An employee.", {"$defs": {"p": PERSON}, "allOf": [{"$ref": "#/$defs/p"}, record(salary=between(1000, 9999))]}),
    ("Two people.", {"$defs": {"p": PERSON}, **record(first={"$ref": "#/$defs/p"}, second={"$ref": "#/$defs/p"})}),
    ("A team.", {"$defs": {"p": PERSON}, **record(lead={"$ref": "#/$defs/p"}, members=some({"$ref": "#/$defs/p"}, 1, 2))}),
    ("A reference with a bound.", {"$defs": {"s": text(50)}, "$ref": "#/$defs/s", "minLength": 5}),
    ("Scores by name.", {"type": "object", "additionalProperties": between(0, 100), "minProperties": 1, "maxProperties": 3}),
    ("Settings.", {"type": "object", "patternProperties": {"^[a-z]{2,8}$": BOOLEAN}, "additionalProperties": False, "maxProperties": 3}),
    ("A record and more.", {**record(id=between(0, 9)), "additionalProperties": text(10), "maxProperties": 3}),
    ("A closed record.", {**record(id=between(0, 9), name=text(10)), "additionalProperties": False}),
    ("A configuration.", record(server=record(host=form("hostname"), port=between(1, 65535)), debug=BOOLEAN, level=one_of("info", "warn"))),
    ("Four levels.", record(a=record(b=record(c=record(d=between(0, 9)))))),
    ("A matrix.", some(some(between(0, 9), 2, 2), 2, 2)),
    ("A cube.", some(some(some(BOOLEAN, 2, 2), 2, 2), 2, 2)),
    ("Weather.", record(city=text(20), celsius=between(-60, 60, "number"), sky=one_of("clear", "cloudy", "rain"))),
    ("A flight.", record(number=pattern("^[A-Z]{2}[0-9]{1,4}$"), departs=form("date-time"), seats=some(pattern("^[0-9]{1,2}[A-F]$"), 1, 2))),
    ("A bank account.", record(iban=pattern("^[A-Z]{2}[0-9]{20}$"), balance={"type": "number", "minimum": -1000, "maximum": 1000})),
    ("A temperature below zero.", {"type": "number", "exclusiveMaximum": 0, "minimum": -50}),
    ("A probability.", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
    ("A negative whole number.", between(-999, -1)),
    ("A year.", record(year=between(1900, 1999))),
    ("An exam.", record(questions=some(record(question=text(60), answers=some(text(20), 2, 2), right=between(0, 1)), 1, 2))),
    ("A tool call.", record(name={"const": "get_weather"}, arguments=record(city=text(20), unit=one_of("C", "F")))),
    ("A choice of tools.", {"anyOf": [record(name={"const": "add"}, arguments=record(a=between(0, 99), b=between(0, 99))), record(name={"const": "say"}, arguments=record(text=text(30)))]}),
    ("A message.", record(role=one_of("user", "assistant"), content=text(60))),
    ("A conversation.", some(record(role=one_of("user", "assistant"), content=text(40)), 1, 3)),
    ("A log line.", record(time=form("date-time"), level=one_of("INFO", "WARN", "ERROR"), message=text(50))),
    ("Unicode.", record(**{"größe": between(0, 9), "名前": text(10)})),
    ("Quotes.", record(**{'a"b': BOOLEAN, "c\\d": BOOLEAN})),
    ("Constants.", record(version={"const": 1}, kind={"const": "x y"}, flag={"const": None})),
    ("A constant list.", {"const": [1, "two", {"three": 3}]}),
    ("Objects to choose from.", one_of({"a": 1}, {"b": [2, 3]}, "neither")),
    ("A survey.", record(q1=between(1, 5), q2=between(1, 5), q3=between(1, 5), comment=text(50))),
    ("Skills.", record(skills=some(record(name=text(15), level=one_of("low", "high")), 2, 3))),
    ("A menu.", record(starter=text(20), main=text(20), dessert={"anyOf": [text(20), NULL]}, price=between(5, 50, "number"))),
    ("A chess move.", pattern("^([KQRBN]?[a-h][1-8]|O-O)$")),
    ("A Roman numeral.", pattern("^X{0,3}(IX|IV|V?I{0,3})$")),
    ("Coordinates as text.", pattern(r"^-?\d{1,2}\.\d{2}, -?\d{1,3}\.\d{2}$")),
    ("A playing card.", record(rank=one_of(2, 3, 4, 5, 6, 7, 8, 9, 10, "J", "Q", "K", "A"), suit=one_of("hearts", "spades"))),
    ("A music track.", record(["title", "seconds"], title=text(30), artist=text(30), seconds=between(1, 1200), explicit=BOOLEAN)),
    ("A to-do list.", record(items=some(record(["task"], task=text(30), done=BOOLEAN, due=form("date")), 1, 3))),
]

if __name__ == "__main__":
    with open(pathlib.Path(__file__).with_name("schemas.jsonl"), "w", encoding="utf-8") as out:
        for prompt, schema in CASES:
            out.write(json.dumps({"prompt": prompt, "schema": schema}, ensure_ascii=False) + "\n")
