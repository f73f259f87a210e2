"""The `langchain-openai` package."""

import importlib.metadata

import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from features import EXTRACT, PARAMETERS, PERSON, address, check, check_cancelled, check_person, check_vectors, main, model

COMMON = {"base_url": address() + "/v1", "api_key": "none", "max_retries": 0, "timeout": 120}


def llm(max_tokens=12, **more):
    return ChatOpenAI(**{"model": model(), "max_tokens": max_tokens, **COMMON, **more})


def chat():
    answer = llm().invoke("Say hello.")
    check(answer.content and answer.usage_metadata["total_tokens"] > 0, answer)


def stream():
    check("".join(chunk.content for chunk in llm().stream("Say hello.")), "text")


def tools():
    tool = {"name": "get_weather", "description": "The weather of a city.", "parameters": PARAMETERS}
    bound = llm(60).bind_tools([tool], tool_choice="get_weather")
    call = bound.invoke("What is the weather in Paris?").tool_calls[0]
    check(call["name"] == "get_weather" and isinstance(call["args"]["city"], str), call)


def json_schema():
    schema = {"title": "person", "description": "A person.", **PERSON}
    check_person(llm(80).with_structured_output(schema, method="json_schema").invoke(EXTRACT))


def embeddings():
    # Token arrays of a tokenizer that is OpenAI's would be another text to this model.
    made = OpenAIEmbeddings(model=model(), check_embedding_ctx_length=False, **COMMON)
    check_vectors(made.embed_documents(["One text.", "Another."]), 2)
    check_vectors([made.embed_query("One text.")], 1)


def cancel():
    answer = llm(2000).stream("Say hello.")
    next(answer)
    answer.close()
    check_cancelled()


def errors():
    for error, more in ((openai.NotFoundError, {"model": "no-such-model"}), (openai.BadRequestError, {"temperature": 9})):
        try:
            llm(**more).invoke("Say hello.")
        except error as refused:
            check(refused.body["message"], "a message")
        else:
            check(False, error)


main("langchain-openai", importlib.metadata.version("langchain-openai"), chat=chat, stream=stream, tools=tools, JSON_schema=json_schema, embeddings=embeddings, cancel=cancel, errors=errors)
