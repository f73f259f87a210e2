"""Counted instructions of 64-bit Arm: their classes, their multiply-accumulates, and the hottest block's speed."""

import collections
import pathlib
import re
import subprocess
import tempfile

MCA_CPUS = ("neoverse-n1", "neoverse-n2", "neoverse-v1", "neoverse-v2")
# Of SVE; other lengths say nothing about a CPU.
VECTOR_BYTES = {"neoverse-n1": 0, "neoverse-n2": 16, "neoverse-v1": 32, "neoverse-v2": 16}

# Columns of the report, and the classes that they sum up.
COLUMNS = {
    "multiply": ("multiply",),
    "load": ("load",),
    "store": ("store",),
    "float": ("float",),
    "other": ("vector", "integer", "branch"),
}

MULTIPLY = re.compile(r"([su]|us|su)dot|([su]|us)mmla|([su]|us)mopa|[su]ml[as]l[2bt]?|[su]mull[2bt]?|[su]adalp|[su]addlp")
BRANCH = re.compile(r"b|b\..*|cbn?z|tbn?z|ret|bl|blr|br")


def class_of(instruction):
    name = instruction.split()[0]
    if MULTIPLY.fullmatch(name):
        return "multiply"
    if name.startswith(("ld", "prf")):
        return "load"
    if name.startswith("st"):
        return "store"
    if BRANCH.fullmatch(name):
        return "branch"
    if name.startswith(("f", "scvtf", "ucvtf")):
        return "float"
    return "vector" if re.search(r"\b[vqz]\d+\b", instruction) else "integer"


def macs_of(instruction, vector_bytes, rows):
    """8-bit multiply-accumulates of one execution that are of use with so many rows."""
    name = instruction.split()[0]
    width = vector_bytes if re.search(r"\bz\d+", instruction) else 16
    if name.endswith("dot"):
        return width
    if name.endswith("mmla"):
        return min(rows, 2) * width
    if name.endswith("mopa"):
        return vector_bytes * vector_bytes // 4
    if re.match(r"[su]ml[as]l|[su]mull", name):
        return width // 2
    return 0


class Block:
    """A run of instructions that were executed equally often."""

    def __init__(self, instructions, vector_bytes, rows):
        self.instructions = instructions
        self.macs = sum(macs_of(text, vector_bytes, rows) for text in instructions)
        self.instructions_per_mac = len(instructions) / self.macs if self.macs else None

    def macs_per_cycle(self, cpu):
        """By llvm-mca; "-" where the CPU lacks an instruction."""
        branch = re.compile(r"^((?:b|b\.\w+|cbn?z|tbn?z)\s(?:.*,\s*)?)\S+( <.*>)?$")
        body = "\n".join(branch.sub(r"\1.Lstart", text) for text in self.instructions)
        command = ["llvm-mca-19", "-mtriple=aarch64", f"-mcpu={cpu}", "-iterations=100"]
        result = subprocess.run(command, input=f".Lstart:\n{body}\n", text=True, capture_output=True, check=False)
        cycles = re.search(r"Total Cycles:\s+(\d+)", result.stdout)
        if result.returncode != 0 or not cycles:
            return "-"
        return f"{self.macs * 100 / int(cycles[1]):.1f}"


class Code:
    """`counts`: {address: (count, opcode as 8 hex digits)}."""

    def __init__(self, counts, vector_bytes, rows):
        self.vector_bytes = vector_bytes
        self.rows = rows
        self.addresses = sorted(counts)
        self.counts = [counts[address][0] for address in self.addresses]
        self.instructions = disassemble([counts[address][1] for address in self.addresses])

    def by_class(self):
        found = collections.Counter()
        for count, text in zip(self.counts, self.instructions):
            found[class_of(text)] += count
        return found

    def hottest_block(self):
        """The block with most of the executed instructions, among those that multiply."""
        best, best_weight, begin = None, 0, 0
        while begin < len(self.addresses):
            end = begin + 1
            while (
                end < len(self.addresses)
                and self.addresses[end] == self.addresses[end - 1] + 4
                and self.counts[end] == self.counts[begin]
            ):
                end += 1
            weight = self.counts[begin] * (end - begin)
            if weight > best_weight:
                block = Block(self.instructions[begin:end], self.vector_bytes, self.rows)
                if block.macs:
                    best, best_weight = block, weight
            begin = end
        return best


def disassemble(opcodes):
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "code.o"
        source = "".join(f".inst 0x{opcode}\n" for opcode in opcodes)
        command = ["llvm-mc-19", "-triple=aarch64", "-filetype=obj", "-o", target]
        subprocess.run(command, input=source, text=True, check=True)
        command = ["llvm-objdump-19", "-d", "--mattr=+all", "--no-show-raw-insn", "--no-leading-addr", target]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.strip().replace("\t", " ") for line in output.splitlines() if line.startswith((" ", "\t"))]
    assert len(lines) == len(opcodes), (len(lines), len(opcodes))
    return lines
