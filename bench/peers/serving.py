"""Starts a server, waits for its first token, and asks the kernel how much memory it takes; once for end_to_end.py."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import time

import contenders
import without_amx

CONTEXT = 4096
# Processes of one model beside each other: Pincer shares the weights, llama.cpp those that it does not repack.
COUNTS = {"Pincer": (1, 2, 4), "llama.cpp": (1, 2)}
# Another process only starts when this much memory stays free after it would have copied the file.
HEADROOM = 6 << 30
REQUEST = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1, "temperature": 0}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def available_memory():
    with open("/proc/meminfo", encoding="utf-8") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))


def command_of(name, programs, job, port):
    if name == "Pincer":
        return [programs.pincer, "serve", "--listen", f"http://127.0.0.1:{port}", "--model", job.file, "-t", job.threads,
                "-c", CONTEXT, *programs.pincer_words(job)]
    return [programs.llama("llama-server", job.side), "-m", job.file, "-t", job.threads, "-c", CONTEXT, "-np", 1,
            "--host", "127.0.0.1", "--port", port]


def call(port, method, path, body=None):
    """(status, text); 0 while nobody listens."""
    try:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""


def answered(port):
    """Whether the server answered with a token; 503 says that it still loads."""
    status, text = call(port, "GET", "/v1/models")
    if status == 200:
        model = json.loads(text)["data"][0]["id"]
        status, text = call(port, "POST", "/v1/chat/completions", REQUEST | {"model": model})
    if status not in (0, 200, 503):
        raise contenders.Failed(f"the server answered {status}: {text[:200]}")
    return status == 200


class Server:
    """A process that has answered one request; first_token_s after its start."""

    def __init__(self, name, programs, job):
        port = free_port()
        environment = {**os.environ, **({"PINCER_FORCE_ISA": "avx2"} if job.side == "AVX2" else {})}
        start = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command_of(name, programs, job, port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
                                        preexec_fn=without_amx.refuse_amx if job.side != "native" else None)
        try:
            while not answered(port):
                if self.process.poll() is not None:
                    raise contenders.Failed(f"the server ended with {self.process.returncode} before its first token")
                if time.monotonic() - start > programs.timeout:
                    raise contenders.Failed(f"the server had no token after {programs.timeout:.0f} s")
                time.sleep(0.002)
        except BaseException:
            self.stop()
            raise
        self.first_token_s = time.monotonic() - start

    def pss_mib(self):
        """Its share of the memory: pages that n processes map count 1/n."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="utf-8") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("Pss:"))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measure(name, programs, job):
    """{"first_token_s": ..., "pss_1": MiB of one process, "pss_2": of two together, ...}

    The first start is not counted: it packs, and brings the file into the page cache."""
    Server(name, programs, job).stop()
    servers, found = [], {}
    try:
        for count in range(1, max(COUNTS[name]) + 1):
            if servers and available_memory() - job.file.stat().st_size < HEADROOM:
                break
            servers.append(Server(name, programs, job))
            if count == 1:
                found["first_token_s"] = servers[0].first_token_s
            if count in COUNTS[name]:
                found[f"pss_{count}"] = sum(server.pss_mib() for server in servers)
    finally:
        for server in servers:
            server.stop()
    return found, {}
