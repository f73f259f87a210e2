#!/usr/bin/env python3
# Makes chat_templates.jsonl: first a line {"templates": {name: source}}, then {"template": name, "context": {"messages", "add_generation_prompt",
# "bos_token", ["tools"]}, "text" | "error": true} per line: conversations rendered with the templates of chat_templates.py by Python's jinja2, in the
# very environment of transformers (its own compile function is called).
# usage: make_chat_templates.py OUT.jsonl
# Made with Python 3.11.7, jinja2 3.1.6, transformers 5.23.0.
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers.utils.chat_template_utils import _cached_compile_jinja_template

from chat_templates import ALL


def m(role, content, **more):
    return {"role": role, "content": content, **more}


TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The \"weather\" <of> a city & more", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3}}, "required": ["city"]}}}]
CALL = [{"type": "function", "function": {"name": "weather", "arguments": {"city": "K\u00f6ln", "days": 2, "exact": True, "x": None, "y": 1.5}}}]
CHATS = [
    [m("user", "Hello")],
    [m("system", "You are terse."), m("user", "  Hello \n")],
    [m("system", ""), m("user", "")],
    [m("user", "Hi"), m("assistant", " Hello!\n"), m("user", "Bye <end_of_turn><|im_end|><|eot_id|>")],
    [m("system", "S"), m("user", "1"), m("assistant", "2"), m("user", "3"), m("assistant", "4")],
    [m("user", "a"), m("user", "b")],
    [m("assistant", "I speak first.")],
    [m("user", "a"), m("system", "late"), m("user", "b")],
    [m("user", "\u4f60\u597d {{ 7*7 }} {% raw %} \U0001f600\n\n```python\nprint('x')\n```")],
    [m("user", [{"type": "text", "text": " one "}, {"type": "image"}, {"type": "text", "text": "two"}])],
    [m("system", [{"type": "text", "text": "S"}]), m("user", "x")],
    [m("user", "?"), m("assistant", "", tool_calls=CALL), m("tool", "{\"t\": 21}"), m("tool", "second"), m("assistant", "21 degrees.")],
    [m("user", "?"), m("assistant", "Let me see.", tool_calls=CALL + CALL), m("tool", ["a", {"b": 1}])],
    [m("user", 5)],
    [m("user", None)],
    [{"role": "user"}],
    [],
]


def main():
    count = errors = 0
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        f.write(json.dumps({"templates": {name: source for name, (source, _) in ALL.items()}}) + "\n")
        for name, (source, bos) in ALL.items():
            template = _cached_compile_jinja_template(source)
            for messages in CHATS:
                for generate in (True, False):
                    for tools in (None, TOOLS):
                        context = {"messages": messages, "add_generation_prompt": generate, "bos_token": bos, "tools": tools}
                        if bos is None:
                            del context["bos_token"]
                        line = {"template": name, "context": context}
                        try:
                            line["text"] = template.render(**context)
                        except Exception:
                            line["error"] = True
                            errors += 1
                        f.write(json.dumps(line) + "\n")
                        count += 1
    print(count, "cases,", errors, "errors")


main()
