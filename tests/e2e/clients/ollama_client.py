"""The `ollama` package."""

import importlib.metadata
import json

import ollama

from features import EXTRACT, HELLO, PARAMETERS, PERSON, address, check, check_cancelled, check_person, check_vectors, main, model

client = ollama.Client(host=address(), timeout=120)
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.", "parameters": PARAMETERS}}


def chat():
    answer = client.chat(model(), HELLO, options={"num_predict": 12, "seed": 1}, keep_alive="5m")
    check(answer.message.content and answer.done, answer)
    check(answer.prompt_eval_count > 0 and answer.eval_count > 0 and answer.total_duration > 0, answer)
    first = client.generate(model(), "Say hello.", options={"num_predict": 4})
    check(client.generate(model(), "Again.", context=first.context, options={"num_predict": 4}).context, "a context to go on from")
    names = [m.model for m in client.list().models]
    check(f"{model()}:latest" in names, names)
    check(client.show(names[0]).details.family and client.ps().models, "what is known of the model")


def stream():
    lines = list(client.chat(model(), HELLO, options={"num_predict": 12}, stream=True))
    check("".join(line.message.content or "" for line in lines), "text")
    check(lines[-1].done and lines[-1].done_reason in ("stop", "length"), lines[-1])


def tools():
    # There is no tool_choice: whether there is a call is the model's affair, that both turns are understood is ours.
    question = {"role": "user", "content": "What is the weather in Paris?"}
    check(client.chat(model(), [question], tools=[TOOL], options={"num_predict": 12}).message, "an answer")
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Paris"}}}]}
    result = {"role": "tool", "tool_name": "get_weather", "content": "sunny"}
    check(client.chat(model(), [question, call, result], tools=[TOOL], options={"num_predict": 12}).message, "an answer to the result")


def json_schema():
    check_person(json.loads(client.chat(model(), EXTRACT, format=PERSON, options={"num_predict": 80}).message.content))


def embeddings():
    check_vectors(client.embed(model(), ["One text.", "Another."], dimensions=64).embeddings, 2)
    check_vectors([client.embeddings(model(), "One text.").embedding], 1)


def cancel():
    lines = client.chat(model(), HELLO, options={"num_predict": 2000}, stream=True)
    next(lines)
    lines.close()
    check_cancelled()


def errors():
    for status, more in ((404, {"model": "no-such-model"}), (400, {"options": {"no_such_option": 1}})):
        try:
            client.chat(**{"model": model(), "messages": HELLO, **more})
        except ollama.ResponseError as refused:
            check(refused.status_code == status and refused.error, refused)
        else:
            check(False, status)


main("ollama (Python)", importlib.metadata.version("ollama"), chat=chat, stream=stream, tools=tools, JSON_schema=json_schema, embeddings=embeddings, cancel=cancel, errors=errors)
