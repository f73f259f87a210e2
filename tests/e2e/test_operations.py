"""What an operator relies on: metrics, logs, overload, deadlines, reload, the service manager."""

import contextlib
import fcntl
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import support

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

CHAT = "/v1/chat/completions"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def chat(text="Say hello.", **more):
    return {"model": "smollm2-135m-instruct", "temperature": 0, "max_tokens": 8, "messages": [{"role": "user", "content": text}], **more}


def endless(**more):
    """An answer that only the context ends: the end token is banned."""
    return chat("Tell me a story.", max_tokens=4000, logit_bias={"2": -100}, **more)


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.addClassCleanup(cls.home.remove)

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def server(self, *args, **extra):
        return self.enterContext(support.Server(self.home, *map(str, args), **extra))

    def wait_for(self, what, condition):
        for _ in range(1200):
            if condition():
                return
            time.sleep(0.05)
        self.fail("it did not happen: " + what)

    def log_lines(self, file):
        # Its last line may be on its way.
        return [json.loads(line) for line in file.read_text().split("\n")[:-1]] if file.exists() else []

    # Metrics

    @unittest.skipUnless(text_string_to_metric_families, "prometheus_client is not installed")
    def test_metrics_are_prometheus_and_have_the_conventions_names(self):
        server = self.server()
        self.assertEqual(server.request("POST", CHAT, chat())[0], 200)
        self.assertEqual(server.request("POST", CHAT, chat(temperature=9))[0], 400)
        for name in ("no-such-model", "x" * 1000, 'quote"\\'):
            self.assertEqual(server.request("POST", CHAT, chat(model=name))[0], 404)
        text = server.request("GET", "/metrics")[1]
        families = {f.name: f for f in text_string_to_metric_families(text)}
        for name in ("gen_ai_server_request_duration_seconds", "gen_ai_server_time_to_first_token_seconds",
                     "gen_ai_server_time_per_output_token_seconds", "gen_ai_client_token_usage", "pincer_queue_duration_seconds",
                     "pincer_batch_size"):
            self.assertEqual(families[name].type, "histogram", name)
        for name in ("vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:kv_cache_usage_perc", "vllm:cache_config_info",
                     "pincer_pool_resident_bytes", "pincer_kv_blocks_used", "pincer_engine_queued"):
            self.assertEqual(families[name].type, "gauge", name)
        duration = families["gen_ai_server_request_duration_seconds"].samples
        labels = {"gen_ai_operation_name": "chat", "gen_ai_provider_name": "pincer", "gen_ai_request_model": "smollm2-135m-instruct"}
        counts = {tuple(sorted(s.labels.items())): s.value for s in duration if s.name.endswith("_count")}
        self.assertEqual(counts[tuple(sorted(labels.items()))], 1)
        self.assertNotIn("no-such-model", text)  # what clients write makes no series
        usage = {s.labels["gen_ai_token_type"]: s.value for s in families["gen_ai_client_token_usage"].samples if s.name.endswith("_sum")}
        self.assertGreater(usage["input"], 0)
        self.assertEqual(usage["output"], 8)
        self.assertGreater(server.metric("pincer_pool_resident_bytes"), 50e6)

    # Access log

    def test_access_log(self):
        log = self.folder / "access.log"
        keys = self.file("keys", "sk-very-secret\n")
        server = self.server("--access-log", log, "--api-key-file", keys)
        headers = {"Authorization": "Bearer sk-very-secret", "x-request-id": "my-id-7", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        self.assertEqual(server.request("POST", CHAT, chat(), headers)[0], 200)
        self.assertEqual(server.request("POST", CHAT, chat(), {"Authorization": "Bearer wrong", "x-request-id": "a\tb"})[0], 401)
        self.assertEqual(server.request("GET", "/no%0Awhere", None, headers)[0], 404)
        self.wait_for("three lines", lambda: len(self.log_lines(log)) == 3)
        answered, refused, lost = self.log_lines(log)
        self.assertEqual(answered["id"], "my-id-7")
        self.assertEqual(answered["trace_id"], TRACE)
        self.assertEqual((answered["method"], answered["path"], answered["status"]), ("POST", CHAT, 200))
        self.assertEqual(answered["completion_tokens"], 8)
        self.assertEqual(answered["model"], "smollm2-135m-instruct")
        self.assertEqual(answered["upstream"], "local")
        self.assertTrue(answered["key"])
        self.assertGreater(answered["bytes"], 300)
        for time_ms in ("duration_ms", "queued_ms", "prefill_ms", "decode_ms", "first_token_ms"):
            self.assertGreaterEqual(answered[time_ms], 0)
        self.assertRegex(answered["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(refused["status"], 401)
        self.assertRegex(refused["id"], "^req_")
        self.assertEqual(lost["path"], "/no\nwhere")
        self.assertNotIn("sk-very-secret", log.read_text())
        log.rename(self.folder / "access.log.1")
        server.process.send_signal(signal.SIGUSR1)
        self.wait_for("a new file", log.exists)
        server.request("GET", "/health")
        self.wait_for("a line in it", lambda: len(self.log_lines(log)) == 1)

    def test_request_ids_are_returned(self):
        server = self.server()
        connection, response = server.stream(chat())
        self.assertRegex(response.headers["x-request-id"], "^req_")
        connection.close()
        with contextlib.closing(support.http.client.HTTPConnection("127.0.0.1", server.port, timeout=support.TIMEOUT)) as connection:
            connection.request("GET", "/health", headers={"x-request-id": "mine"})
            self.assertEqual(connection.getresponse().headers["x-request-id"], "mine")

    def test_a_full_disk_does_not_stop_the_server(self):
        server = self.server("--access-log", "/dev/full")
        for _ in range(3):
            self.assertEqual(server.request("POST", CHAT, chat())[0], 200)
        self.wait_for("dropped lines", lambda: server.metric("pincer_access_log_dropped_total") >= 3)

    # Overload

    def post(self, server, body, headers=None):
        connection = support.http.client.HTTPConnection("127.0.0.1", server.port, timeout=support.TIMEOUT)
        with contextlib.closing(connection):
            connection.request("POST", CHAT, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())

    def test_sigterm_does_not_wait_for_a_load(self):
        home = support.Home()
        self.addCleanup(home.remove)
        (home.path / "pool").unlink(missing_ok=True)
        model = self.enterContext(open(support.MODEL, "rb"))
        fcntl.flock(model, fcntl.LOCK_EX)  # as another process does that packs it, which takes for ever
        path = self.folder / "server.sock"
        server = self.enterContext(subprocess.Popen([support.PROGRAM, "serve", "--listen", f"unix:{path}"], stderr=subprocess.DEVNULL,
                                                    env=support.environment(home)))
        self.addCleanup(server.kill)
        self.wait_for("listening", path.exists)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"503", client.recv(100))
        server.terminate()
        self.assertEqual(server.wait(timeout=support.TIMEOUT), 0)

    def test_a_full_queue_says_when_to_come_back(self):
        server = self.server("--max-active", 1, "--max-queued", 1)
        streams = [server.stream(chat("Count.", max_tokens=400, logit_bias={"2": -100})) for _ in range(2)]
        self.wait_for("a full queue", lambda: server.metric("pincer_engine_queued") == 1)
        status, headers, body = self.post(server, chat())
        self.assertEqual(status, 429)
        self.assertEqual(body["error"]["type"], "rate_limit_error")
        wait = int(headers["retry-after"])
        self.assertGreaterEqual(wait, 1)
        # Who comes back then is let in, or told again, with less to wait.
        for _ in range(60):
            time.sleep(wait)
            status, headers, body = self.post(server, chat())
            if status == 200:
                break
            self.assertEqual(status, 429, body)
            wait = int(headers["retry-after"])
        self.assertEqual(status, 200)
        for connection, response in streams:
            response.read()
            connection.close()

    def test_a_wait_beyond_the_limit_is_refused(self):
        server = self.server("--max-active", 1, "--max-queued", 50, "--max-queue-wait", "100ms")
        self.post(server, chat("Count.", max_tokens=1200, logit_bias={"2": -100}))  # how long answers are
        active, response = server.stream(endless())
        # Some text: the engine has said by then how long this answer will take.
        pieces = 0
        while pieces < 20:
            pieces += bool(re.search(rb'"content":"[^"]', response.readline()))
        status, headers, body = self.post(server, chat())
        self.assertEqual(status, 429, body)
        self.assertIn("would wait", body["error"]["message"])
        self.assertGreaterEqual(int(headers["retry-after"]), 1)
        active.close()

    def test_deadlines(self):
        server = self.server("--max-active", 1, "--max-queue-wait", "0")
        status, _, body = self.post(server, endless(), {"x-request-timeout": "300ms"})
        self.assertEqual(status, 504, body)
        self.assertEqual(body["error"]["type"], "timeout_error")
        connection, response = server.stream(endless())
        response.readline()
        begin = time.monotonic()
        status, _, body = self.post(server, chat(), {"x-request-timeout": "0.2"})
        self.assertEqual(status, 504, body)
        self.assertLess(time.monotonic() - begin, 30)
        connection.close()
        self.assertEqual(self.post(server, chat(), {"x-request-timeout": "soon"})[0], 400)
        self.wait_for("no leak", lambda: server.metric("pincer_engine_active") == 0)
        self.assertEqual(server.metric("pincer_kv_blocks_used"), 0)
        self.assertEqual(server.metric("pincer_generations_timed_out_total"), 2)

    def test_one_key_does_not_starve_another(self):
        keys = self.file("keys", "sk-flood\nsk-other\n")
        server = self.server("--api-key-file", keys, "--max-active", 2, "--max-queued", 50)
        done = []

        def ask(key, number):
            status, _, body = self.post(server, chat(f"Tell me about {number}.", max_tokens=60, logit_bias={"2": -100}),
                                        {"Authorization": "Bearer " + key})
            done.append((key, status, body))

        flood = [threading.Thread(target=ask, args=("sk-flood", i)) for i in range(20)]
        for thread in flood:
            thread.start()

        def queued():
            text = server.request("GET", "/metrics", None, {"Authorization": "Bearer sk-other"})[1]
            return float(re.search(r"^pincer_engine_queued\S* (\S+)$", text, re.M).group(1))

        self.wait_for("the flood", lambda: queued() >= 10)
        ask("sk-other", 99)
        before = [key for key, _, _ in done].index("sk-other")
        for thread in flood:
            thread.join()
        self.assertTrue(all(status == 200 for _, status, _ in done), done)
        self.assertLess(before, 12, "the other key waited for the whole flood")

    # Configuration

    def test_reload_keeps_streams_and_changes_keys(self):
        keys = self.file("keys", "sk-old\n")
        log = self.folder / "access.log"
        config = self.file("pincer.yaml", f"api_key_file: {keys}\nmax_active: 4\naccess_log: {log}\n")
        server = self.server("--config", config)
        old, new = ({"Authorization": "Bearer " + key} for key in ("sk-old", "sk-new"))
        connection = support.http.client.HTTPConnection("127.0.0.1", server.port, timeout=support.TIMEOUT)
        connection.request("POST", CHAT, json.dumps(chat("Count.", max_tokens=200, stream=True, logit_bias={"2": -100})),
                           {"Content-Type": "application/json", **old})
        response = connection.getresponse()
        response.readline()
        keys.write_text("sk-new\n")
        config.write_text(f"api_key_file: {keys}\nmax_active: 8\naccess_log: {log}\nlog_level: debug\n")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for("the new key", lambda: server.request("GET", "/v1/models", None, new)[0] == 200)
        self.assertEqual(server.request("GET", "/v1/models", None, old)[0], 401)
        self.assertGreater(len(support.text_of(response)), 200)
        connection.close()
        config.write_text("no_such_key: 1\n")
        log.unlink()
        server.process.send_signal(signal.SIGHUP)
        server.process.send_signal(signal.SIGUSR1)  # answered after the other
        self.wait_for("a new log", log.exists)
        self.assertEqual(server.request("GET", "/v1/models", None, new)[0], 200)
        server.terminate()
        self.assertEqual(server.wait(), 0)
        log = "".join(server.log)
        self.assertIn("max_active", log)  # needs a restart, and says so
        self.assertIn("no_such_key", log)

    def test_reload_changes_routes_and_keeps_their_streams(self):
        log = self.folder / "access.log"

        def write(route):
            return self.file("pincer.yaml", f"""
upstreams:
  - {{name: local, kind: engine, models: {{{route}: smollm2-135m-instruct}}}}
routes:
  - {{model: {route}, local: local, policy: fixed}}
access_log: {log}
""")

        def models():
            return [m["id"] for m in json.loads(server.request("GET", "/v1/models")[1])["data"]]

        server = self.server("--config", write("first"))
        connection, response = server.stream(dict(chat("Count.", max_tokens=200, logit_bias={"2": -100}), model="first"))
        response.readline()
        write("second")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for("the new route", lambda: "second" in models())
        self.assertNotIn("first", models())
        self.assertGreater(len(support.text_of(response)), 200)
        connection.close()
        self.assertEqual(server.request("POST", CHAT, dict(chat("Hi."), model="first"))[0], 404)
        status, body = server.request("POST", CHAT, dict(chat("Hi."), model="second"))
        self.assertEqual(status, 200, body)
        self.assertEqual(server.metric("pincer_router_attempts_total"), 2, "of both routes: counters go on")
        self.file("pincer.yaml", "routes:\n  - {model: third, local: nobody}\n")
        log.unlink()
        server.process.send_signal(signal.SIGHUP)
        server.process.send_signal(signal.SIGUSR1)  # answered after the other
        self.wait_for("a new log", log.exists)
        self.assertIn("second", models())
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertIn("nobody", "".join(server.log))

    # Administration

    def test_admin(self):
        server = self.server()
        status, body = server.request("GET", "/admin/pool")
        self.assertEqual(status, 200, body)
        pool = json.loads(body)
        self.assertEqual(pool["schema"], 1)
        self.assertTrue(any(m["resident"] > 0 for m in pool["models"]), pool)
        connection, response = server.stream(chat("Count.", max_tokens=100))
        response.readline()
        self.assertEqual(server.request("POST", "/admin/drain")[0], 202)
        self.assertTrue(support.text_of(response))
        connection.close()
        self.assertEqual(server.wait(), 0)

    # The service manager

    @contextlib.contextmanager
    def activated(self, *args, **extra):
        """The server as systemd starts it: with a listening socket, and a socket for notifications."""
        listening = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        notify = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notify.bind(str(self.folder / "notify"))
        notify.settimeout(support.TIMEOUT)
        # The shell's exec keeps the process id that LISTEN_PID names.
        command = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
        process = subprocess.Popen(["bash", "-c", command, support.PROGRAM, "serve", *args], pass_fds=[listening.fileno()],
                                   stderr=subprocess.PIPE, text=True,
                                   env=support.environment(self.home, NOTIFY_SOCKET=str(self.folder / "notify"), **extra))
        try:
            yield process, listening.getsockname()[1], notify
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    def test_socket_activation_and_notifications(self):
        with self.activated(WATCHDOG_USEC="400000") as (process, port, notify):
            states = []

            def until(state):
                while state not in states:
                    states.extend(notify.recv(1000).decode().split("\n"))

            until("READY=1")
            with contextlib.closing(support.http.client.HTTPConnection("127.0.0.1", port, timeout=support.TIMEOUT)) as connection:
                connection.request("GET", "/ready")
                self.assertEqual(connection.getresponse().status, 200)
            until("WATCHDOG=1")
            states.clear()
            process.send_signal(signal.SIGHUP)
            until("RELOADING=1")
            until("READY=1")
            process.send_signal(signal.SIGTERM)
            until("STOPPING=1")
            self.assertEqual(process.wait(timeout=support.TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main()
