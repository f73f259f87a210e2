"""/v1/responses through the `openai` package, against a server of its own."""

import unittest

import openai

import support


class Responses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        home = support.Home()
        cls.addClassCleanup(home.remove)
        server = support.Server(home)
        cls.enterClassContext(server)
        cls.client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="none", max_retries=0, timeout=120)
        cls.model = cls.client.models.list().data[0].id

    def ask(self, text="Say hello.", **more):
        more.setdefault("max_output_tokens", 16)
        return self.client.responses.create(model=self.model, input=text, **more)

    def test_whole_response(self):
        response = self.ask(temperature=0)
        self.assertIn(response.status, ("completed", "incomplete"))
        self.assertEqual(response.object, "response")
        self.assertTrue(response.output_text)
        self.assertGreater(response.usage.input_tokens, 0)
        self.assertEqual(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens)

    def test_a_stream_gives_the_text_of_the_whole_response(self):
        whole = self.ask(temperature=0)
        with self.client.responses.stream(model=self.model, input="Say hello.", temperature=0, max_output_tokens=16) as stream:
            events = list(stream)
        self.assertEqual(events[-1].response.output_text, whole.output_text)
        types = [event.type for event in events]
        self.assertEqual(types[:2], ["response.created", "response.in_progress"])
        self.assertIn(types[-1], ("response.completed", "response.incomplete"))
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), whole.output_text)

    def test_a_conversation_goes_on(self):
        first = self.ask("My name is Ann.", instructions="Be brief.")
        second = self.ask("What is my name?", previous_response_id=first.id)
        self.assertEqual(second.previous_response_id, first.id)
        alone = self.ask("What is my name?")
        self.assertGreater(second.usage.input_tokens, alone.usage.input_tokens)

    def test_responses_are_kept_until_they_are_deleted(self):
        made = self.ask()
        self.assertEqual(self.client.responses.retrieve(made.id).output_text, made.output_text)
        items = self.client.responses.input_items.list(made.id)
        self.assertEqual(items.data[0].content[0].text, "Say hello.")
        self.client.responses.delete(made.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(made.id)
        with self.assertRaises(openai.BadRequestError):
            self.ask(previous_response_id=made.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(self.ask(store=False).id)

    def test_a_tools_result_is_answered(self):
        tools = [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": False}]
        items = [
            {"role": "user", "content": "How is the weather?"},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        ]
        self.assertTrue(self.ask(items, tools=tools).output)

    def test_what_is_not_supported_is_named(self):
        for param, more in (
            ("background", {"background": True}),
            ("truncation", {"truncation": "auto"}),
            ("tools[0].type", {"tools": [{"type": "web_search"}]}),
            ("input[0].content[0].type", {"text": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]}),
        ):
            with self.subTest(param), self.assertRaises(openai.BadRequestError) as caught:
                self.ask(**more)
            self.assertEqual(caught.exception.param, param)


if __name__ == "__main__":
    unittest.main()
