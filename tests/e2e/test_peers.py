"""bench/peers/end_to_end.py and bench/scale.py, with programs that only claim figures."""

import json
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BENCH = pathlib.Path(__file__).parents[2] / "bench"
TIMEOUT = 120

# Answers as `pincer bench --format json` does; a test of n tokens is n tokens/s fast, a batch of n sequences 1000 n.
PINCER = """
import json, sys
flags = dict(zip(sys.argv[3::2], sys.argv[4::2]))
faster = 2 if flags.get("--weights") == "int4g32" else 1
threads, depth = int(flags["-t"]), int(flags.get("-d", 0))
at = f"@d{depth}" if depth else ""
tests = [(f"pp{n}{at}", int(n)) for n in flags.get("-p", "0").split(",") if n != "0"]
tests += [(f"tg{n}{at}", int(n)) for n in flags.get("-n", "0").split(",") if n != "0"]
tests += [(f"batch{n}", 1000 * int(n)) for n in flags.get("-b", "1").split(",") if n != "1"]
row = lambda name, speed: {"test": name, "threads": threads, "beyond_context": depth > 100, "gb_s": 1, "gmac_s": 1,
                           "share_of_read": .5, "share_of_read_weights": .5, "share_of_int8_peak": .25,
                           "tokens_per_s": dict.fromkeys(("median", "min", "max"), faster * speed)}
limits = {"read_gb_s": {str(threads): 30}, "int8_gmac_s": {str(threads): 7000}}
print(json.dumps({"machine": {"cpu": "a CPU", "date": "today"}, "context": 100, "limits": limits,
                  "results": [row(*test) for test in tests]}))
"""
# Half as fast.
LLAMA_BENCH = """
import json, sys
flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
row = lambda p, n: {"n_prompt": p, "n_gen": n, "avg_ts": (p + n) / 2}
print(json.dumps([row(int(flags["-p"]), int(flags["-n"]))]))
"""
LLAMA_BATCHED = """
import json, sys
flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert (flags["-npp"], flags["-ntg"]) == ("128", "64")
for n in flags["-npl"].split(","):
    print(json.dumps({"pl": int(n), "speed_tg": 250 * int(n)}))
"""
BROKEN = """
import sys
sys.exit("it does not want to")
"""


def program(path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(0o755)
    return path


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pincer-peers-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.pincer = program(self.folder / "pincer", PINCER)

    def call(self, script, *args):
        command = [sys.executable, "-B", BENCH / script, *args, "--pincer", self.pincer]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT, check=False)


class EndToEnd(Folder):
    def setUp(self):
        super().setUp()
        llama = self.folder / "llama/src/build/bin"
        program(llama / "llama-bench", LLAMA_BENCH)
        program(llama / "llama-batched-bench", LLAMA_BATCHED)
        program(self.folder / "openvino-venv/bin/python", BROKEN)
        (self.folder / "files").mkdir()
        for kind in ("Q8_0", "Q4_0"):
            (self.folder / f"files/SmolLM2-135M-Instruct.{kind}.gguf").touch()
        self.json = self.folder / "run.json"

    def compare(self, *args):
        return self.call("peers/end_to_end.py", self.folder, "--json", self.json, "--threads", 2, *args)

    def rounds(self, row):
        return json.loads(self.json.read_text())["rows"][row]["rounds"]

    def test_ratios_are_of_pairs_and_a_failure_is_said(self):
        done = self.compare("--rounds", 2, "--only", "135M/Q8_0/prefill512/native")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 135M Q8_0, prefill 512 | 512 (512 - 512) | 256 (256 - 256) | **2.00 (2.00 - 2.00)** |  |  | 25.0 % of",
                      done.stdout)
        self.assertIn("OpenVINO GenAI: Failed: python ended with 1: it does not want to", done.stderr)
        self.assertEqual(len(self.rounds("135M/Q8_0/prefill512/native/2")), 2)

    def test_a_batch_of_one_is_a_generation_after_a_prompt(self):
        done = self.compare("--rounds", 1, "--only", "135m/batch/native")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 135M Q8_0, 1 at once | 64.0 | 250 | **0.26** |", done.stdout)
        self.assertIn("| 135M Q8_0, 16 at once | 16000 | 4000 | **4.00** |", done.stdout)

    def test_what_weights_are_packed_to_is_passed_on_and_said(self):
        row = "135M/Q4_0/decode128/native"
        done = self.compare("--rounds", 1, "--only", row)
        self.assertIn("| 135M Q4_0 as int4g32, decode 128 | 256 | 64.0 | **4.00** |", done.stdout)
        done = self.compare("--rounds", 1, "--only", row, "--weights", "Q4_0=int8")
        self.assertIn("| 135M Q4_0 as int8, decode 128 | 128 | 64.0 | **2.00** |", done.stdout)

    def test_goes_on_where_it_stopped(self):
        row = "135M/Q8_0/decode128/native/2"
        self.compare("--rounds", 1, "--only", row)
        first = self.rounds(row)
        self.compare("--rounds", 2, "--only", row)
        self.assertEqual(len(self.rounds(row)), 2)
        self.assertEqual(self.rounds(row)[0], first[0])

    def test_rounds_of_another_binary_or_other_arguments_do_not_count(self):
        row = "135M/Q8_0/decode128/native/2"
        self.compare("--rounds", 1, "--only", row)
        before = self.rounds(row)[0]["pincer"]
        self.compare("--rounds", 1, "--only", row, "--pincer-arguments=--some thing")
        between = self.rounds(row)
        program(self.pincer, PINCER + "# another one\n")
        self.compare("--rounds", 1, "--only", row)
        after = self.rounds(row)
        self.assertEqual((len(between), len(after)), (1, 1))
        self.assertEqual(len({before, between[0]["pincer"], after[0]["pincer"]}), 3)

    def test_writes_between_the_markers_and_draws(self):
        page, svg = self.folder / "page.md", self.folder / "run.svg"
        page.write_text("before\n<!-- end_to_end:begin -->\nold\n<!-- end_to_end:end -->\nafter\n")
        for rounds in (1, 0):
            done = self.compare("--rounds", rounds, "--only", "135M/Q8_0/prefill512/native", "--write", page, "--svg", svg)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = page.read_text()
            self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"), text)
            self.assertEqual((text.count("prefill 512"), text.count("old"), text.count("(run.svg)")), (1, 0, 1))
        self.assertIn("2.00 x", "".join(xml.etree.ElementTree.parse(svg).getroot().itertext()))
        page.write_text("no markers\n")
        done = self.compare("--rounds", 0, "--write", page)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("<!-- end_to_end:begin -->", done.stderr)
        self.assertEqual(page.read_text(), "no markers\n")

    def test_rows_without_their_file_are_left_out(self):
        done = self.compare("--rounds", 1, "--only", "7B/Q4_0/decode128")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("random-7b.Q4_0.gguf is not there", done.stderr)
        self.assertIn("Nothing is measured yet", done.stdout)

    def test_unknown_rows_are_an_error(self):
        done = self.compare("--only", "13B/prefill")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("13B/prefill fits no row", done.stderr)


class Scale(Folder):
    def test_measures_once_and_draws_every_point(self):
        data, svg = self.folder / "scale.json", self.folder / "scale.svg"
        for _ in range(2):
            done = self.call("scale.py", "model", "--json", data, "--svg", svg, "--contexts", "64,128", "--batches", "1,2",
                             "--threads", "1,2")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")  # nothing was left to measure
        self.assertEqual(len(json.loads(data.read_text())["points"]), 8)
        circles = xml.etree.ElementTree.parse(svg).findall(".//{*}circle")
        self.assertEqual(len(circles), 2 * (2 + 2 + 2))
        self.assertEqual(sum(circle.get("class") == "paper" for circle in circles), 2 * (1 + 1 + 1))  # beyond 100 tokens

    def test_what_fails_is_left_out(self):
        program(self.pincer, BROKEN)
        done = self.call("scale.py", "model", "--json", self.folder / "scale.json", "--contexts", "64", "--batches", "1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("it does not want to", done.stderr)


@unittest.skipUnless(platform.machine() == "x86_64", "AMX is of x86-64")
class WithoutAmx(unittest.TestCase):
    def test_refuses_the_tiles_and_nothing_else(self):
        # arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA), and arch_prctl(ARCH_GET_CPUID)
        source = ("import ctypes; libc = ctypes.CDLL(None, use_errno=True);"
                  "print(libc.syscall(158, 0x1023, 18), ctypes.get_errno(), libc.syscall(158, 0x1011, 0))")
        done = subprocess.run([sys.executable, BENCH / "peers/without_amx.py", sys.executable, "-c", source], capture_output=True,
                              text=True, timeout=TIMEOUT, check=True)
        self.assertEqual(done.stdout.split(), ["-1", "22", "1"])


if __name__ == "__main__":
    unittest.main()
