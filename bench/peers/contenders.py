"""How each program is run on a row of end_to_end.py, and what it printed is read: one process a call."""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import subprocess

import without_amx

HERE = pathlib.Path(__file__).resolve().parent
PROMPT, GENERATE = 128, 64  # of each sequence of a batch, as llama-batched-bench is called


class Failed(Exception):
    """What went wrong, in a line."""


@dataclasses.dataclass(frozen=True)
class Job:
    """What one process measures."""

    file: pathlib.Path
    kind: str  # "prefill", "decode", "batch", or "serve": the start and the memory of a server
    sizes: tuple  # tokens; for "batch" numbers of sequences
    threads: int
    side: str  # "native", "no AMX" or "AVX2": what a program may use
    weights: str = ""  # what Pincer packs them to; empty: its default

    def name(self, size):
        """The test's name in Pincer's report."""
        kind = {"prefill": "pp", "decode": "tg", "batch": "batch"}[self.kind]
        # One sequence is no batch, but a generation of the same length after the same prompt.
        return f"tg{GENERATE}@d{PROMPT}" if (self.kind, size) == ("batch", 1) else f"{kind}{size}"


@dataclasses.dataclass(frozen=True)
class Programs:
    pincer: pathlib.Path
    pincer_arguments: tuple  # of `pincer bench` and `pincer serve`
    peers: pathlib.Path  # the folder of install.py
    timeout: float  # seconds that one process may take

    @functools.cached_property
    def identity(self):
        """Of Pincer's binary and its arguments."""
        return hashlib.sha256(self.pincer.read_bytes() + "\0".join(self.pincer_arguments).encode()).hexdigest()[:12]

    def llama(self, name, side):
        return self.peers / "llama/src" / ("build-avx2" if side == "AVX2" else "build") / "bin" / name

    def genai(self):
        return self.peers / "openvino-venv/bin/python"

    def pincer_words(self, job):
        return [*(["--weights", job.weights] if job.weights else []), *self.pincer_arguments]

    def run(self, command, side, **environment):
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                                  timeout=self.timeout, env={**os.environ, **environment},
                                  preexec_fn=without_amx.refuse_amx if side != "native" else None)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(str(error)) from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Failed(f"{pathlib.Path(command[0]).name} ended with {done.returncode}: {last}")
        return done.stdout


def numbers(values):
    return ",".join(str(value) for value in values)


def pincer(programs, job):
    """{size: tokens/s}, and Pincer's own rows with the limits of the run."""
    command = [programs.pincer, "bench", job.file, "-t", job.threads, "-r", 1, "--format", "json",
               *programs.pincer_words(job)]
    flags = {
        "prefill": [["-p", numbers(job.sizes), "-n", 0]],
        "decode": [["-p", 0, "-n", numbers(job.sizes)]],
        "batch": [["-p", 0, "-n", 0, "-b", numbers(n for n in job.sizes if n > 1), "--batch-prompt", PROMPT,
                   "--batch-generate", GENERATE], ["-p", 0, "-n", GENERATE, "-d", PROMPT]],
    }[job.kind]
    if job.kind == "batch":
        flags = [*(flags[:1] if max(job.sizes) > 1 else []), *(flags[1:] if 1 in job.sizes else [])]
    isa = {"PINCER_FORCE_ISA": "avx2"} if job.side == "AVX2" else {}
    rows, report = {}, {}
    for words in flags:
        report = json.loads(programs.run(command + words, job.side, **isa))
        rows |= {row["test"]: row for row in report["results"]}
    speeds = {size: rows[job.name(size)]["tokens_per_s"]["median"] for size in job.sizes}
    keep = ("gb_s", "gmac_s", "share_of_read", "share_of_read_weights", "share_of_int8_peak")
    details = {str(size): {key: rows[job.name(size)][key] for key in keep} for size in job.sizes}
    return speeds, {"rows": details, "limits": report["limits"], "machine": report["machine"]}


def llama(programs, job):
    if job.kind == "batch":
        context = max(job.sizes) * (PROMPT + GENERATE)
        text = programs.run([programs.llama("llama-batched-bench", job.side), "-m", job.file, "-t", job.threads, "-npp", PROMPT,
                             "-ntg", GENERATE, "-npl", numbers(job.sizes), "-c", context, "--output-format", "jsonl"], job.side)
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return {line["pl"]: line["speed_tg"] for line in lines}, {}
    flag, other = ("-p", "-n") if job.kind == "prefill" else ("-n", "-p")
    text = programs.run([programs.llama("llama-bench", job.side), "-m", job.file, "-t", job.threads, flag,
                         numbers(job.sizes), other, 0, "-r", 1, "-o", "json"], job.side)
    field = "n_prompt" if job.kind == "prefill" else "n_gen"
    return {row[field]: row["avg_ts"] for row in json.loads(text)}, {}


def genai(programs, job):
    """OpenVINO GenAI has no batched decode of the kind, and forces no AVX2."""
    generate = max(job.sizes) if job.kind == "decode" else 1
    speeds = {}
    for size in job.sizes:
        prompt = size if job.kind == "prefill" else PROMPT
        text = programs.run([programs.genai(), HERE / "genai_peer.py", job.file, "--threads", job.threads, "--prompt", prompt,
                             "--generate", generate], job.side, PYTHONDONTWRITEBYTECODE="1")
        speeds[size] = json.loads(text.splitlines()[-1])[job.kind][0]
    return speeds, {}


RUN = {"Pincer": pincer, "llama.cpp": llama, "OpenVINO GenAI": genai}
