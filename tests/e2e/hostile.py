"""For tests that send what a client should not: the bytes of each protocol, and a server that is watched."""

import contextlib
import http.client
import json
import re
import socket
import struct
import time
import unittest

import support

MODEL = "smollm2-135m-instruct"
CHAT = "/v1/chat/completions"
SOON = support.TIMEOUT / 12
PATIENCE = int(support.TIMEOUT / 40)  # of the server, for what comes slowly
MOST_BYTES = (1024 if support.SANITIZED else 400) << 20  # AddressSanitizer keeps what was freed
CONNECTIONS = 64
MIB = 1 << 20
UPGRADE = (b"GET /v1/responses HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n\r\n")

# Asks for what its first message names.
TEMPLATE = """{% macro again() %}{{ again() }}{% endmacro %}{% set m = messages[0]['content'] %}
{%- if m == 'loop' %}{% for i in range(1000000000) %}{% endfor %}
{%- elif m == 'loops' %}{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}
{%- elif m == 'recursion' %}{{ again() }}
{%- elif m == 'product' %}{{ 'x' * 1000000000 }}
{%- elif m == 'doubling' %}{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}
{%- elif m == 'class' %}{{ ''.__class__.__mro__[1].__subclasses__() }}
{%- elif m == 'globals' %}{{ again.__init__.__globals__.os.popen('id').read() }}
{%- else %}{% for x in messages %}<|im_start|>{{ x.role }}\n{{ x.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n{% endif %}"""


def chat(text="Say hello.", **more):
    return {"model": MODEL, "temperature": 0, "max_tokens": 8, "messages": [{"role": "user", "content": text}], **more}


def web_socket_frame(kind, payload=b"", fin=1, reserved=0, mask=1, length=None):
    length = len(payload) if length is None else length
    size = bytes([mask << 7 | min(length, 126)]) + struct.pack(">H", length) if 126 <= length < 1 << 16 else \
        bytes([mask << 7 | min(length, 127)]) + (struct.pack(">Q", length) if length > 125 else b"")
    return bytes([fin << 7 | reserved << 4 | kind]) + size + bytes(4 * mask) + payload


def frame(kind, stream, payload=b"", length=None):
    """Of the framed protocol."""
    return struct.pack("<IBBHI", len(payload) if length is None else length, kind, 0, 0, stream) + payload


def exactly(client, size):
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def model_with_template(file, template):
    """A copy of the model's file with another chat template, whose length keeps the tensors aligned."""
    with open(support.MODEL, "rb") as source:
        data = source.read()
    key = b"tokenizer.chat_template"
    at = data.index(struct.pack("<Q", len(key)) + key) + 8 + len(key) + 4
    old = struct.unpack_from("<Q", data, at)[0]
    text = template.encode()
    text += b"{#" + b" " * ((old - len(text) - 4) % 32) + b"#}"
    file.write_bytes(data[:at] + struct.pack("<Q", len(text)) + text + data[at + 8 + old:])


class HostileCase(unittest.TestCase):
    """One server for all tests. After each it must give the usual answer, and must not have taken much memory."""

    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.addClassCleanup(cls.home.remove)
        config = cls.home.path / "serve.yaml"
        config.write_text(f"max_connections: {CONNECTIONS}\nheader_timeout: {PATIENCE}s\nbody_timeout: {PATIENCE}s\n")
        if not support.SANITIZED:  # it would take minutes to pack
            model_with_template(cls.home.path / "models" / "templates.gguf", TEMPLATE)
        cls.server = cls.enterClassContext(support.Server(cls.home, "--config", str(config), "--listen", "tcp://127.0.0.1:0"))
        cls.framed_port = int(re.search(r"tcp://127\.0\.0\.1:(\d+)", cls.server.process.stderr.readline()).group(1))
        if not support.SANITIZED:
            assert cls.server.request("POST", CHAT, chat(model="templates"))[0] == 200
        cls.usual = cls.greedy()

    @classmethod
    def greedy(cls):
        """The answer to a good request, once the server has seen that others have left."""
        end = time.monotonic() + support.TIMEOUT
        while cls.server.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):  # it may have its hands full yet
                status, body = cls.server.request("POST", CHAT, chat())
                if status != 503:
                    return status, json.loads(body)["choices"][0]["message"]["content"]
        raise RuntimeError("the server answers no more")

    @classmethod
    def memory(cls, name):
        with open(f"/proc/{cls.server.process.pid}/status") as status:
            return 1024 * int(re.search(name + r":\s+(\d+)", status.read()).group(1))

    def setUp(self):
        with open(f"/proc/{self.server.process.pid}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        self.before = self.memory("VmRSS")

    def tearDown(self):
        self.assertEqual(self.greedy(), self.usual)
        self.assertIsNone(self.server.process.poll())
        self.assertLess(self.memory("VmHWM") - self.before, MOST_BYTES)

    @contextlib.contextmanager
    def case(self, name):
        """A part of a test, which must not take long."""
        with self.subTest(name):
            begin = time.monotonic()
            yield
            self.assertLess(time.monotonic() - begin, SOON)

    def connect(self, port=None):
        return contextlib.closing(socket.create_connection(("127.0.0.1", port or self.server.port), timeout=support.TIMEOUT))

    def reply(self, client):
        response = http.client.HTTPResponse(client)
        response.begin()
        return response.status, response.read().decode()

    def ended(self, client):
        """Whether nothing more comes; what the server did not read may be why."""
        try:
            return client.recv(1) == b""
        except ConnectionResetError:
            return True

    def refused(self, body, *words):
        status, text = self.server.request("POST", CHAT, body)
        self.assertEqual(status, 400, text)
        for word in words:
            self.assertIn(word, json.loads(text)["error"]["message"])

    @contextlib.contextmanager
    def web_socket(self):
        with self.connect() as client:
            client.sendall(UPGRADE % b"Host: localhost")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += exactly(client, 1)
            self.assertIn(b" 101 ", head)
            yield client

    def message(self, client):
        """The next message, or the code that the server closes with."""
        while True:
            first, length = exactly(client, 2)
            length = struct.unpack(">H", exactly(client, 2))[0] if length == 126 else length
            payload = exactly(client, struct.unpack(">Q", exactly(client, 8))[0] if length == 127 else length)
            if first == 0x88:
                with contextlib.suppress(OSError):
                    client.sendall(web_socket_frame(8, payload[:2]))
                    self.assertEqual(client.recv(1), b"")
                return struct.unpack(">H", payload[:2])[0]
            if first == 0x81:
                return json.loads(payload)

    def long_response(self, client):
        text = json.dumps({"type": "response.create", "model": MODEL, "input": "Count.", "logit_bias": {"2": -100}})
        client.sendall(web_socket_frame(1, text.encode()))
        self.assertEqual(self.message(client)["type"], "response.created")

    def wait_until_idle(self):
        end = time.monotonic() + support.TIMEOUT
        while self.server.metric("pincer_engine_active") > 0:
            self.assertLess(time.monotonic(), end, "nobody waits for the answer any more")

    def greet(self, client):
        client.sendall(frame(1, 0, b'{"versions":[1]}'))
        self.assertEqual(self.take(client)[0], 0x81)

    def take(self, client):
        length, kind, _, _, stream = struct.unpack("<IBBHI", exactly(client, 12))
        return kind, stream, json.loads(exactly(client, length))
