"""Bad input: a one-line error that names the thing and the way out, exit code 1 or 2, no crash, nothing left behind."""

import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

import support


class Errors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pincer-e2e-"))
        cls.good = pathlib.Path(support.MODEL).read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()
        shutil.rmtree(cls.folder)

    def expect(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("pincer: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def model(self, name, data):
        file = self.folder / name
        file.write_bytes(data)
        return file

    def run_model(self, file, **extra):
        return support.run(self.home, "run", "-m", file, "-n", 1, "hi", **extra)

    def test_truncated_file(self):
        for size in (0, 3, 20, 5000, len(self.good) // 2, len(self.good) - 1):
            self.expect(self.run_model(self.model("cut.gguf", self.good[:size])), 1, "cut.gguf")

    def test_wrong_magic(self):
        self.expect(self.run_model(self.model("web.gguf", b"<!DOCTYPE html><html></html>" * 10)), 1, "web.gguf")

    def test_unknown_architecture(self):
        bad = self.good.replace(struct.pack("<Q", 5) + b"llama", struct.pack("<Q", 5) + b"mamba", 1)
        self.expect(self.run_model(self.model("mamba.gguf", bad)), 1, "mamba", "llama")

    def test_huge_lengths(self):
        bad = bytearray(self.good)
        bad[24:32] = struct.pack("<Q", 1 << 63)  # the first key's length
        self.expect(self.run_model(self.model("huge.gguf", bytes(bad))), 1, "huge.gguf")
        bad = bytearray(self.good)
        bad[8:16] = struct.pack("<Q", 1 << 63)  # the number of tensors
        self.expect(self.run_model(self.model("many.gguf", bytes(bad))), 1, "many.gguf")

    def tensor_field(self, name):
        """Where the type of a tensor's description stands in the file."""
        at = self.good.index(struct.pack("<Q", len(name)) + name) + 8 + len(name)
        dims = struct.unpack_from("<I", self.good, at)[0]
        return at + 4 + 8 * dims

    def test_tensor_beyond_the_file(self):
        at = self.tensor_field(b"blk.0.ffn_down.weight")
        bad = bytearray(self.good)
        bad[at + 4:at + 12] = struct.pack("<Q", len(self.good) // 32 * 32)
        self.expect(self.run_model(self.model("far.gguf", bytes(bad))), 1, "far.gguf", "blk.0.ffn_down.weight")

    def test_unknown_tensor_type(self):
        at = self.tensor_field(b"blk.0.ffn_down.weight")
        bad = bytearray(self.good)
        bad[at:at + 4] = struct.pack("<I", 77)
        self.expect(self.run_model(self.model("type.gguf", bytes(bad))), 1, "type.gguf", "77")

    def test_missing_file_and_unknown_model(self):
        self.expect(self.run_model("nowhere.gguf"), 1, "nowhere.gguf")
        self.expect(support.run(self.home, "pull", "gpt-9"), 1, "gpt-9", "smollm2-135m-instruct")
        self.expect(self.run_model("hf:a/b/c.gguf"), 1, "hf:a/b/c.gguf")

    def test_disk_full_while_packing(self):
        home = support.Home()
        self.addCleanup(home.remove)
        limit = 32 << 20

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        done = subprocess.run([support.PROGRAM, "run", "-n", "1", "hi"], capture_output=True, text=True, timeout=support.TIMEOUT,
                              stdin=subprocess.DEVNULL, env=support.environment(home), preexec_fn=small_files)
        self.expect(done, 1, ".pool", "PINCER_HOME")
        self.assertEqual([f for f in (home.path / "pool").rglob("*") if f.is_file()], [])

    def test_no_network_at_first_start(self):
        home = support.Home()
        self.addCleanup(home.remove)
        (home.path / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf").unlink()
        done = support.run(home, "run", "hi", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_CONFIG_FILE="/dev/null",
                           PIP_EXTRA_INDEX_URL="")
        self.expect(done, 1, "smollm2-135m-instruct", "network")
        self.assertEqual([f for f in home.path.rglob("*") if f.is_file()], [])

    def test_port_in_use(self):
        with support.Server(self.home) as server:
            done = support.run(self.home, "serve", "--listen", f"http://127.0.0.1:{server.port}")
            self.expect(done, 1, f"127.0.0.1:{server.port}", "in use")

    def test_usage(self):
        self.expect(support.run(self.home, "run", "--frobnicate", "hi"), 2, "--frobnicate", "--help")
        self.expect(support.run(self.home, "run", "--temp", "hot", "hi"), 2, "hot")
        self.expect(support.run(self.home, "run", "--temp", "-1", "hi"), 2, "temperature", "-1")
        self.expect(support.run(self.home, "run", "smollm2-135m-instruct", "one", "two"), 2, "two", "quotes")
        self.expect(support.run(self.home, "run"), 2, "prompt is empty")
        self.expect(support.run(self.home, "dance"), 2, "dance")

    def test_environment(self):
        self.expect(support.run(self.home, "run", "hi", PINCER_FORCE_ISA="mmx"), 1, "PINCER_FORCE_ISA", "mmx", "scalar")

    def test_config_file(self):
        file = self.folder / "pincer.yaml"
        file.write_text("listen: http://127.0.0.1:0\nmax_activ: 3\n")
        self.expect(support.run(self.home, "serve", "--config", file), 1, "pincer.yaml:2", "max_activ", "max_active")
        file.write_text("threads: many\n")
        self.expect(support.run(self.home, "serve", "--config", file), 1, "threads")
        self.expect(support.run(self.home, "serve", "--config", "none.yaml"), 1, "none.yaml")
        self.expect(support.run(self.home, "serve", "--api-key-file", "none.txt"), 1, "none.txt")

    def test_prompt_beyond_the_context(self):
        done = support.run(self.home, "run", "-c", 64, "word " * 100)
        self.expect(done, 1, "64", "tokens")

    def test_closed_output(self):
        process = subprocess.Popen([support.PROGRAM, "run", "--temp", "0", "-n", "200", "Tell a story."], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=support.environment(self.home))
        process.stdout.read(1)
        process.stdout.close()
        code = process.wait(timeout=support.TIMEOUT)
        process.stderr.close()
        self.assertIn(code, (1, 130))


class Help(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        home = support.Home()
        self.addCleanup(home.remove)
        for command in ("run", "serve", "pull", "list", "show", "bench", "perplexity", "doctor"):
            done = support.run(home, command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.stdout)


if __name__ == "__main__":
    unittest.main()
