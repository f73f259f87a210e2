"""pincer quantize: a file that loads with no packing, and what is said of it."""

import unittest

import support


class Quantize(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.out = cls.home.path / "int8.gguf"
        cls.text = cls.home.path / "text.txt"
        cls.text.write_text("The old bridge over the river was built of stone, and it stood for two hundred years.")
        cls.report = support.run_json(cls.home, "quantize", support.MODEL, cls.out, "--type", "int8", "--eval", cls.text)

    @classmethod
    def tearDownClass(cls):
        cls.home.remove()

    def test_says_size_error_and_perplexity(self):
        self.assertEqual([kind["kind"] for kind in self.report["kinds"]],
                         ["qkv", "attention_output", "gate_up", "down", "head"])
        self.assertEqual(self.report["file_bytes"], self.out.stat().st_size)
        for kind in self.report["kinds"]:
            self.assertLess(kind["relative_rms_error"], 0.02)
            self.assertGreater(kind["sqnr_db"], 34)
            self.assertLess(kind["bytes"], 1.1 * kind["weights"])
        evaluated = self.report["eval"]
        self.assertGreater(evaluated["tokens"], 10)
        self.assertAlmostEqual(evaluated["perplexity_after"] / evaluated["perplexity_before"], 1, delta=0.1)
        self.assertGreater(evaluated["top1_agreement"], 0.7)

    def test_answers_as_its_original_and_packs_nothing(self):
        ask = ("--temp", 0, "-n", 16, "--raw", "The capital of France is")
        packed = support.run(self.home, "run", "-m", self.out, *ask)
        self.assertEqual(packed.returncode, 0, packed.stderr)
        self.assertNotIn("packing", packed.stderr)
        self.assertEqual(list((self.home.path / "pool").glob("int8-*")), [])
        original = support.run(self.home, "run", "-m", support.MODEL, "--weights", "int8", *ask)
        self.assertEqual(packed.stdout, original.stdout)

    def test_wrong_inputs_are_clear_errors(self):
        for arguments, words in (((support.MODEL, support.MODEL), "both"),
                                 ((self.out, self.home.path / "again.gguf"), "original"),
                                 (("nowhere.gguf", self.home.path / "again.gguf"), "nowhere.gguf"),
                                 ((support.MODEL, self.home.path / "no" / "folder.gguf"), "folder.gguf")):
            done = support.run(self.home, "quantize", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.assertEqual(support.run(self.home, "quantize", support.MODEL, "x.gguf", "--type", "int9").returncode, 2)
        done = support.run(self.home, "run", "-m", self.out, "--reference", "hi")
        self.assertEqual(done.returncode, 1)
        self.assertIn("original", done.stderr)

    def test_truncated_files_are_refused(self):
        short = self.home.path / "short.gguf"
        with open(self.out, "rb") as whole:
            short.write_bytes(whole.read(self.out.stat().st_size // 2))
        done = support.run(self.home, "run", "-m", short, "hi")
        self.assertEqual(done.returncode, 1)
        self.assertIn("short.gguf", done.stderr)


if __name__ == "__main__":
    unittest.main()
