"""The `anthropic` package."""

import json

import anthropic

from features import EXTRACT, HELLO, PARAMETERS, PERSON, address, check, check_cancelled, check_person, main, model

client = anthropic.Anthropic(base_url=address(), api_key="none", max_retries=0, timeout=120)
TOOL = {"name": "get_weather", "description": "The weather of a city.", "input_schema": PARAMETERS}


def ask(messages=HELLO, max_tokens=12, **more):
    return client.messages.create(model=model(), messages=messages, max_tokens=max_tokens, **more)


def chat():
    system = [{"type": "text", "text": "You are brief.", "cache_control": {"type": "ephemeral"}}]
    answer = ask(system=system, metadata={"user_id": "somebody"})
    check(answer.content[0].text and answer.role == "assistant", answer)
    check(answer.stop_reason in ("end_turn", "max_tokens"), answer.stop_reason)
    usage = answer.usage
    counted = client.messages.count_tokens(model=model(), system=system, messages=HELLO).input_tokens
    check(usage.input_tokens + usage.cache_read_input_tokens == counted, f"{usage} and {counted} counted")
    check(model() in [m.id for m in client.models.list() if m.type == "model" and m.display_name and m.created_at], "the list of models")
    again = ask(system=system).usage
    check(again.cache_read_input_tokens > 0, f"what is cached: {again}")


def stream():
    with client.messages.stream(model=model(), messages=HELLO, max_tokens=12) as events:
        text = "".join(events.text_stream)
        whole = events.get_final_message()
    check(text and whole.content[0].text == text, whole)
    check(whole.usage.output_tokens > 0 and whole.stop_reason, whole)
    started = next(iter(client.messages.create(model=model(), messages=HELLO, max_tokens=4, stream=True)))
    check(started.message.usage.input_tokens > 0, started)


def tools():
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    # One call: how many more the model would make, until it runs out of tokens, is its affair.
    choice = {"type": "any", "disable_parallel_tool_use": True}
    with client.messages.stream(model=model(), messages=question, max_tokens=60, tools=[TOOL], tool_choice=choice) as events:
        for _ in events:
            pass
        answer = events.get_final_message()
    call = next(block for block in answer.content if block.type == "tool_use")
    check(call.name == "get_weather" and isinstance(call.input["city"], str), call)
    check(answer.stop_reason == "tool_use", answer.stop_reason)
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]}
    check(ask([*question, {"role": "assistant", "content": answer.content}, result], tools=[TOOL]), "an answer to the result")


def json_schema():
    answer = ask(EXTRACT, 80, extra_body={"output_config": {"format": {"type": "json_schema", "schema": PERSON}}})
    check_person(json.loads(answer.content[0].text))


def cancel():
    with client.messages.stream(model=model(), messages=HELLO, max_tokens=2000) as events:
        next(events.text_stream)
    check_cancelled()


def errors():
    for error, more in ((anthropic.NotFoundError, {"model": "no-such-model"}), (anthropic.BadRequestError, {"max_tokens": 0})):
        try:
            client.messages.create(**{"model": model(), "messages": HELLO, "max_tokens": 1, **more})
        except error as refused:
            check(refused.body["error"]["message"], "a message")
        else:
            check(False, error)


main("anthropic (Python)", anthropic.__version__, chat=chat, stream=stream, tools=tools, JSON_schema=json_schema, cancel=cancel, errors=errors)
