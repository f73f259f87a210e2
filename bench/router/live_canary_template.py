#!/usr/bin/env python3
"""A real model behind a wrong chat template as the canary of a live server: is it rolled back, and is the right one left alone?

    live_canary_template.py --pincer BINARY --model FILE.gguf [--weight 20] [--most 300] [--agreement 0.8] [--templates right llama2 ...]

The baseline is the engine of the server; the canary is another `pincer serve` with a copy of the same file in which only the template
is another one. `right` is the file's own. Requests are questions at the default temperature. With --agreement there are shadows of a fifth
of the baseline's requests and the guard `agreement`, and the temperature is 0.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import sys
import time

import live_canary

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

NAME = "smollm2-135m-instruct"
TOKENS = 160  # at most; most of the right answers are shorter
TEMPLATES = {
    "right": None,
    "alpaca": "{% for m in messages %}### {{ m['role'] }}:\n{{ m['content'] }}\n\n{% endfor %}### Response:\n",
    "llama2": "{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}",
    # ChatML without the ends of turns: a slip that one has to know to see.
    "unended": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}",
}
ASKED = ("What is {}?", "Name three things that one does with {}.", "Is {} older than writing? Answer in one sentence.", "Write a short poem about {}.",
         "Explain {} to a child.", "What is the opposite of {}?", "Use {} in a sentence.", "Give me one fact about {}.", "Why do people like {}?")
THINGS = ("bread,music,iron,snow,a river,paper,chess,glass,rain,the moon,honey,a bridge,salt,money,a garden,wool,fire,an island,the wheel,tea,"
          "a clock,thunder,sleep,a harbour,gold,ice,a market,silk,a candle,the wind").split(",")


def with_template(source, template, path):
    """A copy of a GGUF file; the template in it is replaced in its place, so that no offset changes."""
    data = bytearray(pathlib.Path(source).read_bytes())
    key = b"tokenizer.chat_template"
    at = data.index(key) + len(key) + 4  # after the type
    length = int.from_bytes(data[at:at + 8], "little")
    text = template.encode()
    filler = length - len(text) - len("{##}")
    if filler < 0:
        raise SystemExit(f"the template is longer than the file's, {length} bytes")
    data[at + 8:at + 8 + length] = text + b"{#" + b" " * filler + b"#}"
    path.write_bytes(data)


async def drive(port, arguments, draw):
    """(the canary's state, requests, seconds) once it is rolled back, or has had its requests."""
    admin, count, began = live_canary.Client(port), 0, time.monotonic()
    state = {"stage": "running", "requests": {"canary": 0}}
    questions = [asked.format(thing) for asked in ASKED for thing in THINGS]

    def over():
        return state["stage"] != "running" or state["requests"]["canary"] >= arguments.most or time.monotonic() - began > arguments.seconds

    async def work():
        nonlocal count, state
        client = live_canary.Client(port)
        while not over():
            body = {"model": "chat", "stream": True, "max_tokens": TOKENS, "messages": [{"role": "user", "content": draw.choice(questions)}]}
            if arguments.agreement:
                body["temperature"] = 0
            _, _, whole = await client.send("POST", "/v1/chat/completions", json.dumps(body))
            if client.status != 200 or not whole:
                raise SystemExit(f"no answer: {client.status} {client.text[:300]!r}")
            count += 1
            state = (await client.admin("GET", "/admin/canary"))["canaries"][0]
        client.close()

    await asyncio.gather(*(work() for _ in range(arguments.clients)))
    state = (await admin.admin("GET", "/admin/canary"))["canaries"][0]
    admin.close()
    return state, count, time.monotonic() - began


def run(arguments, support, home, name):
    copy = home.path / f"{name}.gguf"
    if TEMPLATES[name] is None:
        copy.write_bytes(pathlib.Path(arguments.model).read_bytes())
    else:
        with_template(arguments.model, TEMPLATES[name], copy)
    config = home.path / "template.yaml"
    # Two engines on the same cores: the canary's first tokens always meet the baseline's work, the baseline's seldom the canary's.
    # First tokens are not compared: of two engines on the same cores the canary's always meet the baseline's work, the baseline's seldom its.
    shadow, guards = (20, f", agreement: {arguments.agreement:g}") if arguments.agreement else (0, "")
    with support.Server(home, "-m", str(copy)) as canary:
        config.write_text(f"""
upstreams:
  - {{name: engine, kind: engine, models: {{chat: {NAME}}}}}
  - {{name: next, base_url: "http://127.0.0.1:{canary.port}/v1", proxy: none, models: {{chat: {name}}}}}
routes:
  - {{model: chat, local: engine, canary: {{target: next, baseline: engine, weight: {arguments.weight:g}, shadow: {shadow}, guard: {{ttft_p95: 10{guards}}}}}}}
""")
        with support.Server(home, "--config", str(config)) as server:
            state, count, seconds = asyncio.run(drive(server.port, arguments, random.Random(arguments.seed)))
    copy.unlink()
    length = next(guard for guard in state["guards"] if guard["guard"] == "answer_length")
    most = max(state["guards"], key=lambda guard: guard["confidence"])
    print(f"| {name} | {state['stage']} | {state['reason'] or '-'} | {state['requests']['canary']} | {state['shadows']} | {count} | "
          f"{length['baseline']:.0f}, {length['canary']:.0f} | {most['guard']} {most['confidence']:.2f} | {seconds:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--templates", nargs="+", choices=list(TEMPLATES), default=list(TEMPLATES))
    parser.add_argument("--weight", type=float, default=20)
    parser.add_argument("--agreement", type=float, help="that the guard of that name asks for")
    parser.add_argument("--most", type=int, default=300, help="requests to a canary that is left alone")
    parser.add_argument("--seconds", type=float, default=600, help="for each")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20261126)
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support

    home = support.Home()
    try:
        print("| template of the canary | it is | why | its requests | its shadows | requests to both | tokens, median: baseline, canary | "
              "most evidence | seconds |\n|---|---|---|---|---|---|---|---|---|")
        for name in arguments.templates:
            run(arguments, support, home, name)
    finally:
        home.remove()


if __name__ == "__main__":
    main()
