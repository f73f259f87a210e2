"""A cloud that a measuring script plays itself: streams as an OpenAI API sends them, over connections that are kept."""

import asyncio
import contextlib
import json
import threading

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def chunk(**fields):
    """An event of a stream, in an HTTP chunk of its own."""
    event = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], **fields}
    text = f"data: {json.dumps(event)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


def delta(fields, reason=None):
    return chunk(choices=[{"index": 0, "delta": fields, "finish_reason": reason}])


def usage(tokens):
    return chunk(usage={"prompt_tokens": 1, "completion_tokens": tokens})


def connections(answer):
    """What asyncio.start_server calls; the coroutine answer(writer, path, body) writes one answer, and closes the writer to break one off."""

    async def connection(reader, writer):
        # Cancelled: the loop ends, and kept connections wait for a request.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0)
                await answer(writer, head.split(b" ", 2)[1].decode(), await reader.readexactly(length))
        writer.close()

    return connection


async def listen(answer):
    """(server, port) in the loop that runs."""
    server = await asyncio.start_server(connections(answer), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def serve(answer):
    """The port of a server in a thread of its own, until the process ends."""
    ready, ports = threading.Event(), []

    async def run():
        server, port = await listen(answer)
        ports.append(port)
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    ready.wait()
    return ports[0]
