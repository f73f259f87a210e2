#!/usr/bin/env python3
"""Counts the instructions of every Arm kernel under emulation and writes docs/arm-kernels.md.

    bench/arm/count.py [--build FOLDER] [NAME...]

Needs the arm64 preset's packages, qemu 7.2 with plugins, and LLVM 19 (llvm-mc, llvm-objdump, llvm-mca). With NAMEs only
kernels whose name contains one are counted, and the table is printed, not written.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import machine_code
import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "arm-kernels.md"

# The shapes of the peers' figures. M x N x K.
SHAPES = {"gemm": (64, 256, 1024), "gemv": (1, 256, 1024)}
GROUPS = (0, 32)
# Keys, sizes of heads, and rows: of prefill, and of decoding with groups of so many heads.
KEYS, HEADS, PREFILL, DECODE = 1024, (64, 128), 64, (1, 3, 4, 8)

SVE_RUNS = (("max,sve-default-vector-length=16", 16), ("max,sve-default-vector-length=32", 32))
# How kernels of a family are run: emulated CPU, and bytes in a vector. A family with several vector lengths has a row
# for each; families that are missing here are not counted: qemu 7.2 lacks SME2.
RUNS = {
    "neon": (("max", 16),),
    "dotprod": (("max", 16),),
    "i8mm": (("max", 16),),
    "sve": SVE_RUNS,
    "sve_i8mm": SVE_RUNS,
    "sme": (("max,sme-default-vector-length=64", 64),),
}

INTRODUCTION = """\
# Arm kernels, by count

Written by `bench/arm/count.py`; not to be edited. No clock is involved: instructions are counted under qemu, over a whole
call with scales and tails, and divided by the multiply-accumulates of the shape (M x N x K). MAC per cycle is what
llvm-mca 19 says of the hottest block that multiplies, on Neoverse N1 / N2 / V1 / V2. Peaks there: SDOT 32 / 32 / 64 / 64, SMMLA - / 64 / 128 /
128 (with SVE on V1 as well); a product with one row is bound by loads at 32 / 48 / 48 / 48 bytes of weights. "per channel": one scale per channel,
else one for every 32 values of k.
"""

HEADER = ["kernel", "instr/MAC", *machine_code.COLUMNS, "hot block", "MAC/cycle N1 / N2 / V1 / V2"]

ATTENTION_INTRODUCTION = """
## Attention, 1024 keys

A MAC here is one of the 2 x rows x keys x head_dim of the definition, and softmax is in the count. Queries and weights have
two bytes (attention_s8.h), so that each MAC is two multiplications of bytes: "instr/byte MAC" and MAC per cycle count those.
The rows of a call read K and V once; a product multiplies both bytes of a row with what it loaded.
"""


def build(folder):
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "arm64", "-B", folder], cwd=ROOT, check=True, stdout=sys.stderr)
    subprocess.run(["cmake", "--build", folder, "--target", "count_driver"], check=True, stdout=sys.stderr)
    return folder / "bench" / "arm" / "count_driver"


def build_plugin(folder):
    plugin = pathlib.Path(folder) / "libicount.so"
    source = pathlib.Path(__file__).with_name("icount.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", plugin, source], check=True)
    return plugin


class Counter:
    """Runs the driver with the plugin and gives the instructions of one call of a kernel."""

    def __init__(self, driver, folder):
        self.driver = driver
        self.plugin = build_plugin(folder)
        self.out = pathlib.Path(folder) / "counts"

    def rows(self):
        lines = subprocess.run(
            ["qemu-aarch64", "-cpu", "max", self.driver], check=True, capture_output=True, text=True
        ).stdout
        return [line.split() for line in lines.splitlines()]

    def counts(self, cpu, arguments):
        """{address: (count, opcode)} of a run."""
        command = ["qemu-aarch64", "-cpu", cpu, "-plugin", f"{self.plugin},out={self.out}", self.driver]
        subprocess.run([*command, *map(str, arguments)], check=True)
        rows = (line.split() for line in self.out.read_text().splitlines())
        return {int(address, 16): (int(count), opcode) for address, count, opcode in rows}

    def one_call(self, cpu, name, shape, group):
        once = self.counts(cpu, (name, *shape, group, 1))
        twice = self.counts(cpu, (name, *shape, group, 2))
        calls = {}
        for address, (count, opcode) in twice.items():
            more = count - once.get(address, (0, opcode))[0]
            if more > 0:
                calls[address] = (more, opcode)
        return calls


def measure(counter, run, shape, macs, group=0, rows=None):
    """A row of a table, but its name. rows: of the multiplications that are of use, if not the shape's."""
    name, cpu, vector_bytes = run
    code = machine_code.Code(counter.one_call(cpu, name, shape, group), vector_bytes, rows or shape[0])
    by_class = code.by_class()
    cells = [f"{sum(by_class.values()) / macs:.4f}"]
    cells += [f"{sum(by_class[c] for c in group_of) / macs:.4f}" for group_of in machine_code.COLUMNS.values()]
    hot = code.hottest_block()
    cells.append(f"{hot.instructions_per_mac:.4f}")
    scalable = "_sve" in name or "_sme" in name
    speeds = (
        "-" if scalable and machine_code.VECTOR_BYTES[mca_cpu] != vector_bytes else hot.macs_per_cycle(mca_cpu)
        for mca_cpu in machine_code.MCA_CPUS
    )
    cells.append(" / ".join(speeds))
    return cells


def label_of(run):
    name, _, vector_bytes = run
    return name + (f", {vector_bytes}-byte vectors" if "_sve" in name or "_sme" in name else "")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def products(counter, operation, runs):
    m, n, k = shape = SHAPES[operation]
    rows = []
    for run in runs:
        for group in GROUPS:
            label = label_of(run) + (f", group {group}" if group else ", per channel")
            rows.append([label, *measure(counter, run, shape, m * n * k, group)])
    text = f"\n## {operation.upper()}, {m} x {n} x {k}\n\n" + table(HEADER, rows)
    text += f"\nOthers, counted the same way ({peers.WHEN}):\n\n"
    return text + table(["kernel", "instr/MAC", "MAC/cycle N1 / N2 / V1 / V2"], peers.FIGURES[operation])


def attention(counter, runs):
    def measured(run, rows, head):
        shape = (rows, KEYS, head)
        total, *rest = measure(counter, run, shape, 2 * rows * KEYS * head, rows=2)
        return [total, f"{float(total) / 2:.4f}", *rest]

    text = ATTENTION_INTRODUCTION
    for head in HEADS:
        rows = [[label_of(run), *measured(run, PREFILL, head)] for run in runs]
        header = [*HEADER[:2], "instr/byte MAC", *HEADER[2:]]
        text += f"\n### {PREFILL} rows, heads of {head}\n\n" + table(header, rows)
    cases = [(rows, head) for head in HEADS for rows in DECODE]
    rows = [[label_of(run), *(measured(run, *case)[0] for case in cases)] for run in runs]
    header = ["instr/MAC", *(f"{count} x {head}" for count, head in cases)]
    text += f"\n### Decode: rows x size of heads\n\n" + table(header, rows)
    rows = [[label_of(run), *(measured(run, count, HEADS[0])[-1] for count in DECODE[:2])] for run in runs]
    header = ["byte MAC/cycle N1 / N2 / V1 / V2", *(f"{count} x {HEADS[0]}" for count in DECODE[:2])]
    return text + "\n" + table(header, rows)


def report(counter, names):
    text = INTRODUCTION
    kernels = counter.rows()
    for operation in (*SHAPES, "attention"):
        runs = [
            (name, cpu, vector_bytes)
            for found, name, family in kernels
            if found == operation and (not names or any(part in name for part in names))
            for cpu, vector_bytes in RUNS.get(family, ())
        ]
        text += attention(counter, runs) if operation == "attention" else products(counter, operation, runs)
    missing = [name for _, name, family in kernels if family not in RUNS and family != "scalar"]
    return text + f"\nNot counted, because qemu 7.2 has no SME2: {', '.join(missing)}.\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "arm64")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = report(Counter(build(arguments.build), folder), arguments.names)
    if arguments.names:
        print(text)
    else:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text, encoding="utf-8")
        print(f"wrote {REPORT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
