"""The `openai` package against a server: the one at PINCER_URL (with PINCER_API_KEY, if it asks for keys), else one of its own.

Holds for every model: nothing here depends on what the model says.
"""

import contextlib
import os
import threading
import unittest
import urllib.request

import openai

URL = os.environ.get("PINCER_URL", "")
KEY = os.environ.get("PINCER_API_KEY", "")
HELLO = [{"role": "user", "content": "Say hello."}]
_own = contextlib.ExitStack()


def setUpModule():
    global URL
    if URL:
        return
    if "PINCER_BIN" not in os.environ:
        raise unittest.SkipTest("neither PINCER_URL nor PINCER_BIN is set")
    import support

    home = support.Home()
    _own.callback(home.remove)
    server = _own.enter_context(support.Server(home))
    URL = f"http://127.0.0.1:{server.port}"


def tearDownModule():
    _own.close()


def client(key=KEY):
    return openai.OpenAI(base_url=URL + "/v1", api_key=key or "none", max_retries=0, timeout=120)


def metrics():
    headers = {"Authorization": "Bearer " + KEY} if KEY else {}
    with urllib.request.urlopen(urllib.request.Request(URL + "/metrics", headers=headers)) as answer:
        return answer.read().decode()


class OpenAiClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not URL:
            cls.start_server()
        cls.client = client()
        cls.model = cls.client.models.list().data[0].id

    @classmethod
    def start_server(cls):
        global URL
        home = support.Home()
        cls.addClassCleanup(home.remove)
        server = support.Server(home)
        cls.enterClassContext(server)
        URL = f"http://127.0.0.1:{server.port}"

    def ask(self, messages=HELLO, **more):
        more.setdefault("max_tokens", 16)
        return self.client.chat.completions.create(model=self.model, messages=messages, **more)

    def refused(self, error, **more):
        with self.assertRaises(error) as caught:
            self.ask(**more)
        return caught.exception

    # Models

    def test_models_are_listed_and_found_by_name(self):
        self.assertEqual(self.client.models.retrieve(self.model).id, self.model)
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("no-such-model")

    # Whole answers

    def test_whole_answer(self):
        answer = self.ask()
        self.assertEqual(answer.object, "chat.completion")
        self.assertEqual(answer.model, self.model)
        self.assertTrue(answer.id.startswith("chatcmpl-"))
        self.assertTrue(answer.system_fingerprint)
        self.assertTrue(answer._request_id)
        choice = answer.choices[0]
        self.assertEqual(choice.message.role, "assistant")
        self.assertIn(choice.finish_reason, ("stop", "length"))
        usage = answer.usage
        self.assertGreater(usage.prompt_tokens, 0)
        self.assertLessEqual(usage.completion_tokens, 16)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_a_prompt_that_came_before_is_cached(self):
        messages = [{"role": "user", "content": "Tell me about the lighthouses of the northern coast."}]
        answers = [self.ask(messages, max_tokens=4, temperature=0) for _ in range(2)]
        self.assertEqual(answers[0].choices[0].message.content, answers[1].choices[0].message.content)
        usage = answers[1].usage
        self.assertEqual(usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens - 1)

    def test_one_token_ends_by_length(self):
        answer = self.ask(max_tokens=1, temperature=0)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 1)

    def test_max_completion_tokens(self):
        answer = self.ask(max_tokens=openai.NOT_GIVEN, max_completion_tokens=2, temperature=0)
        self.assertLessEqual(answer.usage.completion_tokens, 2)

    def test_text_parts_are_taken(self):
        parts = [{"type": "text", "text": "Say"}, {"type": "text", "text": "hello."}]
        self.assertTrue(self.ask([{"role": "user", "content": parts}]).choices)

    def test_the_same_seed_gives_the_same_answer(self):
        first, second = (self.ask(seed=7, temperature=1).choices[0].message.content for _ in range(2))
        self.assertEqual(first, second)

    def test_a_stop_string_is_not_shown(self):
        whole = self.ask(temperature=0).choices[0].message.content
        stop = whole[len(whole) // 2 :][:3]
        self.assertTrue(stop)
        answer = self.ask(temperature=0, stop=[stop]).choices[0]
        self.assertEqual(answer.message.content, whole[: whole.index(stop)])
        self.assertEqual(answer.finish_reason, "stop")

    def test_logprobs(self):
        answer = self.ask(logprobs=True, top_logprobs=3, temperature=0, max_tokens=4)
        content = answer.choices[0].logprobs.content
        self.assertTrue(content)
        for entry in content:
            self.assertLessEqual(entry.logprob, 0)
            self.assertEqual(len(entry.top_logprobs), 3)
            self.assertAlmostEqual(entry.logprob, entry.top_logprobs[0].logprob, places=4)  # greedy
        shown = b"".join(bytes(entry.bytes) for entry in content).decode(errors="replace")
        self.assertEqual(shown, answer.choices[0].message.content)

    def test_penalties_and_biases_are_taken(self):
        answer = self.ask(
            logit_bias={"65": 5},
            presence_penalty=0.5,
            frequency_penalty=0.5,
            extra_body={"top_k": 20, "min_p": 0.1, "typical_p": 0.9, "repetition_penalty": 1.1},
        )
        self.assertTrue(answer.choices)

    def test_several_choices_differ_by_their_seed(self):
        answer = self.ask(n=3, seed=7, temperature=1)
        self.assertEqual([c.index for c in answer.choices], [0, 1, 2])
        second = self.ask(seed=8, temperature=1)
        self.assertEqual(answer.choices[1].message.content, second.choices[0].message.content)

    def test_a_message_goes_on_where_it_ends(self):
        whole = self.ask(temperature=0, max_tokens=8)
        text = whole.choices[0].message.content
        half = text[: len(text) // 2].rstrip()
        for more in (
            {"extra_body": {"continue_final_message": True, "add_generation_prompt": False}},
            {"prefix": True},
        ):
            last = {"role": "assistant", "content": half}
            if more.pop("prefix", None):
                last["prefix"] = True
            answer = self.ask(HELLO + [last], temperature=0, max_tokens=8, **more)
            self.assertGreater(answer.usage.prompt_tokens, whole.usage.prompt_tokens)
            self.assertFalse(answer.choices[0].message.content.startswith(half))

    # Tools: what a small model writes is anybody's guess, but nothing it writes is an error.

    def test_tools_are_offered(self):
        tools = [{"type": "function", "function": {"name": "weather", "description": "The weather in a city.",
                  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
        plain = self.ask(max_tokens=1).usage.prompt_tokens
        answer = self.ask(tools=tools, max_tokens=64)
        self.assertGreater(answer.usage.prompt_tokens, plain)
        for call in answer.choices[0].message.tool_calls or []:
            self.assertEqual(call.function.name, "weather")
        self.assertEqual(self.ask(tools=tools, tool_choice="none", max_tokens=1).usage.prompt_tokens, plain)

    def test_a_tools_result_is_answered(self):
        call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
        messages = [
            {"role": "user", "content": "How is the weather in Oslo?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        ]
        self.assertTrue(self.ask(messages).choices)

    # Completions

    def test_a_completion(self):
        ask = self.client.completions.create
        whole = ask(model=self.model, prompt="One, two, three,", temperature=0, max_tokens=8, echo=True)
        self.assertTrue(whole.choices[0].text.startswith("One, two, three,"))
        chunks = list(ask(model=self.model, prompt="One, two, three,", temperature=0, max_tokens=8, stream=True))
        self.assertEqual("One, two, three," + "".join(c.choices[0].text for c in chunks), whole.choices[0].text)
        two = ask(model=self.model, prompt=["One,", "Two,"], n=2, logprobs=2, max_tokens=4)
        self.assertEqual(len(two.choices), 4)
        self.assertEqual(len(two.choices[0].logprobs.tokens), len(two.choices[0].logprobs.token_logprobs))

    # Streams

    def test_a_stream_gives_the_text_of_the_whole_answer(self):
        whole = self.ask(temperature=0).choices[0].message.content
        chunks = list(self.ask(temperature=0, stream=True, stream_options={"include_usage": True}))
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(text, whole)
        finishes = [c.choices[0].finish_reason for c in chunks if c.choices]
        self.assertIn(finishes[-1], ("stop", "length"))
        self.assertEqual(set(finishes[:-1]), {None})
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.total_tokens, chunks[-1].usage.prompt_tokens)
        self.assertEqual({c.id for c in chunks}, {chunks[0].id})
        self.assertTrue(all(c.usage is None for c in chunks[:-1]))

    def test_leaving_a_stream_frees_its_place(self):
        stream = self.ask(stream=True, max_tokens=1000)
        next(iter(stream))
        stream.close()
        for _ in range(1000):
            if "\npincer_active_requests 1\n" in metrics():  # the request that asks
                return
        self.fail("the generation of a client that left goes on")

    def test_many_clients_get_what_each_gets_alone(self):
        questions = [[{"role": "user", "content": f"Count from {i}."}] for i in range(8)]
        alone = [self.ask(q, temperature=0).choices[0].message.content for q in questions]
        together = [None] * len(questions)

        def run(i):
            chunks = self.ask(questions[i], temperature=0, stream=True)
            together[i] = "".join(c.choices[0].delta.content or "" for c in chunks)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(questions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(together, alone)

    # Errors

    def test_bad_requests(self):
        for more in (
            {"temperature": 9},
            {"top_p": -1},
            {"n": 33},
            {"functions": [{"name": "f"}]},
            {"tool_choice": "required"},
            {"extra_body": {"no_such_field": 1}},
            {"logit_bias": {"x": 1}},
            {"max_tokens": 0},
            {"extra_body": {"top_k": -5}},
            {"messages": []},
            {"messages": [{"role": "wizard", "content": "x"}]},
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
            {"tools": [{"type": "function", "function": {"name": "a b"}}]},
            {"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]},
        ):
            with self.subTest(**more):
                error = self.refused(openai.BadRequestError, **more)
                self.assertEqual(error.type, "invalid_request_error")
                self.assertTrue(error.param)
                self.assertTrue(error.message)

    def test_a_prompt_beyond_the_context(self):
        error = self.refused(
            openai.BadRequestError, messages=[{"role": "user", "content": "word " * 100_000}]
        )
        self.assertEqual(error.code, "context_length_exceeded")

    def test_an_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.chat.completions.create(model="no-such-model", messages=HELLO)
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_a_body_that_is_too_large(self):
        with self.assertRaises(openai.APIStatusError) as caught:
            self.ask([{"role": "user", "content": "x" * (5 << 20)}])
        self.assertEqual(caught.exception.status_code, 413)

    @unittest.skipUnless(KEY, "PINCER_API_KEY is not set")
    def test_a_wrong_key(self):
        with self.assertRaises(openai.AuthenticationError):
            client("wrong").models.list()


if __name__ == "__main__":
    unittest.main()
