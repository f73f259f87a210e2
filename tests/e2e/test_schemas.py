"""Answers of the real model under JSON schemas: what ends is valid, as the package jsonschema judges.

A part of the schemas of schemas.jsonl; all of them, several times, with PINCER_ALL_SCHEMAS=1 (then the figures of
docs/grammar.md are printed)."""

import json
import os
import pathlib
import unittest

import jsonschema

import support

ALL = bool(os.environ.get("PINCER_ALL_SCHEMAS"))
FILE = pathlib.Path(__file__).with_name("schemas.jsonl")
MOST_TOKENS = 400


def cases():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in (lines if ALL else lines[::9])]


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def answer(self, case, *flags):
        return support.run_json(self.home, "run", "-n", MOST_TOKENS, "-j", json.dumps(case["schema"]), *flags, case["prompt"])

    def test_completed_answers_are_valid(self):
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        completed = total = 0
        for case in cases():
            validator = jsonschema.Draft202012Validator(case["schema"], format_checker=checker)
            for flags in (("--temp", 0), ("--temp", 1, "--seed", 1), ("--temp", 1.5, "--top-k", 0, "--seed", 2))[: 3 if ALL else 1]:
                with self.subTest(schema=case["schema"], flags=flags):
                    answer = self.answer(case, *flags)
                    total += 1
                    if answer["finish_reason"] == "length":
                        continue
                    self.assertEqual(answer["finish_reason"], "stop")
                    completed += 1
                    validator.validate(json.loads(answer["text"]))
        print(f"{completed} of {total} answers completed within {MOST_TOKENS} tokens, all of them valid")
        self.assertGreaterEqual(completed, 0.9 * total)

    def test_grammars_and_expressions(self):
        answer = support.run_json(self.home, "run", "--temp", 0, "--regex", "(yes|no)", "Is the sky blue?")
        self.assertIn(answer["text"], ("yes", "no"))
        self.assertEqual(answer["finish_reason"], "stop")
        grammar = 'root ::= "{" pair ("," pair){2} "}"\npair ::= [a-c] "=" [0-9]{1,2}\n'
        answer = support.run_json(self.home, "run", "--temp", 1, "--seed", 3, "--grammar", grammar, "Three pairs.")
        self.assertRegex(answer["text"], r"^\{[a-c]=\d{1,2}(,[a-c]=\d{1,2}){2}\}$")

    def test_errors_name_the_place(self):
        done = support.run(self.home, "run", "--grammar", 'root ::= "a" missing', "x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("missing", done.stderr)
        done = support.run(self.home, "run", "-j", '{"type":"array","contains":{}}', "x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("contains", done.stderr)
        done = support.run(self.home, "run", "-j", "no_such_file.json", "x")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no_such_file.json", done.stderr)


if __name__ == "__main__":
    unittest.main()
