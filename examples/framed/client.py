#!/usr/bin/env python3
"""A client of Pincer's framed protocol (docs/framed-protocol.md), with nothing but Python's library.

    pincer serve --listen tcp://127.0.0.1:9090
    examples/framed/client.py 127.0.0.1:9090 "Why is the sky blue?" "And the sea?"
"""

import json
import socket
import struct
import sys

HELLO, CHAT, COMPLETION, CANCEL, PING, MODELS = range(0x01, 0x07)
WELCOME, TEXT, DELTA, FINISH, ERROR, PONG, MODEL_LIST = range(0x81, 0x88)
WITH_IDS = 1
HEADER = struct.Struct("<IBBHI")


class Failed(Exception):
    """An error frame; args[0] is its JSON."""


class Client:
    def __init__(self, address, key=None):
        """address: "host:port", or the path of a Unix socket."""
        if address.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host.strip("[]"), int(port)))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb")
        self.stream = 0
        self.send(HELLO, 0, {"versions": [1], **({"key": key} if key else {})})
        self.welcome = json.loads(self.expect(WELCOME))

    def send(self, kind, stream, payload=b"", flags=0):
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.socket.sendall(HEADER.pack(len(data), kind, flags, 0, stream) + data)

    def receive(self):
        """The next frame: (type, stream, payload, token ids)."""
        header = self.input.read(HEADER.size)
        if len(header) < HEADER.size:
            raise ConnectionError("the server closed the connection")
        length, kind, flags, _, stream = HEADER.unpack(header)
        payload = self.input.read(length)
        if kind == ERROR and stream == 0:
            raise Failed(json.loads(payload))
        if kind != TEXT or not flags & WITH_IDS:
            return kind, stream, payload, []
        count = struct.unpack_from("<I", payload)[0]
        return kind, stream, payload[4 + 4 * count:], list(struct.unpack_from(f"<{count}I", payload, 4))

    def expect(self, wanted):
        kind, _, payload, _ = self.receive()
        if kind != wanted:
            raise Failed(json.loads(payload))
        return payload

    def request(self, body, kind=CHAT, with_ids=False):
        """Begins a request; its stream number."""
        self.stream += 1
        self.send(kind, self.stream, body, WITH_IDS if with_ids else 0)
        return self.stream

    def models(self):
        self.send(MODELS, 1)
        return [model["id"] for model in json.loads(self.expect(MODEL_LIST))["models"]]


def main():
    client = Client(sys.argv[1])
    model = client.models()[0]
    streams = {client.request({"model": model, "messages": [{"role": "user", "content": prompt}]}): prompt
               for prompt in sys.argv[2:]}
    texts = dict.fromkeys(streams, "")
    while streams:
        kind, stream, payload, _ = client.receive()
        if kind == TEXT:
            texts[stream] += payload.decode()
        elif kind in (FINISH, ERROR):
            print(f"> {streams.pop(stream)}\n{texts[stream]}\n{payload.decode()}\n")


if __name__ == "__main__":
    main()
