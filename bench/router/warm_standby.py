#!/usr/bin/env python3
"""What the warm standby is worth: the silence where a cloud breaks in the middle of an answer to a long prompt, with it and without.

    warm_standby.py --pincer BINARY --model FILE.gguf [--runs 20]

The cloud is a mock that writes a word each 20 ms and closes the connection after 50 of them; it takes no CPU time from the engine.
Every prompt is new, so that the prefix cache knows none of it. Runs with and without the standby alternate.
"""

import argparse
import contextlib
import http.server
import json
import os
import pathlib
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

NAME = "smollm2-135m-instruct"
WORDS, EACH_S = 50, 0.02
PROMPT_TOKENS = (100, 500, 1500)


class BreakingCloud(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for i in range(WORDS):
            self.wfile.write(b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": f" {i}"}}]}).encode() + b"\n\n")
            time.sleep(EACH_S)
        self.close_connection = True

    def log_message(self, *_):
        pass


def prompt_of(tokens, run):
    """Numbers are three to four tokens with their blanks."""
    return f"Sum of run {run}: " + " ".join(str(1000 + (run * 7919 + i * 104729) % 9000) for i in range(tokens // 5))


def gap_of(server, model, prompt):
    """(seconds of the longest silence after the first word, tokens of the prompt, of these known)"""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": WORDS + 10,
            "stream_options": {"include_usage": True}}
    connection, response = server.stream(body)
    gap, last, usage = 0.0, None, {}
    with contextlib.closing(connection):
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            usage = event.get("usage") or usage
            if any(choice["delta"].get("content") for choice in event.get("choices", [])):
                now = time.monotonic()
                gap, last = max(gap, now - (last or now)), now
    return gap, usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support

    cloud = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BreakingCloud)
    threading.Thread(target=cloud.serve_forever, daemon=True).start()
    home = support.Home()
    route = """  - model: {0}
    cloud: cloud
    local: local
    policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}
    fallbacks: [local]
    stream_failure: {{warm_standby: {{enabled: {1}}}}}
"""
    config = home.path / "router.yaml"
    config.write_text(f"""upstreams:
  - {{name: local, kind: engine, models: {{cold: {NAME}, warm: {NAME}}}}}
  - name: cloud
    kind: openai
    base_url: http://127.0.0.1:{cloud.server_port}/v1
    proxy: none
    outlier_detection: {{consecutive_errors: 100000, error_rate: 1, min_requests: 100000}}
    retry: {{max_attempts: 1}}
routes:
""" + route.format("cold", "false") + route.format("warm", "true"))
    server = support.Server(home, "--config", str(config))
    try:
        print("| prompt, tokens | gap without, ms (p50, p99) | gap with standby, ms (p50, p99) | known of the prompt |\n|---|---|---|---|")
        for tokens in PROMPT_TOKENS:
            rows = {"cold": [], "warm": []}
            for run in range(2 * arguments.runs):
                model = ("cold", "warm")[run % 2]
                rows[model].append(gap_of(server, model, prompt_of(tokens, 10_000 * tokens + run)))
            gaps = {model: sorted(1000 * row[0] for row in some) for model, some in rows.items()}
            shown = {model: f"{statistics.median(some):.0f}, {some[min(len(some) - 1, int(0.99 * len(some)))]:.0f}" for model, some in gaps.items()}
            known = statistics.median(row[2] / row[1] for row in rows["warm"])
            print(f"| {statistics.median(row[1] for row in rows['warm']):.0f} | {shown['cold']} | {shown['warm']} | {known:.0%} |", flush=True)
    finally:
        server.__exit__()
        home.remove()
        cloud.shutdown()


if __name__ == "__main__":
    main()
