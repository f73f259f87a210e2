#!/usr/bin/env python3
"""What a forwarded stream adds to the time to first token: the same upstream asked directly, through a route, and through LiteLLM.

    forward_overhead.py --pincer BINARY --model FILE.gguf [--clients 8] [--requests 400] [--litellm VENV/bin/litellm]

The upstream is a server of this script's that sends its first token at once and then one each 5 ms. Rounds alternate between the
ways; the figures are of all rounds together. Connections are kept, as clients keep them.
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import mock_cloud

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
TOKENS = 8

FIRST = mock_cloud.HEAD + mock_cloud.delta({"role": "assistant", "content": "word"})
MORE = mock_cloud.delta({"content": " word"})
LAST = mock_cloud.delta({}, "stop") + mock_cloud.END


async def upstream(writer, _path, _body):
    writer.write(FIRST)
    for _ in range(TOKENS):
        await asyncio.sleep(0.005)
        writer.write(MORE)
    writer.write(LAST)


async def client(port, model, requests, times, key):
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "Say some words."}]}).encode()
    request = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        began = time.perf_counter()
        writer.write(request)
        seen = b""
        while b"word" not in seen:
            piece = await reader.read(65536)
            if not piece:
                raise SystemExit(f"port {port} closed: {seen[:300]!r}")
            seen += piece
        times.append(time.perf_counter() - began)
        while not seen.endswith(b"0\r\n\r\n"):
            seen = seen[-8:] + await reader.read(65536)
    writer.close()


async def round_of(port, model, clients, requests, key):
    times = []
    await asyncio.gather(*(client(port, model, requests, times, key) for _ in range(clients)))
    return times


def litellm_model(name, model, port, **more):
    """An OpenAI server at `port` as LiteLLM's configuration has it."""
    return {"model_name": name, "litellm_params": {"model": f"openai/{model}", "api_base": f"http://127.0.0.1:{port}/v1", "api_key": "none",
                                                   **more}}


def start_litellm(program, config, folder):
    """LiteLLM's proxy with this configuration, ready: (process, port, key)."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    key = "sk-" + secrets.token_urlsafe(24)
    file = folder / "litellm.yaml"
    file.write_text(json.dumps(config))
    process = subprocess.Popen([program, "--config", str(file), "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env=dict(os.environ, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_MASTER_KEY=key))
    for _ in range(600):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=2).read()
            return process, port, key
        if process.poll() is not None:
            break
        time.sleep(0.5)
    process.kill()
    raise SystemExit("LiteLLM does not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=400, help="of each client, over all rounds")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--litellm")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support

    port = mock_cloud.serve(upstream)
    home = support.Home()
    config = home.path / "router.yaml"
    config.write_text(f"""
upstreams:
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{port}/v1", proxy: none}}
routes:
  - {{model: chat, cloud: cloud, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}}}
""")
    ways = {"direct": (port, "m", "none")}
    litellm = None
    with tempfile.TemporaryDirectory() as folder, support.Server(home, "--config", str(config)) as server:
        ways["pincer"] = (server.port, "chat", "none")
        if arguments.litellm:
            litellm, litellm_port, key = start_litellm(arguments.litellm, {"model_list": [litellm_model("chat", "m", port)]}, pathlib.Path(folder))
            ways["LiteLLM"] = (litellm_port, "chat", key)
        times = {way: [] for way in ways}
        try:
            for number in range(arguments.rounds + 1):
                for way, (at, model, key) in ways.items():
                    took = asyncio.run(round_of(at, model, arguments.clients, arguments.requests // arguments.rounds, key))
                    if number > 0:  # the first one warms up
                        times[way] += took
        finally:
            if litellm:
                litellm.terminate()
                litellm.wait()
    home.remove()
    print(f"{arguments.clients} clients, {len(times['direct'])} requests each way; milliseconds to the first token")
    print("| way | p50 | p99 | added p50 | added p99 |\n|---|---|---|---|---|")
    base = None
    for way, took in times.items():
        took.sort()
        p50, p99 = 1000 * statistics.median(took), 1000 * took[int(0.99 * len(took))]
        base = base or (p50, p99)
        print(f"| {way} | {p50:.2f} | {p99:.2f} | {p50 - base[0]:.2f} | {p99 - base[1]:.2f} |")


if __name__ == "__main__":
    main()
