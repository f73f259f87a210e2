"""The `instructor` package: typed extraction, by JSON schema and by tools."""

import importlib.metadata

import instructor
import openai
import pydantic

from features import EXTRACT, address, check, check_person, main, model


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=12)
    age: int = pydantic.Field(ge=0, le=120)


plain = openai.OpenAI(base_url=address() + "/v1", api_key="none", max_retries=0, timeout=120)


def extract(mode, **more):
    client = instructor.from_openai(plain, mode=mode)
    return client.chat.completions.create(**{"model": model(), "messages": EXTRACT, "response_model": Person, "max_tokens": 80, "max_retries": 0, **more})


def tools():
    check_person(extract(instructor.Mode.TOOLS).model_dump())


def json_schema():
    check_person(extract(instructor.Mode.JSON_SCHEMA).model_dump())


def stream():
    client = instructor.from_openai(plain, mode=instructor.Mode.JSON_SCHEMA)
    parts = list(client.chat.completions.create_partial(model=model(), messages=EXTRACT, response_model=Person, max_tokens=80))
    check_person(parts[-1].model_dump())


def errors():
    try:
        extract(instructor.Mode.JSON_SCHEMA, model="no-such-model")
    except Exception as refused:  # wrapped in one of its own
        check("no-such-model" in str(refused), refused)
    else:
        check(False, "no error")


main("instructor", importlib.metadata.version("instructor"), stream=stream, tools=tools, JSON_schema=json_schema, errors=errors)
