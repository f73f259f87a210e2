#!/usr/bin/env python3
"""What a shared system prompt costs those who come after the first: clients that stream answers, one joining when the one before has
its first token, so that more and more decode meanwhile; then as many at once. Told are the times to the first token, beside the
first client's, and how many prompt tokens were computed."""

import http.client
import json
import random
import statistics
import threading
import time

import server

WORDS = "stone river bridge letter winter market garden captain silver window harbour music doctor paper mountain village".split()


def system_prompt(seed, words):
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(words))


class Client:
    """One streamed answer; `first` is set when the first event that a token has caused is there."""

    def __init__(self, options, port, system, number):
        self.first = threading.Event()
        self.seconds = None
        body = {"model": options.model, "temperature": 0, "max_tokens": options.max_tokens, "stream": True,
                "messages": [{"role": "system", "content": system}, {"role": "user", "content": f"Name {number + 2} of these words."}]}
        self.thread = threading.Thread(target=self.ask, args=(port, json.dumps(body)))
        self.thread.start()

    def ask(self, port, body):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        start = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        events = 0
        for line in answer:
            events += line.startswith(b"data: {")
            if events == 2 and not self.first.is_set():  # the one before says who speaks, and comes at once
                self.seconds = time.perf_counter() - start
                self.first.set()
        self.first.set()
        connection.close()
        if self.seconds is None:
            raise SystemExit(f"no answer came, but status {answer.status}")


def in_turn(options, port, system):
    clients = []
    for i in range(options.clients):
        clients.append(Client(options, port, system, i))
        clients[-1].first.wait()
    for client in clients:
        client.thread.join()
    return [client.seconds for client in clients]


def at_once(options, port, system):
    clients = [Client(options, port, system, i) for i in range(options.clients)]
    for client in clients:
        client.thread.join()
    return [client.seconds for client in clients]


def measured(running, what):
    names = ("pincer_prompt_tokens_total", "pincer_cached_prompt_tokens_total")
    before = [running.metric(name) for name in names]
    seconds = what()
    computed, cached = (running.metric(name) - b for name, b in zip(names, before))
    return {"prompt_tokens": computed + cached, "computed_tokens": computed, "first_token_ms": [round(1e3 * s, 2) for s in seconds]}


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--words", type=int, default=1500, help="of the system prompt, each about a token")
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with server.Server(options, "--model", options.model, "--max-active", str(options.clients), "--context", "4096") as running:
        in_turn(options, running.port, system_prompt("warm-up", 200))
        turns = [measured(running, lambda i=i: in_turn(options, running.port, system_prompt(i, options.words)))
                 for i in range(options.rounds)]
        together = [measured(running, lambda i=i: at_once(options, running.port, system_prompt(f"at once {i}", options.words)))
                    for i in range(options.rounds)]
    shares = [s / turn["first_token_ms"][0] for turn in turns for s in turn["first_token_ms"][1:]]
    print(json.dumps({"schema": 1, "clients": options.clients, "in_turn": turns, "at_once": together,
                      "later_over_first": {"median": statistics.median(shares), "most": max(shares)}},
                     indent=None if options.json else 2))


if __name__ == "__main__":
    main()
