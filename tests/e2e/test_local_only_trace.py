"""What may stay on this machine only never reaches a socket to another one: seen by the kernel, in a trace of the server's calls."""

import contextlib
import http.server
import json
import pathlib
import shutil
import subprocess
import threading
import time
import unittest

import support

MODEL = "smollm2-135m-instruct"
CALLS = "socket,connect,sendto,sendmsg,sendmmsg,write,writev"
LOCAL_ONLY = {"x-pincer-privacy": "local_only"}


class Cloud(http.server.BaseHTTPRequestHandler):
    """Answers, so that whoever asks keeps the connection."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Cloud.requests += 1
        message = {"role": "assistant", "content": "From the cloud."}
        choice = {"index": 0, "message": message, "delta": message, "finish_reason": "stop"}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def chat(**more):
    return {"model": "chat", "messages": [{"role": "user", "content": "My number is 4711."}], "temperature": 0, "max_tokens": 4, **more}


def may_trace():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(may_trace(), "strace is not here, or may not trace")
class LocalOnly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.cloud = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
        cls.port = cls.cloud.server_address[1]
        threading.Thread(target=cls.cloud.serve_forever, daemon=True).start()
        config = cls.home.path / "router.yaml"
        config.write_text(f"""
upstreams:
  - {{name: local, kind: engine, models: {{chat: {MODEL}, sure: {MODEL}}}}}
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{cls.port}/v1", proxy: none}}
routes:
  - {{model: chat, local: local, cloud: cloud, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}, fallbacks: [local, cloud]}}
  - {{model: sure, local: local, cloud: cloud, policy: {{cascade: {{probe_tokens: 4, escalate_below: 1}}}}, fallbacks: [cloud]}}
  - {{model: remote, local: none, cloud: cloud, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}}}
""")
        cls.server = support.Server(cls.home, "--config", str(config))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.cloud.shutdown()
        cls.cloud.server_close()
        cls.home.remove()

    def traced(self, action):
        """The calls of the server and its children while `action` runs that name the cloud's address."""
        file = pathlib.Path(self.home.path, "trace")
        tracer = subprocess.Popen(["strace", "-f", "-yy", "-e", f"trace={CALLS}", "-o", str(file), "-p", str(self.server.process.pid)],
                                  stderr=subprocess.PIPE, text=True)
        attached = tracer.stderr.readline()
        self.assertIn("attached", attached)
        time.sleep(0.2)  # to each of its threads
        action()
        tracer.terminate()
        tracer.wait()
        tracer.stderr.close()
        lines = file.read_text().splitlines()
        self.assertTrue(any("127.0.0.1" in line for line in lines), "the answer itself is not in the trace")
        return [line for line in lines if f"127.0.0.1:{self.port}" in line or f"htons({self.port})" in line]

    def ask(self, path, body, headers, statuses):
        status, answer = self.server.request("POST", path, body, headers)
        self.assertIn(status, statuses, answer)
        return answer

    def ask_what_must_stay(self):
        self.ask("/v1/chat/completions", chat(), LOCAL_ONLY, [200])
        self.ask("/v1/chat/completions", chat(), {**LOCAL_ONLY, "x-pincer-upstream": "cloud"}, [200])
        self.ask("/v1/chat/completions", chat(model="sure"), LOCAL_ONLY, [200])  # unsure of it, but nobody else may see it
        self.ask("/v1/messages", chat(), LOCAL_ONLY, [200])
        self.ask("/v1/responses", {"model": "chat", "input": "My number is 4711.", "max_output_tokens": 4}, LOCAL_ONLY, [200])
        answer = self.ask("/v1/chat/completions", chat(model="remote"), LOCAL_ONLY, range(400, 600))
        self.assertNotIn("From the cloud", answer)
        connection, response = self.server.stream(chat(), LOCAL_ONLY)
        with contextlib.closing(connection):
            self.assertTrue(support.text_of(response))

    def ask_what_may_leave(self):
        self.assertIn("From the cloud", self.ask("/v1/chat/completions", chat(), None, [200]))

    def test_no_call_names_the_cloud(self):
        self.assertEqual(self.traced(self.ask_what_must_stay), [])
        self.assertEqual(Cloud.requests, 0)
        # The same trace sees what may leave: else the lines above would say nothing.
        seen = self.traced(self.ask_what_may_leave)
        self.assertTrue(any("connect(" in line for line in seen), seen)
        self.assertEqual(Cloud.requests, 1)
        # A connection to the cloud is open now. Nothing goes into it either.
        self.assertTrue(any("connect(" not in line for line in self.traced(self.ask_what_may_leave)))
        self.assertEqual(self.traced(self.ask_what_must_stay), [])
        self.assertEqual(Cloud.requests, 2)


if __name__ == "__main__":
    unittest.main()
