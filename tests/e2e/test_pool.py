"""Several models in one server under a budget that holds two, and what ps and pool say."""

import json
import os
import random
import re
import shutil
import threading
import unittest

import support

NAMES = ("alpha", "beta", "gamma")


def resident_pools(pid):
    """Bytes of pool files that the process has resident: Rss in its smaps."""
    total, counts = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as lines:
        for line in lines:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                counts = ".pool" in line
            elif counts and line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total


def resident_within(pid, budget):
    """One reading of smaps is no moment: it can have seen a model that left meanwhile, and further on the one that came for it.
    So what exceeds the budget is looked at again."""
    least = resident_pools(pid)
    for _ in range(3):
        if least > budget:
            least = min(least, resident_pools(pid))
    return least


class Pool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        for name in NAMES:  # files of their own: a pool is found by its source
            shutil.copy(support.MODEL, cls.home.path / "models" / f"{name}.gguf")

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def ask(self, server, name, tokens=2):
        status, body = server.request("POST", "/v1/chat/completions", {
            "model": name, "temperature": 0, "max_tokens": tokens, "messages": [{"role": "user", "content": "Hello"}]})
        self.assertEqual(status, 200, body)
        return json.loads(body)["choices"][0]["message"]["content"]

    def test_a_budget_for_two_of_three(self):
        with support.Server(self.home, "-m", str(self.home.path / "models" / "alpha.gguf")) as server:
            expected = self.ask(server, "alpha")
            one = server.metric("pincer_pool_bytes")
        budget = int(2.5 * one)
        with support.Server(self.home, "-m", str(self.home.path / "models" / "alpha.gguf"), "--pool-budget", str(budget)) as server:
            listed = {m["id"] for m in json.loads(server.request("GET", "/v1/models")[1])["data"]}
            self.assertEqual(listed, set(NAMES) | {"smollm2-135m-instruct"})
            for name in NAMES:
                self.ask(server, name)  # packs
            seeds = random.Random(20261125)
            order = seeds.choices(NAMES, (60, 28, 12), k=200)
            failures, most = [], [0]

            def client(part):
                for name in part:
                    try:
                        self.assertEqual(self.ask(server, name), expected)
                        most[0] = max(most[0], resident_within(server.process.pid, budget))
                    except Exception as error:  # noqa: BLE001 - any failure of a client is the test's
                        failures.append(error)

            threads = [threading.Thread(target=client, args=(order[i::2],)) for i in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertEqual(failures, [])
            self.assertGreater(most[0], one / 2)
            self.assertLessEqual(most[0], budget)
            hits, misses = server.metric("pincer_model_hits_total"), server.metric("pincer_model_misses_total")
            loads, seconds = server.metric("pincer_model_loads_total"), server.metric("pincer_model_load_seconds_total")
            print(f"\n200 requests, 3 models, budget for 2: {hits:.0f} hits, {misses:.0f} misses, "
                  f"{seconds / loads * 1000:.0f} ms a load, at most {most[0] / 1e6:.0f} of {budget / 1e6:.0f} MB resident")
            self.assertLess(misses, hits)

    def test_ps_and_pool(self):
        empty = support.run_json(self.home, "ps")
        self.assertEqual(empty["schema"], 1)
        with support.Server(self.home, "-m", "smollm2-135m-instruct") as server:
            mine = [m for m in support.run_json(self.home, "ps")["models"] if m["pid"] == server.process.pid]
            self.assertEqual(len(mine), 1)
            self.assertEqual(mine[0]["name"], "SmolLM2-135M-Instruct.Q4_1")
            self.assertGreater(mine[0]["resident"], 0)
            self.assertLessEqual(mine[0]["resident"], mine[0]["bytes"])
            self.assertEqual(mine[0]["resident"], mine[0]["shared"] + mine[0]["private"])
            files = {m["name"]: m for m in support.run_json(self.home, "pool")["models"]}
            stored = files["SmolLM2-135M-Instruct.Q4_1"]
            self.assertEqual(stored["processes"], 1)
            self.assertEqual(stored["bytes"], os.path.getsize(stored["file"]))
            self.assertLess(stored["last_used_s"], 600)
        text = support.run(self.home, "ps")
        self.assertEqual(text.returncode, 0)
        removed = support.run(self.home, "pool", "rm", "SmolLM2-135M-Instruct.Q4_1")
        self.assertEqual(removed.returncode, 0, removed.stderr)
        again = support.run(self.home, "pool", "rm", "SmolLM2-135M-Instruct.Q4_1")
        self.assertEqual(again.returncode, 1)
        self.assertIn("pincer pool", again.stderr)

    def test_refusals(self):
        for arguments, word in ((("--pool-budget", "many"), "4G"), (("--weights-node", "x"), "near=0:20,far=1"),
                                (("--tier", "near=0"), "near=0:20,far=1")):
            done = support.run(self.home, "serve", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(word, done.stderr)
        missing = support.run(self.home, "serve", "--weights-node", "99")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("no memory node 99; this machine has: 0", missing.stderr)
        small = support.run(self.home, "serve", "--listen", "http://127.0.0.1:0", "--pool-budget", "1M")
        self.assertEqual(small.returncode, 1)
        self.assertIn("the budget of all models together is 1.0 MB", small.stderr)

    def test_simulate(self):
        done = support.run_json(self.home, "pool", "simulate", "smollm2-135m-instruct", "--near", "50M@80", "--far", "1G@20")
        speeds = {p["placement"]: p.get("tokens_per_s") for p in done["placements"]}
        self.assertIsNone(speeds["all near"])
        self.assertGreater(speeds["interleaved by bandwidth"], speeds["all far"])
        self.assertEqual(support.run(self.home, "pool", "simulate", "smollm2-135m-instruct", "--near", "1", "--far", "1@2").returncode, 2)


if __name__ == "__main__":
    unittest.main()
