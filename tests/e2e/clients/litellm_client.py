"""The `litellm` package, through its OpenAI provider."""

import importlib.metadata
import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing is fetched
import litellm

from features import EXTRACT, HELLO, PARAMETERS, PERSON, address, check, check_cancelled, check_person, check_vectors, main, model

litellm.telemetry = False
COMMON = {"api_base": address() + "/v1", "api_key": "none", "timeout": 120, "max_retries": 0}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.", "parameters": PARAMETERS}}


def ask(messages=HELLO, max_tokens=12, **more):
    return litellm.completion(**{"model": "openai/" + model(), "messages": messages, "max_tokens": max_tokens, **COMMON, **more})


def chat():
    answer = ask()
    check(answer.choices[0].message.content and answer.usage.total_tokens > 0, answer)


def stream():
    check("".join(chunk.choices[0].delta.content or "" for chunk in ask(stream=True)), "text")


def tools():
    call = ask(max_tokens=60, tools=[TOOL], tool_choice="required", parallel_tool_calls=False).choices[0].message.tool_calls[0]
    check(isinstance(json.loads(call.function.arguments)["city"], str), call)


def json_schema():
    answer = ask(EXTRACT, 80, response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}})
    check_person(json.loads(answer.choices[0].message.content))


def embeddings():
    answer = litellm.embedding(model="openai/" + model(), input=["One text.", "Another."], **COMMON)
    check_vectors([item["embedding"] for item in answer.data], 2)


def cancel():
    answer = ask(max_tokens=2000, stream=True)
    next(iter(answer))
    answer.completion_stream.close()
    check_cancelled()


def errors():
    for error, more in ((litellm.NotFoundError, {"model": "openai/no-such-model"}), (litellm.BadRequestError, {"temperature": 9})):
        try:
            ask(**more)
        except error as refused:
            check(str(refused), "a message")
        else:
            check(False, error)


main("litellm", importlib.metadata.version("litellm"), chat=chat, stream=stream, tools=tools, JSON_schema=json_schema, embeddings=embeddings, cancel=cancel, errors=errors)
