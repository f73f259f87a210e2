"""What the end-to-end tests share: the program, a home of its own for it, and a server on a free port."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

PROGRAM = os.environ["PINCER_BIN"]
MODEL = os.environ["PINCER_TEST_MODEL"]
SANITIZED = bool(os.environ.get("PINCER_SANITIZE"))
TIMEOUT = 600 if SANITIZED else 120


class Home:
    """A PINCER_HOME with the model in it. Packing takes minutes under a sanitizer, so there the weights that the normal program
    has packed are used, if it has."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="pincer-e2e-"))
        (self.path / "models").mkdir()
        os.symlink(MODEL, self.path / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf")
        packed = pathlib.Path(MODEL).parent.parent / "pool"
        if SANITIZED and packed.is_dir():
            os.symlink(packed, self.path / "pool")

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def environment(home, **extra):
    env = dict(os.environ, PINCER_HOME=str(home.path))
    env.pop("PINCER_FORCE_ISA", None)
    env.update(extra)
    return env


def run(home, *args, stdin=None, timeout=TIMEOUT, **extra):
    """Runs the program to its end; a CompletedProcess with text."""
    return subprocess.run([PROGRAM, *map(str, args)], input=stdin if stdin is not None else "", capture_output=True, text=True,
                          timeout=timeout, env=environment(home, **extra))


def run_json(home, *args, **extra):
    done = run(home, *args, "--json", **extra)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Server:
    """pincer serve on a free port, ready when the constructor returns."""

    def __init__(self, home, *args, **extra):
        self.process = subprocess.Popen([PROGRAM, "serve", "--listen", "http://127.0.0.1:0", *args], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True, env=environment(home, **extra))
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"serving on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise RuntimeError("the server ended: " + "".join(self.log))

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def stream(self, body, headers=None):
        """An open streaming answer: (connection, response)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request("POST", "/v1/chat/completions", json.dumps(dict(body, stream=True)),
                           {"Content-Type": "application/json", **(headers or {})})
        return connection, connection.getresponse()

    def metric(self, name):
        text = self.request("GET", "/metrics")[1]
        values = [float(line.split()[-1]) for line in text.splitlines() if line.split(" ")[0].split("{")[0] == name]
        assert values, name + " is not in /metrics:\n" + text
        return sum(values)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit code, after everything on stderr was read."""
        self.log.append(self.process.stderr.read())
        self.process.stderr.close()
        return self.process.wait(timeout=TIMEOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.process.stderr.closed:
            self.process.stderr.close()


def events(response):
    """The JSON objects of a server-sent event stream, up to [DONE]."""
    for line in response:
        text = line.decode().strip()
        if text == "data: [DONE]":
            return
        if text.startswith("data: "):
            yield json.loads(text[6:])


def text_of(response):
    return "".join(choice["delta"].get("content") or "" for event in events(response) for choice in event.get("choices", []))
