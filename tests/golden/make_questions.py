#!/usr/bin/env python3
# Makes 300 questions with four answers each for `pincer perplexity MODEL FILE --questions`: sums, differences, products, numbers in
# order, capitals, opposites and kinds of things, each after two examples of its sort.
# usage: make_questions.py OUT.jsonl
# Only the Python standard library is used (made with Python 3.11.7). Deterministic: the questions are drawn by a fixed seed.
import json
import random
import sys

CAPITALS = dict(France="Paris", Germany="Berlin", Italy="Rome", Spain="Madrid", Portugal="Lisbon", Greece="Athens", Austria="Vienna",
                Hungary="Budapest", Poland="Warsaw", Norway="Oslo", Sweden="Stockholm", Finland="Helsinki", Denmark="Copenhagen",
                Ireland="Dublin", Belgium="Brussels", Russia="Moscow", Ukraine="Kyiv", Turkey="Ankara", Egypt="Cairo", Kenya="Nairobi",
                Japan="Tokyo", China="Beijing", Thailand="Bangkok", Vietnam="Hanoi", Indonesia="Jakarta", Australia="Canberra",
                Canada="Ottawa", Mexico="Mexico City", Cuba="Havana", Peru="Lima", Chile="Santiago", Argentina="Buenos Aires", Iran="Tehran",
                Iraq="Baghdad", Syria="Damascus", Lebanon="Beirut", Nepal="Kathmandu", Cambodia="Phnom Penh", Ethiopia="Addis Ababa",
                Ghana="Accra")
OPPOSITES = dict(hot="cold", big="small", up="down", left="right", day="night", black="white", open="closed", full="empty", fast="slow",
                 happy="sad", rich="poor", old="young", early="late", hard="soft", high="low", long="short", strong="weak", true="false",
                 wet="dry", win="lose", buy="sell", love="hate", begin="end", light="dark", near="far", north="south", east="west",
                 push="pull", inside="outside", above="below", give="take", loud="quiet", thick="thin", wide="narrow", clean="dirty",
                 cheap="expensive", alive="dead", first="last", more="less", same="different")
KINDS = dict(apple="fruit", banana="fruit", orange="fruit", pear="fruit", dog="animal", cat="animal", horse="animal", lion="animal",
             red="color", blue="color", green="color", yellow="color", hammer="tool", saw="tool", screwdriver="tool", wrench="tool",
             piano="instrument", violin="instrument", guitar="instrument", flute="instrument", car="vehicle", truck="vehicle",
             bus="vehicle", bicycle="vehicle", chair="furniture", table="furniture", sofa="furniture", desk="furniture",
             shirt="clothing", hat="clothing", coat="clothing", sock="clothing", iron="metal", copper="metal", gold="metal",
             silver="metal", Monday="day", Friday="day", Sunday="day", Tuesday="day")


def facts(random, table, form):
    """Every entry once; the wrong answers are those of other entries."""
    items = list(table.items())
    for key, right in items:
        wrong = random.sample(sorted({v for _, v in items if v != right}), 3)
        shown = random.sample([item for item in items if item[0] != key], 2)
        yield "".join(form.format(k) + f" {v}\n" for k, v in shown) + form.format(key), right, wrong


def numbers(random, count, draw, form):
    """draw() gives the numbers of a question and its result; wrong answers are close to it."""
    for _ in range(count):
        (numbers, right), *shown = [draw() for _ in range(3)]
        wrong = random.sample([right + d for d in (-11, -10, -3, -2, -1, 1, 2, 3, 10, 11) if right + d >= 0], 3)
        yield "".join(form.format(*n) + f" {r}\n" for n, r in shown) + form.format(*numbers), right, wrong


def main():
    draw = random.Random(300)

    def pair(low, high, result):
        a, b = draw.randint(low, high), draw.randint(low, high)
        return (max(a, b), min(a, b)), result(max(a, b), min(a, b))

    def series():
        start, step = draw.randint(1, 30), draw.randint(1, 10)
        return tuple(start + step * i for i in range(4)), start + 4 * step

    questions = [*facts(draw, CAPITALS, "The capital of {} is"), *facts(draw, OPPOSITES, "The opposite of {} is"),
                 *facts(draw, KINDS, "What kind of thing is {}?"),
                 *numbers(draw, 60, lambda: pair(1, 20, lambda a, b: a + b), "{} + {} ="),
                 *numbers(draw, 40, lambda: pair(1, 20, lambda a, b: a - b), "{} - {} ="),
                 *numbers(draw, 40, lambda: pair(2, 10, lambda a, b: a * b), "{} x {} ="),
                 *numbers(draw, 40, series, "{}, {}, {}, {},")]
    with open(sys.argv[1], "w", encoding="utf-8", newline="") as out:
        for question, right, wrong in questions:
            choices = [f" {c}" for c in (right, *wrong)]
            draw.shuffle(choices)
            out.write(json.dumps({"question": question, "choices": choices, "answer": choices.index(f" {right}")}) + "\n")


main()
