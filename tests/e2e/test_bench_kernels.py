"""pincer bench --kernels: what it prints and how it ends; nothing depends on how fast the machine is."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import support


class BenchKernels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def bench(self, *args, **extra):
        return support.run(self.home, "bench", "--kernels", *args, **extra)

    def test_json_has_the_fields(self):
        done = self.bench("--quick", "--json", "-t", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], 1)
        for limit in ("read_gb_s", "int8_gmac_s"):
            self.assertGreater(report["limits"][limit]["1"], 0)
        self.assertLessEqual({"gemm", "gemv", "attention", "rms_norm"}, {r["op"] for r in report["results"]})
        for row in report["results"]:
            self.assertIn(row["weights"], ("warm", "cold"))
            self.assertEqual(row["threads"], 1)
            self.assertGreater(min(row["samples"]), 0)
            self.assertLessEqual(min(row["samples"]), row["median_ns"])
            self.assertGreater(row["share_of_read"], 0)
            if row["op"] in ("gemm", "gemv"):
                macs = row["m"] * row["n"] * row["k"]
                self.assertAlmostEqual(row["gmac_s"] * row["median_ns"] / macs, 1, delta=0.001)
                self.assertGreater(row["share_of_int8_peak"], 0)
                self.assertGreater(row["gmac_s_with_quantizing"], 0)
            else:
                self.assertIsNone(row["share_of_int8_peak"])
        self.check_picture(done.stdout)

    def check_picture(self, run):
        """bench/roofline.py draws the run, a mark with a title for the fastest kernel of each family, but scalar, on each case."""
        script = pathlib.Path(__file__).parents[2] / "bench/roofline.py"
        with tempfile.TemporaryDirectory() as folder:
            file, svg = pathlib.Path(folder) / "run.json", pathlib.Path(folder) / "run.svg"
            file.write_text(run)
            subprocess.run([sys.executable, script, file, svg], check=True, timeout=support.TIMEOUT)
            titles = xml.etree.ElementTree.parse(svg).findall(".//{*}title")
        products = [r for r in json.loads(run)["results"] if "bits" in r and r["isa"] != "scalar"]
        fastest = {tuple(r[of] for of in ("isa", "model", "layer", "m", "n", "k", "bits", "group", "weights")) for r in products}
        self.assertEqual(len(titles), len(fastest) + 1)

    def test_the_filter_reaches_every_shape(self):
        done = self.bench("--filter", "gemv_s8s8_f32_scalar 135M.qkv s8g32/warm", "-t", "1,2", "--format", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *rows = [line.split(",") for line in done.stdout.splitlines()]
        self.assertEqual([row[head.index("threads")] for row in rows], ["1", "2"])

    def test_table(self):
        done = self.bench("--filter", "scalar rms_norm")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\|\s+spread \|")
        self.assertIn("elementwise_f32f32_f32_scalar", done.stdout)
        self.assertIn("measuring kernels", done.stderr)

    def test_a_forced_isa_hides_the_better_ones(self):
        done = self.bench("--quick", "--json", "-t", 1, PINCER_FORCE_ISA="scalar")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({r["isa"] for r in json.loads(done.stdout)["results"]}, {"scalar"})

    def test_unknown_filter_lists_what_there_is(self):
        done = self.bench("--filter", "gemm_v9")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1)
        for words in ("gemm_v9", "gemm_s8s8_f32_scalar_1x1x1", "135M.down"):
            self.assertIn(words, done.stderr)

    def test_what_does_not_go_together(self):
        for args in (("--kernels", "model.gguf"), ("--kernels", "-p", "8"), ("--quick",), ("--filter", "gemv")):
            done = support.run(self.home, "bench", *args)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("kernels", done.stderr)

    def test_interrupt(self):
        process = subprocess.Popen([support.PROGRAM, "bench", "--kernels", "--all"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=support.environment(self.home))
        self.assertIn("measuring", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("interrupted", err)


if __name__ == "__main__":
    unittest.main()
