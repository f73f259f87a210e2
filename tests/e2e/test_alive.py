"""Many clients at once, some of which leave; an orderly end. Runs under the sanitizers too."""

import json
import random
import threading
import time
import unittest

import support

CLIENTS, KILLED = 32, 8
TOKENS = 12 if support.SANITIZED else 40


def request(i):
    return {"model": "smollm2-135m-instruct", "temperature": 0, "max_tokens": TOKENS,
            "messages": [{"role": "user", "content": f"Tell me {i + 2} facts about the number {i * 7 + 1}."}]}


class Alive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def answer(self, server, i):
        connection, response = server.stream(request(i))
        try:
            self.assertEqual(response.status, 200)
            return support.text_of(response)
        finally:
            connection.close()

    def wait_until_idle(self, server):
        """A client that has left is noticed by the server, not by us: ask until it shows."""
        end = time.monotonic() + support.TIMEOUT
        while time.monotonic() < end:
            if all(server.metric(m) == 0 for m in ("pincer_engine_active", "pincer_engine_queued")):
                return
        self.fail("places leaked:\n" + server.request("GET", "/metrics")[1])

    def test_clients_that_leave_disturb_nobody(self):
        with support.Server(self.home) as server:
            seeds = random.Random(20261122)
            leaving = set(seeds.sample(range(CLIENTS), KILLED))
            staying = [i for i in range(CLIENTS) if i not in leaving]
            checked = staying[:4] if support.SANITIZED else staying
            alone = {i: self.answer(server, i) for i in checked}
            together, failures = {}, []

            def stay(i):
                try:
                    together[i] = self.answer(server, i)
                except Exception as error:  # noqa: BLE001 - any failure of a client is the test's
                    failures.append((i, error))

            def leave(i, after):
                connection, response = server.stream(request(i))
                for _ in range(after):
                    response.readline()
                connection.sock.close()
                response.close()

            threads = [threading.Thread(target=leave, args=(i, seeds.randrange(2 * TOKENS))) if i in leaving else
                       threading.Thread(target=stay, args=(i,)) for i in range(CLIENTS)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertEqual(failures, [])
            self.assertEqual(len(together), CLIENTS - KILLED)
            for i in checked:
                self.assertEqual(together[i], alone[i], i)
            self.wait_until_idle(server)
            self.assertEqual(server.metric("pincer_kv_blocks_used"), 0)
            server.terminate()
            self.assertEqual(server.wait(), 0, server.log)

    def test_sigterm_finishes_the_streams(self):
        config = self.home.path / "serve.yaml"
        config.write_text(f"drain_seconds: {support.TIMEOUT}\n")  # sanitizers are slow
        with support.Server(self.home, "--config", str(config)) as server:
            alone = self.answer(server, 3)
            streams = [server.stream(request(3)) for _ in range(4)]
            first = [response.readline() for _, response in streams]
            self.assertTrue(all(line.startswith(b"data: ") for line in first))
            server.terminate()
            texts = []
            for connection, response in streams:
                texts.append(support.text_of(response))
                connection.close()
            self.assertEqual(texts, [alone] * 4)
            self.assertEqual(server.wait(), 0, server.log)

    def test_stream_and_whole_answer_are_the_same(self):
        with support.Server(self.home) as server:
            status, body = server.request("POST", "/v1/chat/completions", request(5))
            self.assertEqual(status, 200, body)
            answer = json.loads(body)
            self.assertEqual(answer["choices"][0]["message"]["content"], self.answer(server, 5))
            self.assertEqual(answer["usage"]["completion_tokens"], TOKENS)


if __name__ == "__main__":
    unittest.main()
