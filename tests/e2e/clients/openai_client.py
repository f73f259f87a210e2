"""The `openai` package: chat completions, embeddings, and in passing the other OpenAI endpoints."""

import json

import openai

from features import EXTRACT, HELLO, PARAMETERS, PERSON, address, check, check_cancelled, check_person, check_vectors, main, model

client = openai.OpenAI(base_url=address() + "/v1", api_key="none", max_retries=0, timeout=120)
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.", "parameters": PARAMETERS}}


def ask(messages=HELLO, max_tokens=12, **more):
    return client.chat.completions.create(model=model(), messages=messages, max_tokens=max_tokens, **more)


def chat():
    answer = ask(n=2, seed=1)
    check(len(answer.choices) == 2 and answer.choices[0].message.content, "two answers")
    check(answer.usage.completion_tokens > 0, "usage")


def stream():
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    check("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), "text")
    check(chunks[-1].usage.total_tokens > 0, "usage at the end")


def tools():
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = ask(question, 60, tools=[TOOL], tool_choice="required", parallel_tool_calls=False, temperature=0)
    calls = answer.choices[0].message.tool_calls
    for call in calls:
        check(call.function.name == "get_weather", call)
        check(isinstance(json.loads(call.function.arguments)["city"], str), call)
    check(answer.choices[0].finish_reason == "tool_calls", answer.choices[0].finish_reason)
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in calls]
    check(ask(question + [answer.choices[0].message, *results], tools=[TOOL]).choices, "an answer to the results")


def json_schema():
    schema = {"name": "person", "schema": PERSON, "strict": True}
    answer = ask(EXTRACT, 80, response_format={"type": "json_schema", "json_schema": schema})
    check_person(json.loads(answer.choices[0].message.content))


def embeddings():
    answer = client.embeddings.create(model=model(), input=["One text.", "Another."], dimensions=64)
    check_vectors([item.embedding for item in answer.data], 2)
    check(len(answer.data[0].embedding) == 64, "64 dimensions")
    check_vectors([client.embeddings.create(model=model(), input=[1, 2, 3], encoding_format="float").data[0].embedding], 1)


def cancel():
    with ask(max_tokens=2000, stream=True) as answer:
        next(iter(answer))
    check_cancelled()


def errors():
    for error, more in ((openai.NotFoundError, {"model": "no-such-model"}), (openai.BadRequestError, {"temperature": 9})):
        try:
            client.chat.completions.create(**{"model": model(), "messages": HELLO, "max_tokens": 1, **more})
        except error as refused:
            check(refused.body["message"], "a message")
        else:
            check(False, error)


main("openai (Python)", openai.__version__, chat=chat, stream=stream, tools=tools, JSON_schema=json_schema, embeddings=embeddings, cancel=cancel, errors=errors)
