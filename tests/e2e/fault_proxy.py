"""A TCP proxy on 127.0.0.1 that does to the answers of a server what networks and clouds do to them."""

import contextlib
import re
import socket
import struct
import threading


class FaultProxy:
    """Forwards to `port`. `fault`: None, or what happens once `after` events of an answer have passed: "reset" (RST), "close",
    "stall" (nothing more comes), "garbage" (a frame that is none), "limit" (429 instead of an answer; `after` does not matter)."""

    def __init__(self, port):
        self.target = port
        self.fault, self.after = None, 0
        self.seen = bytearray()  # what clients sent
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, fault, after=0):
        self.fault, self.after = fault, after

    def cut(self):
        """Ends the connections that there are."""
        with self.lock:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        with self.lock:
            self.open |= {client, server}
        threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
        self._answers(client, server)

    def _requests(self, client, server):
        with contextlib.suppress(OSError):
            while piece := client.recv(65536):
                self.seen += piece
                if self.fault == "limit":
                    body = b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'
                    client.sendall(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                else:
                    server.sendall(piece)
        self._end(client, server)

    def _answers(self, client, server):
        passed = 0
        with contextlib.suppress(OSError):
            while piece := server.recv(65536):
                for event in re.split(rb"(?<=\n\n)", piece):
                    if self.fault not in (None, "limit") and passed >= self.after:
                        self._break(client)
                        self._end(client, server)
                        return
                    client.sendall(event)
                    passed += event.count(b"data: {")
        self._end(client, server)

    def _break(self, client):
        if self.fault == "stall":
            with contextlib.suppress(OSError):
                client.recv(1)  # until the other side gives up
        elif self.fault == "garbage":
            client.sendall(b"1c\r\ndata: {\"choices\":[{\"delta\":\n\n\r\n")
        elif self.fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.shutdown(socket.SHUT_RD)  # else a thread that reads holds the socket open, and no reset leaves

    def _end(self, client, server):
        with self.lock:
            self.open -= {client, server}
        for sock in (client, server):
            with contextlib.suppress(OSError):
                if sock is server or self.fault != "reset":
                    sock.shutdown(socket.SHUT_RDWR)
            sock.close()
