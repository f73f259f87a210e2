"""What a client should not send: refused by name, at once, in bounded memory, and the next one gets the same answer as before.

Much more of it is in tests/server; here are what needs a real model, and bytes that no library sends."""

import contextlib
import json
import os
import select
import socket
import struct
import time
import unittest

import support
from hostile import CHAT, CONNECTIONS, MIB, PATIENCE, SOON, UPGRADE, HostileCase, chat, frame, web_socket_frame


def schema(value):
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": value}}}


def regex(text):
    return {"structured_outputs": {"regex": text}}


class Hostile(HostileCase):
    def test_arguments_of_past_calls(self):
        for name, text in (("cut", "{"), ("no JSON", "x"), ("a list", "[]"), ("two", "{}{}"), ("deep", "[" * 100_000),
                           ("deep objects", '{"a":' * 100_000), ("a lone surrogate", '{"a":"\\ud800"}'), ("NaN", '{"a":NaN}')):
            with self.case(name):
                call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}
                self.refused(chat(messages=[{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]},
                                            {"role": "tool", "tool_call_id": "c", "content": "1"}]), "tool_calls[0].function.arguments")

    def test_tools_with_the_notation_of_grammars(self):
        text = '"]}} root ::= "x"\\ {{ x }} {% for %} <|im_end|> [^"] (?:a{1,9}) \x00'
        parameters = {"type": "object", "properties": {text: {"enum": [text]}}, "required": [text]}
        function = {"name": "f", "description": text, "parameters": parameters}
        body = chat(tools=[{"type": "function", "function": function}], tool_choice="required", parallel_tool_calls=False, max_tokens=250)
        status, answer = self.server.request("POST", CHAT, body)
        self.assertEqual(status, 200, answer)
        call = json.loads(answer)["choices"][0]["message"]["tool_calls"][0]["function"]
        self.assertEqual((call["name"], json.loads(call["arguments"])), ("f", {text: text}))
        parameters["properties"][text] = {"$ref": "#"}
        self.refused(body, "never end")

    def test_what_comes_slowly_is_cut_off(self):
        with self.connect() as head, self.connect() as body, self.connect(self.framed_port) as framed:
            head.sendall(b"GET /health HTTP/1.1\r\n")
            body.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
            self.greet(framed)
            framed.sendall(frame(2, 1, length=1000))
            slow = {head: b"A: b\r\n", body: b" ", framed: b" "}
            end = time.monotonic() + PATIENCE + SOON
            while slow:
                self.assertLess(time.monotonic(), end)
                for client in select.select(list(slow), [], [], 0.2)[0]:
                    del slow[client]
                    if client is framed:
                        self.assertTrue(self.ended(client))
                    else:
                        self.assertEqual(self.reply(client)[0], 408)
                for client, more in slow.items():
                    with contextlib.suppress(OSError):
                        client.sendall(more)

    def test_idle_connections(self):
        with self.connect() as first, contextlib.ExitStack() as stack:
            for _ in range(2):
                first.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertEqual(self.reply(first)[0], 200)
                idle = [stack.enter_context(self.connect()) for _ in range(4 * CONNECTIONS)]
                self.assertIn(idle[-1].recv(12), (b"", b"HTTP/1.1 503"))

    def test_foreign_pages_open_no_web_sockets(self):
        for header in ("Host: evil.com", "Host: localhost.evil.com", "Host: 127.0.0.1.evil.com:80", "Host: localhost\r\nOrigin: null",
                       "Host: localhost\r\nOrigin: http://evil.com", "Host: localhost\r\nOrigin: http://localhost.evil.com"):
            with self.case(header), self.connect() as client:
                client.sendall(UPGRADE % header.encode())
                status, body = self.reply(client)
                self.assertEqual(status, 403)
                self.assertIn(header.split()[-1].removesuffix(":80"), body)

    # Grammars

    def test_grammars(self):
        circle = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
        endless = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
        twice = {"$defs": {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"type": "null"}]} for i in range(2000)},
                 "$ref": "#/$defs/d0"}
        rules = 'root ::= "a"\n' + "".join(f'r{i}::="b"\n' for i in range(60_000))
        for name, what, *words in (
                ("a reference to itself", schema({"$ref": "#"}), "itself"), ("references in a circle", schema(circle), "itself"),
                ("no end", schema(endless), "never end"), ("a reference elsewhere", schema({"$ref": "http://169.254.169.254/"}), "169.254"),
                ("references without end", schema(twice), "#/$defs"), ("a pattern", schema({"pattern": "(a{1,99999}){1,99999}"}), "counts"),
                ("counts in counts", regex("(a{1,99999}){1,99999}"), "counts"), ("a large count", regex("(a{1,999999}){9}"), "100000"),
                ("parentheses", regex("(" * 100_000), "128"), ("groups", {"grammar": "root ::= " + "(" * 100_000}, "128"),
                ("left recursion", {"grammar": 'root ::= root "a" | "b"'}, "root -> root"),
                ("left recursion by others", {"grammar": 'root ::= a | "y"\na ::= "q"? root "z"'}, "root -> a -> root"),
                ("many rules", {"grammar": rules}, "20000 rules"), ("a million rules", {"grammar": rules + "x" * 3 * MIB}, "1048576")):
            with self.case(name):
                self.refused(chat(**what), *words)

    def test_a_grammar_that_proves_too_ambiguous(self):
        grammar = "root ::= s\ns ::= [A-Za-z ,.] s | [A-Za-z ,.] s s | [A-Za-z ,.]"
        self.refused(chat(grammar=grammar, max_tokens=200, logit_bias={"2": -100}), "ambiguous")

    # Templates

    @unittest.skipIf(support.SANITIZED, "its model takes minutes to pack")
    def test_templates(self):
        for name, word in (("loop", "100000"), ("loops", "steps"), ("recursion", "deep"), ("product", "16777216"),
                           ("doubling", "16777216"), ("class", "__class__"), ("globals", "__init__")):
            with self.case(name):
                self.refused(chat(name, model="templates"), "template", word)

    def test_special_tokens_in_texts_are_texts(self):
        def tokens(text):
            return json.loads(self.server.request("POST", CHAT, chat(text, max_tokens=1))[1])["usage"]["prompt_tokens"]
        self.assertGreaterEqual(tokens("<|im_end|>" * 9) - tokens(""), 3 * 9)

    # WebSockets

    def test_web_socket_frames(self):
        make = web_socket_frame
        for name, data, code in (
                ("endless", make(1, length=2**63 - 1), 1009),
                ("too long in fragments", make(1, b" " * 65536, fin=0) + make(0, b" " * 65536, fin=0) * 63 + make(0, b" "), 1009),
                ("unmasked", make(1, b"{}", mask=0), 1002), ("a ping in fragments", make(9, b"x", fin=0), 1002),
                ("a long ping", make(9, b"x" * 126), 1002),
                ("no UTF-8 in fragments", make(1, b'"\xc3', fin=0) + make(0, b'("'), 1007),
                *((f"reserved bit {bit}", make(1, b"{}", reserved=bit), 1002) for bit in (1, 2, 4)),
                *((f"opcode {kind}", make(kind, b"{}"), 1002) for kind in (3, 7, 11, 15)),
                ("a fragment of nothing", make(0, b"{}"), 1002), ("a message in another", make(1, b"{", fin=0) + make(1, b"}"), 1002),
                ("half a close code", make(8, b"x"), 1002),
                ("no close code", make(8, struct.pack(">H", 1005)), 1002), ("a long length", b"\x81\xfe\0\2\0\0\0\0{}", 1002)):
            with self.case(name), self.web_socket() as client:
                client.sendall(data)
                self.assertEqual(self.message(client), code)

    def test_web_socket_messages(self):
        with self.web_socket() as client:
            for name, data in (("deep", web_socket_frame(1, b"[" * 100_000)), ("binary in text", web_socket_frame(1, bytes(1000))),
                               ("tiny fragments", web_socket_frame(1, b" ", fin=0) + web_socket_frame(0, b" ", fin=0) * 20_000 +
                                web_socket_frame(0, b"{}"))):
                with self.case(name):
                    client.sendall(data)
                    self.assertEqual(self.message(client)["status"], 400)

    def test_messages_that_wait_take_little_memory(self):
        body = b'{"type":"response.create","metadata":[' + b"0," * (2 * MIB - 100) + b"0]}"
        with self.web_socket() as client:
            self.long_response(client)
            with contextlib.suppress(OSError):  # it ends the connection, and what is on its way is lost
                for _ in range(20):
                    client.sendall(web_socket_frame(1, body))
            with contextlib.suppress(OSError, EOFError):
                while (message := self.message(client)) != 1008:
                    self.assertNotEqual(message["type"], "response.incomplete")
        self.wait_until_idle()

    def test_clients_that_say_no_goodbye(self):
        for how in ("half-open", "closed", "reset"):
            with self.case(how), self.web_socket() as client:
                self.long_response(client)
                if how == "half-open":
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                elif how == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                self.wait_until_idle()

    def test_pings_whose_answers_nobody_reads(self):
        for name, port, ping in (("WebSocket", None, web_socket_frame(9, b"p" * 125)),
                                 ("framed", self.framed_port, frame(5, 0, b"p" * 64))):
            with self.subTest(name), (self.connect(port) if port else self.web_socket()) as client:
                if port:
                    self.greet(client)
                client.setblocking(False)
                sent = 0
                while sent < 256 * MIB and select.select([], [client], [], 1)[1]:
                    with contextlib.suppress(BlockingIOError):
                        sent += client.send(ping * 1000)
                self.assertLess(sent, 256 * MIB, "the server should stop reading")

    # The framed protocol

    def test_frames_that_are_cut_or_come_too_early(self):
        good = frame(2, 1, json.dumps(chat()).encode())
        for size in (1, 5, 11, 12, 50, len(good) - 1):
            with self.case(size), self.connect(self.framed_port) as client:
                self.greet(client)
                client.sendall(good[:size])
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(1), b"")
        for name, data, status in (("a long hello", frame(1, 0, length=20_000), 413), ("a deep hello", frame(1, 0, b"[" * 10_000), 400),
                                   ("noise", os.urandom(4) + b"\xde\xad" * 999, 400)):
            with self.case(name), self.connect(self.framed_port) as client:
                client.sendall(data)
                kind, stream, error = self.take(client)
                self.assertEqual((kind, stream, error["status"]), (0x85, 0, status), error)
                self.assertTrue(self.ended(client))


if __name__ == "__main__":
    unittest.main()
