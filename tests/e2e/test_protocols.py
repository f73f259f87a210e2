"""The ways in beside plain HTTP: the framed protocol by the clients in examples/, TLS, Unix sockets, keys."""

import contextlib
import http.client
import importlib.util
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import support

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "framed"
MODEL = "smollm2-135m-instruct"


def load_client():
    spec = importlib.util.spec_from_file_location("framed_client", EXAMPLES / "client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


framed = load_client()


def addresses(server, *schemes):
    """The rest of an address for each scheme, as the server says them after the first."""
    found = {}
    while len(found) < len(schemes):
        line = server.process.stderr.readline()
        assert line, "the server ended"
        match = re.search(r"serving on ([a-z+]+):(?://)?(\S+)", line)
        if match:
            found[match.group(1)] = match.group(2)
    return [found[scheme] for scheme in schemes]


def chat(prompt, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": 24, **more}


def text_and_end(client, stream):
    text, ids = "", []
    while True:
        kind, of, payload, tokens = client.receive()
        assert of == stream
        ids += tokens
        if kind == framed.TEXT:
            text += payload.decode()
        elif kind in (framed.FINISH, framed.ERROR):
            return kind, text, ids, json.loads(payload)


class Framed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pincer-e2e-"))
        cls.home = support.Home()
        cls.server = support.Server(cls.home, "--listen", "tcp://127.0.0.1:0", "--listen", f"tcp+unix:{cls.folder}/frames")
        cls.address, cls.path = addresses(cls.server, "tcp", "tcp+unix")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.home.remove()
        shutil.rmtree(cls.folder)

    def client(self, address=None):
        client = framed.Client(address or self.address)
        self.addCleanup(client.socket.close)
        self.addCleanup(client.input.close)
        return client

    def http_text(self, body):
        status, answer = self.server.request("POST", "/v1/chat/completions", body)
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def test_the_answer_is_that_of_http(self):
        for address in (self.address, self.path):
            client = self.client(address)
            self.assertIn(MODEL, client.models())
            kind, text, _, end = text_and_end(client, client.request(chat("Why is the sky blue?")))
            self.assertEqual(kind, framed.FINISH)
            want = self.http_text(chat("Why is the sky blue?"))
            self.assertEqual(text, want["choices"][0]["message"]["content"])
            self.assertEqual(end["finish_reason"], want["choices"][0]["finish_reason"])
            self.assertEqual(end["usage"]["completion_tokens"], want["usage"]["completion_tokens"])

    def test_completions_and_token_ids(self):
        client = self.client()
        body = {"model": MODEL, "prompt": "Once upon a time", "temperature": 0, "max_tokens": 16}
        kind, text, ids, end = text_and_end(client, client.request(body, framed.COMPLETION, with_ids=True))
        self.assertEqual((kind, end["finish_reason"]), (framed.FINISH, "length"))
        self.assertEqual(len(ids), 16)
        self.assertTrue(text)

    def test_many_streams_at_once(self):
        client = self.client()
        prompts = {client.request(chat(f"Count from {i} to ten.")): i for i in range(8)}
        texts, ends = dict.fromkeys(prompts, ""), {}
        while len(ends) < len(prompts):
            kind, stream, payload, _ = client.receive()
            if kind == framed.TEXT:
                texts[stream] += payload.decode()
            else:
                self.assertEqual(kind, framed.FINISH, payload)
                ends[stream] = payload
        for stream, i in prompts.items():
            want = self.http_text(chat(f"Count from {i} to ten."))
            self.assertEqual(texts[stream], want["choices"][0]["message"]["content"])

    def test_cancel_and_errors(self):
        client = self.client()
        stream = client.request(chat("Tell me a very long story.", max_tokens=2000, logit_bias={"2": -100}))
        self.assertEqual(client.receive()[0], framed.TEXT)
        client.send(framed.CANCEL, stream)
        kind, _, _, end = text_and_end(client, stream)
        self.assertEqual((kind, end["error"]["code"]), (framed.ERROR, "cancelled"))
        for body, status in ((chat("x", temperature=9), 400), (chat("x", model="gpt-9"), 404), (chat("x", n=2), 400)):
            kind, _, _, end = text_and_end(client, client.request(body))
            self.assertEqual((kind, end["status"]), (framed.ERROR, status), end)
        client.send(framed.PING, 0, b"still there?")
        self.assertEqual(client.expect(framed.PONG), b"still there?")

    def test_the_client_in_cpp(self):
        program = self.folder / "client"
        subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", EXAMPLES / "client.cpp", "-o", program], check=True)
        host, port = self.address.rsplit(":", 1)
        # Drawn by lot, some answers only end with the context, after minutes.
        done = subprocess.run([program, host, port, MODEL, "Hello"], capture_output=True, text=True, timeout=5 * support.TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(json.loads(done.stdout.splitlines()[-1])["finish_reason"], ("stop", "length"))
        done = subprocess.run([program, host, port, "gpt-9", "Hello"], capture_output=True, text=True, timeout=support.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("model_not_found", done.stdout)

    def test_the_client_in_python(self):
        done = subprocess.run([EXAMPLES / "client.py", self.address, "Hello", "Good day"], capture_output=True, text=True,
                              timeout=5 * support.TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count('"finish_reason"'), 2)

    def test_each_client_has_less_than_100_lines(self):
        for file in EXAMPLES.iterdir():
            if file.suffix in (".py", ".cpp"):
                self.assertLess(len(file.read_text().splitlines()), 100, file)


class Tls(unittest.TestCase):
    def test_https_keys_and_a_unix_socket(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pincer-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        home = support.Home()
        self.addCleanup(home.remove)
        cert, key, keys = folder / "cert.pem", folder / "key.pem", folder / "keys.yaml"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
        keys.write_text("keys:\n- {name: tester, key: a-secret, scopes: [inference], limits: {requests_per_minute: 2}}\n")
        keys.chmod(0o600)
        with support.Server(home, "--listen", "https://127.0.0.1:0", "--listen", f"unix:{folder}/http", "--socket-mode", "600", "--tls-cert",
                            str(cert), "--tls-key", str(key), "--api-key-file", str(keys)) as server:
            https, path = addresses(server, "https", "unix")
            trust = ssl.create_default_context(cafile=cert)
            trust.set_alpn_protocols(["http/1.1"])
            connection = http.client.HTTPSConnection("localhost", int(https.rsplit(":", 1)[1]), context=trust, timeout=support.TIMEOUT)
            with contextlib.closing(connection):
                for want in (200, 200, 429):
                    connection.request("POST", "/v1/chat/completions", json.dumps(chat("Hi", max_tokens=2)),
                                       {"Authorization": "Bearer a-secret", "Content-Type": "application/json"})
                    response = connection.getresponse()
                    answer = response.read().decode()
                    self.assertEqual(response.status, want, answer)
                self.assertGreater(int(response.headers["Retry-After"]), 0)
                connection.request("GET", "/metrics", headers={"Authorization": "Bearer a-secret"})
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, 403)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: pincer\r\nConnection: close\r\n\r\n")
                self.assertIn(b" 401 ", client.makefile("rb").readline())
            self.assertNotIn("a-secret", "".join(server.log))
            server.terminate()
            self.assertEqual(server.wait(), 0)
            self.assertNotIn("a-secret", "".join(server.log))

    def test_a_missing_certificate_is_named(self):
        home = support.Home()
        self.addCleanup(home.remove)
        done = support.run(home, "serve", "--listen", "https://127.0.0.1:0", "--tls-cert", "none.pem", "--tls-key", "none.key")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.pem", done.stderr)


if __name__ == "__main__":
    unittest.main()
