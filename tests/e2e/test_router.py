"""The hybrid router with real servers: a cloud (another pincer) behind a proxy that breaks, and a local engine that is killed."""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import socket
import threading
import time
import unittest

import support
from fault_proxy import FaultProxy

QUESTION = "Count from one to thirty in words, separated by commas."
MODEL = "smollm2-135m-instruct"


def chat(model="chat", content=QUESTION, **more):
    return {"model": model, "messages": [{"role": "user", "content": content}], "temperature": 0, "max_tokens": 48, **more}


def write_config(home, text):
    path = home.path / "router.yaml"
    path.write_text(text)
    return str(path)


def read_stream(response):
    """(text, whether it ended as it should, the error's code, comments)"""
    text, done, error, comments = "", False, None, []
    for line in response:
        line = line.decode().rstrip("\n")
        if line.startswith(": "):
            comments.append(line[2:])
        elif line == "data: [DONE]":
            done = True
        elif line.startswith("data: "):
            event = json.loads(line[6:])
            if "error" in event:
                error = event["error"]["code"]
            for choice in event.get("choices", []):
                text += choice["delta"].get("content") or ""
    return text, done, error, comments


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found


class MidStream(unittest.TestCase):
    """Whatever breaks, and wherever, the client gets the answer that an unbroken model gives: both sides have the same weights
    here, so that it can be checked."""

    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.cloud = support.Server(cls.home)
        cls.proxy = FaultProxy(cls.cloud.port)
        config = write_config(cls.home, f"""
upstreams:
  - name: local
    kind: engine
    models: {{chat: {MODEL}, watched: {MODEL}}}
  - name: worker
    kind: worker
    models: {{worked: {MODEL}, chat: {MODEL}}}
  - name: cloud
    kind: openai
    base_url: http://127.0.0.1:{cls.proxy.port}/v1
    proxy: none
    models: {{chat: {MODEL}, worked: {MODEL}, watched: {MODEL}}}
    prefill: continued
    timeouts: {{connect: 1s, first_token: 5s, inter_token: 500ms}}
    outlier_detection: {{consecutive_errors: 1000, error_rate: 1, min_requests: 1000}}
    retry: {{max_attempts: 1}}
  - name: patient
    kind: openai
    base_url: http://127.0.0.1:{cls.proxy.port}/v1
    proxy: none
    models: {{watched: {MODEL}}}
    timeouts: {{inter_token: 60s}}
    retry: {{max_attempts: 1}}
routes:
  - model: chat
    cloud: cloud
    local: local
    policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}
    fallbacks: [local]
  - model: worked
    local: worker
    cloud: cloud
    policy: fixed
    fallbacks: [cloud]
  - model: watched
    cloud: patient
    local: local
    policy: {{rules: [{{if: "characters >= 0", use: patient}}]}}
    fallbacks: [local]
    stream_failure: {{warm_standby: {{max_prefill_tokens: 2048}}}}
""")
        cls.server = support.Server(cls.home, "--config", config)
        cls.whole = json.loads(cls.cloud.request("POST", "/v1/chat/completions", chat(MODEL))[1])["choices"][0]["message"]["content"]

    @classmethod
    def tearDownClass(cls):
        for server in (cls.server, cls.cloud):
            server.__exit__()
        cls.proxy.close()
        cls.home.remove()

    def ask(self, model="chat"):
        connection, response = self.server.stream(chat(model), {"x-pincer-markers": "1"})
        with contextlib.closing(connection):
            return read_stream(response), dict(response.getheaders())

    def test_the_cloud_answers_and_headers_say_so(self):
        self.proxy.fail(None)
        (text, done, error, _), headers = self.ask()
        self.assertEqual((text, done, error), (self.whole, True, None))
        self.assertEqual(headers["x-pincer-upstream"], "cloud")
        self.assertEqual(headers["x-pincer-attempts"], "1")

    def test_a_broken_cloud_is_gone_on_from(self):
        for fault in ("reset", "close", "stall", "garbage"):
            for after in (0, 1, 4, 8):
                with self.subTest(fault=fault, after=after):
                    self.proxy.fail(fault, after)
                    (text, done, error, comments), headers = self.ask()
                    self.assertEqual((text, done, error), (self.whole, True, None))
                    if after >= 4:  # the client had seen something by then
                        self.assertEqual(headers["x-pincer-upstream"], "cloud")
                        self.assertRegex(comments[0], "^pincer-migrated from=cloud to=local at=[0-9]+$")

    def test_a_standby_has_read_along(self):
        """The cloud falls silent, and its connection breaks once the engine has read what there is."""
        prompt = "Say what you think of these. " + " ".join(f"Item {i} is {i * i}." for i in range(60))
        self.proxy.fail("stall", 4)
        read = self.server.metric("pincer_prompt_tokens_total")
        connection, response = self.server.stream(chat("watched", prompt, stream_options={"include_usage": True}))
        with contextlib.closing(connection):
            while self.server.metric("pincer_prompt_tokens_total") < read + 500:
                time.sleep(0.01)
            self.proxy.cut()
            events = [json.loads(line[6:]) for line in response if line.startswith(b"data: {")]
        usage = events[-1]["usage"]
        self.assertGreater(usage["prompt_tokens"], 550)
        self.assertGreater(usage["prompt_tokens_details"]["cached_tokens"], 500)
        self.assertGreaterEqual(self.server.metric("pincer_router_standby_readings_total"), 1)

    def test_a_limited_cloud_is_replaced(self):
        self.proxy.fail("limit")
        (text, done, _, _), headers = self.ask()
        self.assertEqual((text, done), (self.whole, True))
        self.assertEqual(headers["x-pincer-upstream"], "local")

    def test_a_killed_worker_is_gone_on_from(self):
        self.proxy.fail(None)
        for after in (1, 10):
            with self.subTest(after=after):
                self.wait_for_worker()
                connection, response = self.server.stream(chat("worked"))
                with contextlib.closing(connection):
                    head = b""
                    while head.count(b"data: {") < after:
                        head += response.readline()
                    for pid in children(self.server.process.pid):
                        os.kill(pid, signal.SIGKILL)
                    text, done, error, _ = read_stream(head.splitlines(keepends=True) + list(response))
                self.assertEqual((text, done, error), (self.whole, True, None))

    def wait_for_worker(self):
        """Until it has its model: what it does not answer goes to the cloud."""
        end = time.monotonic() + support.TIMEOUT
        while time.monotonic() < end:
            connection, response = self.server.stream(dict(chat("worked"), max_tokens=1))
            with contextlib.closing(connection):
                response.read()
            if response.getheader("x-pincer-upstream") == "worker":
                return
        self.fail("the worker does not answer")


class Recorder(http.server.BaseHTTPRequestHandler):
    """A cloud that says what it was told, token by token, and keeps what it saw."""

    seen = []
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        said = json.loads(body)["messages"][-1]["content"]
        events = [{"choices": [{"index": 0, "delta": {"content": c}, "finish_reason": None}]} for c in "You said: " + said]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(stream)))
        self.end_headers()
        self.wfile.write(stream.encode())

    def log_message(self, *_):
        pass


class Privacy(unittest.TestCase):
    SECRETS = ("jane.doe@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00")

    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        Recorder.seen = []
        cls.recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        threading.Thread(target=cls.recorder.serve_forever, daemon=True).start()
        cls.audit = cls.home.path / "audit.jsonl"
        config = write_config(cls.home, f"""
upstreams:
  - name: local
    kind: engine
    models: {{chat: {MODEL}}}
  - name: cloud
    kind: openai
    base_url: http://127.0.0.1:{cls.recorder.server_address[1]}/v1
    proxy: none
routes:
  - model: chat
    local: local
    cloud: cloud
    policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}
    privacy: {{enabled: true, audit_log: "{cls.audit}"}}
""")
        cls.server = support.Server(cls.home, "--config", config)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.recorder.shutdown()
        cls.recorder.server_close()
        cls.home.remove()

    def test_values_stay_here_and_come_back(self):
        said = "Write to " + ", ".join(self.SECRETS) + " today."
        Recorder.seen.clear()
        status, answer = self.server.request("POST", "/v1/chat/completions", chat(content=said))
        self.assertEqual(status, 200, answer)
        self.assertEqual(json.loads(answer)["choices"][0]["message"]["content"], "You said: " + said)
        left = b"".join(Recorder.seen).decode()
        for secret in self.SECRETS:
            self.assertNotIn(secret, left)
        self.assertIn("Write to ", left)

    def test_local_only_never_leaves(self):
        Recorder.seen.clear()
        status, _ = self.server.request("POST", "/v1/chat/completions", chat(max_tokens=4), {"x-pincer-privacy": "local_only"})
        self.assertEqual(status, 200)
        self.assertEqual(Recorder.seen, [])


class Chunked(http.server.BaseHTTPRequestHandler):
    """A cloud as most are: its stream comes in chunks, the empty one right after the last event."""

    protocol_version = "HTTP/1.1"
    peers = set()

    def do_POST(self):
        Chunked.peers.add(self.client_address)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        choice = {"index": 0, "delta": {"content": "word"}, "finish_reason": None}
        last = {"index": 0, "delta": {}, "finish_reason": "stop"}
        events = [json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [c]}) for c in (choice, last)]
        body = b"".join(b"%x\r\ndata: %s\n\n\r\n" % (len(event) + 8, event.encode()) for event in [*events, "[DONE]"])
        self.wfile.write(body + b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class KeptConnections(unittest.TestCase):
    def test_one_connection_serves_many_requests(self):
        home = support.Home()
        self.addCleanup(home.remove)
        cloud = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chunked)
        threading.Thread(target=cloud.serve_forever, daemon=True).start()
        self.addCleanup(cloud.server_close)
        self.addCleanup(cloud.shutdown)
        config = write_config(home, f"""
upstreams:
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{cloud.server_address[1]}/v1", proxy: none}}
routes:
  - {{model: chat, cloud: cloud, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}}}
""")
        with support.Server(home, "--config", config) as server:
            for _ in range(5):
                status, answer = server.request("POST", "/v1/chat/completions", chat())
                self.assertEqual(status, 200, answer)
        self.assertEqual(len(Chunked.peers), 1)


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def test_nobody_there_is_told_honestly(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        config = write_config(self.home, f"""
upstreams:
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{port}/v1", proxy: none, retry: {{max_attempts: 1}}}}
routes:
  - {{model: chat, cloud: cloud, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}}}
""")
        with support.Server(self.home, "--config", config) as server:
            connection, response = server.stream(chat())
            with contextlib.closing(connection):
                self.assertEqual(response.status, 503)
                self.assertTrue(response.getheader("retry-after"))
                problem = json.loads(response.read())["error"]
            self.assertEqual(problem["code"], "connect")
            self.assertIn("chat", problem["message"])
            status, listed = server.request("GET", "/v1/models")
            self.assertEqual(status, 200)
            self.assertIn("chat", [model["id"] for model in json.loads(listed)["data"]])
            status, answer = server.request("POST", "/tokenize", {"model": "chat", "content": "hi"})
            self.assertEqual(status, 400, answer)
            self.assertGreater(server.metric("pincer_router_failures_total"), 0)

    def test_wrong_configurations_are_named(self):
        cases = {
            "routes:\n  - {model: chat, cloud: nowhere}\n": "nowhere",
            "upstreams:\n  - {name: a, kind: openai, base_url: ftp://x}\nroutes:\n  - {model: chat, cloud: a}\n": "ftp://x",
            "upstreams:\n  - {name: a, kind: openai, base_url: http://x, api_key_env: NO_SUCH}\nroutes:\n  - {model: chat, cloud: a}\n":
                "NO_SUCH",
            "upstreams:\n  - {name: a, kidn: openai}\n": "kind",
        }
        for text, named in cases.items():
            with self.subTest(named):
                done = support.run(self.home, "serve", "--listen", "http://127.0.0.1:0", "--config", write_config(self.home, text))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(named, done.stderr)


if __name__ == "__main__":
    unittest.main()
