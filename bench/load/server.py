"""A server to load: started, watched from outside, stopped. Shared by the programs of this folder."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="folder of the build")
    parser.add_argument("--home", type=pathlib.Path, default=os.environ.get("PINCER_HOME", pathlib.Path.home() / ".cache/pincer"))
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


class Server:
    def __init__(self, options, *flags):
        self.build = options.build
        self.process = subprocess.Popen(
            [options.build / "server/pincer", "serve", "--listen", "http://127.0.0.1:0", *flags],
            stderr=subprocess.PIPE, text=True, env=dict(os.environ, PINCER_HOME=str(options.home)))
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"serving on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found.group(1))
                break
        else:
            raise SystemExit("the server ended: " + "".join(self.log))
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def load(self, *flags, **kwargs):
        """Starts pincer_load against the server; before all others where that is allowed, so that what it measures is the server's
        time and not its own wait for a core."""

        def come_first():
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, -10)

        return subprocess.Popen([self.build / "bench/load/pincer_load", "--port", str(self.port), *map(str, flags)],
                                stdout=subprocess.PIPE, text=True, preexec_fn=come_first, **kwargs)

    def probe(self):
        """Starts asking /health all the time."""
        prober = self.load("probe", "--every-ms", 20, "--seconds", 1e9, stdin=subprocess.PIPE)
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(prober.pid, os.SCHED_RR, os.sched_param(1))  # it does next to nothing, but at once
        return prober

    @staticmethod
    def probed(prober):
        """Ends it; its report."""
        prober.stdin.close()
        report = json.loads(prober.stdout.read())
        prober.wait()
        return report

    def measure(self, *flags):
        """What pincer_load reports."""
        with self.load(*flags) as process:
            out = process.stdout.read()
        if process.returncode != 0:
            raise SystemExit("pincer_load failed; the server said:\n" + "".join(self.log))
        return json.loads(out)

    def request(self, method, path, body=None, timeout=120):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def metric(self, name):
        """The sum over a metric's samples."""
        lines = self.request("GET", "/metrics")[1].splitlines()
        return sum(float(line.split()[-1]) for line in lines if re.split(r"[{ ]", line)[0] == name)

    def memory(self):
        """Bytes that are this process's alone: anonymous pages, so without the mapped weights."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) * 1024

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
