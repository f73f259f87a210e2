#!/usr/bin/env python3
"""Pincer's INT8 products beside those of others: same shapes, one thread, one sitting.

    bench/peers/compare.py [--llama FOLDER] [--rounds N] [--seconds S] [--json FILE]

Installs the peers in a virtual environment under build/peers, compiles the small programs for oneDNN and llama.cpp
there, runs everybody in turn, several rounds, and prints a Markdown table of the best times. --llama is a built
checkout of llama.cpp (libraries in build/bin). What cannot be had is left out, and the table says so.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import venv

import cases

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Layers of `pincer bench --kernels` that have the shapes.
LAYERS = {(576, 1536): "135M.down", (4096, 4096): "7B.o", (4096, 11008): "7B.down"}
GROUPS, CHANNELS, PRODUCT = "Pincer, groups of 32", "Pincer, per channel", "Pincer, per channel, quantized before"
# With which of ours each peer is compared: the same scales, and quantizing the activations or not.
AGAINST = {
    "llama.cpp Q8_0": GROUPS,
    "ONNX Runtime MatMulNBits": GROUPS,
    "OpenVINO dynamic 32": GROUPS,
    "OpenVINO dynamic 128": CHANNELS,
    "OpenVINO static": CHANNELS,
    "ONNX Runtime MatMulInteger": CHANNELS,
    "oneDNN": PRODUCT,
}
SINGLE = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def install(folder):
    """The virtual environment; what does not install is said."""
    if not (folder / "venv").exists():
        venv.create(folder / "venv", with_pip=True)
    for line in (HERE / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            command = [folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", line]
            if subprocess.run(command, check=False).returncode:
                say(f"{line} cannot be installed")


def compile_peer(folder, name, include, library, links):
    program = folder / name
    command = ["g++", "-std=c++20", "-O2", HERE / f"{name}.cpp", "-I", include, "-L", library,
               *(f"-l{link}" for link in links), f"-Wl,-rpath,{library}", "-o", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        say(f"{name} cannot be compiled: {(done.stderr.splitlines() or ['?'])[0]}")
        return None
    return program


def peers(folder, llama):
    """The commands to run; each prints lines of JSON."""
    environment = folder / "venv"
    shapes = [str(value) for case in cases.all_cases() for value in case]
    found = []
    program = compile_peer(folder, "onednn_peer", environment / "include", environment / "lib", ["dnnl"])
    if program:
        found.append(([program], shapes))
    if llama:
        library = (llama / "build/bin").resolve()
        program = compile_peer(folder, "ggml_peer", llama / "ggml/include", library, ["ggml", "ggml-cpu", "ggml-base"])
        if program:
            found.append(([program], shapes))
    else:
        say("no llama.cpp: --llama names a built checkout")
    for name in ("openvino_peer", "onnxruntime_peer"):
        found.append(([environment / "bin/python", HERE / f"{name}.py"], []))
    return found


def run_peer(command, shapes, seconds, best):
    done = subprocess.run([*command, str(seconds), *shapes], check=False, capture_output=True, text=True,
                          env={**os.environ, **SINGLE})
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            keep(best, row["peer"], row["case"], row["ns"])
    if done.returncode:
        say(f"{command[-1].name} failed: {(done.stderr.splitlines() or ['no reason'])[-1]}")


def keep(best, peer, case, ns):
    if ns > 0:
        column = best.setdefault(peer, {})
        column[case] = min(ns, column.get(case, ns))


def run_pincer(program, best):
    """The fastest of our kernels with 8-bit weights, for each case."""
    kernels = set()
    for m, n, k, copies in cases.all_cases():
        words = f"{LAYERS[n, k]}/{m}x {'warm' if copies == 1 else 'cold'}"
        command = [program, "bench", "--kernels", "--all", "--json", "-t", "1", "--filter", words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows = [row for row in json.loads(done.stdout)["results"] if row.get("bits") == 8]
        fastest = min(rows, key=lambda row: row["min_ns"])["kernel"]
        kernels.add(fastest)
        for row in rows:
            if row["kernel"] != fastest:
                continue
            case = cases.name(m, n, k, copies)
            with_quantizing = min(row["samples_with_quantizing"])
            if row["group"]:
                keep(best, GROUPS, case, with_quantizing)
            else:
                keep(best, CHANNELS, case, with_quantizing)
                keep(best, PRODUCT, case, row["min_ns"])
    return kernels


def table(best):
    """GMAC/s, and for the peers in brackets how many times faster we are."""
    columns = [c for c in (GROUPS, CHANNELS, PRODUCT, *AGAINST) if c in best]
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for m, n, k, copies in cases.all_cases():
        case = cases.name(m, n, k, copies)
        cells = []
        for column in columns:
            ns = best[column].get(case)
            cell = f"{m * n * k / ns:.1f}" if ns else ""
            ours = best.get(AGAINST.get(column), {}).get(case)
            cells.append(cell + (f" ({ns / ours:.2f} x)" if ns and ours else ""))
        lines.append(f"| {case} | " + " | ".join(cells) + " |")
    missing = [peer for peer in AGAINST if peer not in best]
    return "\n".join(lines) + (f"\n\nNot measured here: {', '.join(missing)}." if missing else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--pincer", type=pathlib.Path, default=ROOT / "build/release/server/pincer")
    parser.add_argument("--llama", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--installed", action="store_true", help="the virtual environment is complete")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not arguments.installed:
        install(arguments.folder)
    commands = peers(arguments.folder.resolve(), arguments.llama)
    best, kernels = {}, set()
    for turn in range(arguments.rounds):
        say(f"round {turn + 1} of {arguments.rounds}")
        kernels |= run_pincer(arguments.pincer, best)
        for command, shapes in commands:
            run_peer(command, shapes, arguments.seconds, best)
    print(f"GMAC/s of one thread, best of {arguments.rounds} rounds; in brackets, how many times as fast Pincer is with"
          f" the same kind of scales. Ours: {', '.join(sorted(kernels))}.\n")
    print(table(best))
    if arguments.json:
        arguments.json.write_text(json.dumps(best, indent=1) + "\n")


if __name__ == "__main__":
    main()
