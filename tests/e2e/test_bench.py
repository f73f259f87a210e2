"""pincer bench MODEL: what it prints and how it ends; nothing depends on how fast the machine is."""

import csv
import json
import unittest

import support


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def bench(self, *args, **extra):
        return support.run(self.home, "bench", *args, **extra)

    def test_json_has_the_fields(self):
        done = self.bench("-p", 32, "-n", 4, "-b", "1,2", "--batch-prompt", 8, "--batch-generate", 4, "-t", "1,2", "-r", 3,
                          "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], 1)
        self.assertTrue(report["machine"]["cpu"])
        self.assertEqual([(r["test"], r["threads"]) for r in report["results"]],
                         [(test, threads) for threads in (1, 2) for test in ("pp32", "tg4", "batch2")])
        for row in report["results"]:
            threads = str(row["threads"])
            speed = row["tokens_per_s"]
            self.assertEqual(len(speed["samples"]), 3)
            self.assertEqual(speed["median"], sorted(speed["samples"])[1])
            self.assertEqual((speed["min"], speed["max"]), (min(speed["samples"]), max(speed["samples"])))
            for share, figure, limit in (("share_of_read", "gb_s", "read_gb_s"),
                                         ("share_of_read_weights", "gb_s", "read_weights_gb_s"),
                                         ("share_of_int8_peak", "gmac_s", "int8_gmac_s")):
                self.assertAlmostEqual(row[share] * report["limits"][limit][threads] / row[figure], 1, places=6)

    def test_layers_have_times(self):
        done = self.bench("-p", 8, "-n", 0, "-t", 1, "-r", 1, "--layers", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        layers = json.loads(done.stdout)["results"][0]["layers"]
        self.assertEqual([row["layer"] for row in layers], [*range(30), "head"])
        self.assertLessEqual({"qkv", "attention", "gate_up", "down"}, set(layers[0]["us"]))
        self.assertGreater(min(layers[0]["us"].values()), 0)

    def test_more_than_the_context_is_measured_and_said(self):
        done = self.bench("-p", 8, "-n", 0, "-d", 8190, "-t", 2, "-r", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| pp8@d8190* |", done.stdout)
        self.assertIn("8192 tokens that the model was trained for", done.stdout)

    def test_measures_the_weights_that_it_was_told(self):
        bytes_of = {}
        for weights in ("int8g32", "int4g32"):
            done = self.bench("-p", 8, "-n", 0, "-t", 1, "-r", 1, "--json", "--weights", weights)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(done.stdout)
            self.assertEqual(report["weights"], weights)
            bytes_of[weights] = report["weight_bytes"]
        self.assertLess(bytes_of["int4g32"], 0.75 * bytes_of["int8g32"])

    def test_csv(self):
        done = self.bench("-p", 8, "-n", 2, "-t", 1, "-r", 1, "--format", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([row["test"] for row in rows], ["pp8", "tg2"])
        self.assertGreater(float(rows[0]["median_tokens_per_s"]), 0)

    def test_wrong_flags(self):
        for args, words in ((("-p", "many"), "many"), (("-p", -1), "-1"), (("-b", 0), "--batch"), (("-b", "1,513"), "513"),
                            (("-t", 0), "--threads"), (("-r", 0), "--repetitions"), (("--format", "xml"), "xml"),
                            (("-p", 0, "-n", 0), "nothing to measure"), (("--layers", "--format", "csv"), "--layers"),
                            (("one", "two"), "two"), (("--no-such-flag",), "--no-such-flag")):
            done = self.bench(*args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(words, done.stderr)

    def test_what_fails(self):
        done = self.bench("/no/such/model.gguf")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/no/such/model.gguf", done.stderr)
        done = self.bench("-p", 0, "-n", 1, "-d", 16_000_000, "-t", 1)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("16000001 tokens", done.stderr)


if __name__ == "__main__":
    unittest.main()
