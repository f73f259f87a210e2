"""Kills a server that stores conversations, and looks at what is left of them. Shared by test_history.py and
bench/router/kill_history.py."""

import http.client
import json
import pathlib
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time

import support

MODEL = "smollm2-135m-instruct"


class Client(threading.Thread):
    """Goes on with its conversation, turn after turn, until the server is gone. What the server has acknowledged is in `turns`
    (id -> body) and `removed`."""

    def __init__(self, server, number, draw):
        super().__init__(daemon=True)
        self.server, self.number, self.draw = server, number, draw
        self.turns, self.removed, self.asked_to_remove = {}, set(), set()

    def run(self):
        previous, turn = None, 0
        try:
            while True:
                turn += 1
                # Large on the disk, short for the model.
                notes = {str(i): "x" * self.draw.randrange(500) for i in range(self.draw.randrange(16))}
                body = {"model": MODEL, "input": f"{self.number}:{turn}", "max_output_tokens": 1, "temperature": 0, "metadata": notes}
                if previous and turn % 4:
                    body["previous_response_id"] = previous
                status, text = self.server.request("POST", "/v1/responses", body)
                if status != 200:
                    raise AssertionError(f"{status}: {text}")
                answer = json.loads(text)
                if not answer["store"]:
                    raise AssertionError("not stored: " + text)
                previous = answer["id"]
                self.turns[previous] = answer
                if turn % 7 == 0:
                    gone = self.draw.choice(sorted(self.turns))
                    self.asked_to_remove.add(gone)
                    status, text = self.server.request("DELETE", "/v1/responses/" + gone)
                    if status == 200:
                        self.removed.add(gone)
                    if gone == previous:
                        previous = None
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass  # the server was killed


def problems_on_disk(folder):
    """What is wrong with the turns in a killed server's folder, whether anybody was told of them or not. Looks at a copy."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="pincer-e2e-") as copy:
        for file in pathlib.Path(folder).glob("history.db*"):
            shutil.copy(file, copy)
        if not (pathlib.Path(copy) / "history.db").exists():
            return wrong, set()
        database = sqlite3.connect(pathlib.Path(copy) / "history.db")
        try:
            state = database.execute("PRAGMA integrity_check").fetchone()[0]
            if state != "ok":
                wrong.append("the database: " + state)
            if not database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'turns'").fetchone()[0]:
                return wrong, set()
            ids = set()
            torn = database.execute("SELECT (SELECT count(*) FROM turns) - (SELECT count(*) FROM texts)").fetchone()[0]
            if torn:
                wrong.append(f"{torn} turns more than texts")
            rows = "SELECT id, body, input_items, history FROM turns LEFT JOIN texts USING (version)"
            for identity, body, items, history in database.execute(rows):
                ids.add(identity)
                try:
                    body, items, history = json.loads(body), json.loads(items), json.loads(history)
                    whole = (body["id"] == identity and body["status"] in ("completed", "incomplete") and body["output"] and items
                             and history[-1]["role"] == "assistant")
                except (TypeError, ValueError, KeyError, IndexError) as error:
                    whole = False
                    wrong.append(f"{identity}: {error}")
                if not whole:
                    wrong.append(f"{identity} is half written")
            return wrong, ids
        finally:
            database.close()


class Crashes:
    """Many lives of one server and one folder. `lost`, `half_written` and `came_back` stay empty if all is well."""

    def __init__(self, home, config, folder, seed, clients=3, longest=2.0):
        self.home, self.config, self.folder = home, config, folder
        self.draw, self.clients, self.longest = random.Random(seed), clients, longest
        self.acknowledged, self.removed, self.perhaps_removed = {}, set(), set()
        self.lost, self.half_written, self.came_back, self.starts = [], [], [], []

    def start(self):
        began = time.monotonic()
        server = support.Server(self.home, "--config", str(self.config))
        self.starts.append(time.monotonic() - began)
        return server

    def run(self):
        """One life. Returns the turns that were acknowledged in it."""
        with self.start() as server:
            clients = [Client(server, number, random.Random(self.draw.random())) for number in range(self.clients)]
            for client in clients:
                client.start()
            time.sleep(self.draw.uniform(0, self.longest))  # the moment: anything may be going on
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            for client in clients:
                client.join(support.TIMEOUT)
        fresh = {}
        for client in clients:
            fresh.update(client.turns)
            self.removed |= client.removed
            self.perhaps_removed |= client.asked_to_remove
        self.acknowledged.update(fresh)
        wrong, ids = problems_on_disk(self.folder)
        self.half_written += wrong
        self.lost += [f"{turn}, on the disk" for turn in fresh if turn not in ids and turn not in self.perhaps_removed]
        self.came_back += [turn for turn in self.removed if turn in ids]
        return len(fresh)

    def lose_the_disk(self):
        """Waits until all is in cold storage, and empties the folder."""
        with self.start() as server:
            while server.metric("pincer_history_pending") > 0:
                time.sleep(0.1)
            server.terminate()
            server.wait()
        shutil.rmtree(self.folder)

    def check(self):
        """Asks a server that was started again for all turns."""
        with self.start() as server:
            for turn in self.acknowledged:
                status, text = server.request("GET", "/v1/responses/" + turn)
                if turn in self.removed:
                    if status != 404:
                        self.came_back.append(turn)
                elif status == 200:
                    if json.loads(text) != self.acknowledged[turn]:
                        self.lost.append(turn + " is another one")
                elif turn not in self.perhaps_removed:
                    self.lost.append(f"{turn}: {status} {text}")
