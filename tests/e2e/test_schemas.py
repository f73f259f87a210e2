"""Answers of the real model under JSON schemas: what ends is valid, as the package jsonschema judges.

A part of the schemas of schemas.jsonl; all of them, several times, with PINCER_ALL_SCHEMAS=1 (then the figures of
docs/grammar.md are printed)."""

import concurrent.futures
import json
import os
import pathlib
import unittest

import jsonschema

import support

# Greedy, and two that draw: the second from all tokens, which the schema alone keeps from nonsense.
DRAWS = ({"temperature": 0}, {"temperature": 1, "seed": 1}, {"temperature": 1.5, "top_k": 0, "seed": 2})
ALL = bool(os.environ.get("PINCER_ALL_SCHEMAS"))
FILE = pathlib.Path(__file__).with_name("schemas.jsonl")
MOST_TOKENS = 400
CLIENTS = 8
FLAGS = {"temperature": "temp", "top_k": "top-k"}  # of `pincer run`


def cases():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in (lines if ALL else lines[::9])]


def drawn():
    return [(case, draw) for case in cases() for draw in (DRAWS if ALL else DRAWS[:1])]


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def run_answer(self, case, draw):
        flags = [part for name, value in draw.items() for part in (f"--{FLAGS.get(name, name)}", value)]
        answer = support.run_json(self.home, "run", "-n", MOST_TOKENS, "-j", json.dumps(case["schema"]), *flags, case["prompt"])
        return answer["finish_reason"], answer["text"]

    @staticmethod
    def served_answer(server, case, draw):
        body = {"messages": [{"role": "user", "content": case["prompt"]}], "max_tokens": MOST_TOKENS, **draw,
                "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": case["schema"]}}}
        status, text = server.request("POST", "/v1/chat/completions", body)
        assert status == 200, text
        choice = json.loads(text)["choices"][0]
        return choice["finish_reason"], choice["message"]["content"]

    def check_all(self, answers):
        """Of (case, draw, finish reason, text)."""
        completed = total = 0
        for case, draw, reason, text in answers:
            with self.subTest(schema=case["schema"], draw=draw):
                total += 1
                if reason == "length":
                    continue
                self.assertEqual(reason, "stop")
                completed += 1
                checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
                jsonschema.Draft202012Validator(case["schema"], format_checker=checker).validate(json.loads(text))
        print(f"{completed} of {total} answers completed within {MOST_TOKENS} tokens, all of them valid")
        self.assertGreaterEqual(completed, 0.9 * total)

    def test_completed_answers_are_valid(self):
        self.check_all((case, draw, *self.run_answer(case, draw)) for case, draw in drawn())

    def test_completed_answers_of_a_server_are_valid(self):
        with support.Server(self.home) as server, concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
            work = drawn()
            asked = [clients.submit(self.served_answer, server, case, draw) for case, draw in work]
            self.check_all((*what, *answer.result()) for what, answer in zip(work, asked))

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
