#!/usr/bin/env python3
"""No kernel object may hold a weak symbol that another object may hold too.

The linker keeps one copy of a weak symbol. An inline function that is compiled with AVX-512 in one file and for the
baseline in another could win in the AVX-512 form, and the program would crash on a CPU without it. Names that contain
the file's own instruction set, as in batch<float, xsimd::avx512bw>, cannot meet another form.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import common

# The tags of xsimd that only files with this token can produce; tokens without one may have no weak symbol at all.
OWN_TAGS = {
    "avx2": re.compile(r"\bxsimd::avx2\b"),
    "avx512": re.compile(r"\bxsimd::avx512(?:f|cd|dq|bw)\b"),
    "neon": re.compile(r"\bxsimd::neon64\b"),
}
SYMBOL = re.compile(r"^[0-9a-f]*\s+([WVu])\s+(.*)$")


def weak_symbols(nm, path):
    command = [nm, "--demangle", "--defined-only", str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    matches = (SYMBOL.match(line) for line in output.splitlines())
    return [match.group(2) for match in matches if match]


def check_objects(nm, folder):
    problems = []
    count = 0
    for path in sorted(pathlib.Path(folder).rglob("*.o")):
        token = common.isa_token(path)
        # The scalar kernels are compiled for the baseline: their form of an inline function runs everywhere.
        if token in (None, "scalar"):
            continue
        count += 1
        tag = OWN_TAGS.get(token)
        for symbol in weak_symbols(nm, path):
            if not (tag and tag.search(symbol)):
                problems.append(f"{path.name}: weak symbol {symbol}")
    print(f"{count} kernel objects")
    return problems


def check(arguments):
    if not shutil.which(arguments.nm):
        raise common.Skip(f"{arguments.nm} is not installed")
    if not arguments.objects.is_dir():
        raise common.Skip(f"{arguments.objects} does not exist; build first")
    return check_objects(arguments.nm, arguments.objects)


def add_arguments(parser):
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--objects", type=pathlib.Path, default=pathlib.Path("build/release/kernels"))


def self_test():
    compiler = shutil.which("g++") or shutil.which("c++")
    if not (compiler and shutil.which("nm")):
        raise common.Skip("the self-test needs g++ and nm")
    prefix = "namespace xsimd { struct avx2 {}; struct avx512bw {}; }\n"
    shared = "inline int helper(int a) { return a * 3; }\nauto use = &helper;\n"
    tagged = "template <class A> int helper(int a) { return a * 3; }\nauto use = &helper<xsimd::%s>;\n"
    cases = (
        ("gemm_avx2_1x1x1", shared, 1),
        ("gemm_scalar_1x1x1", shared, 0),
        ("gemm_avx2_1x1x1", "namespace {\n" + shared + "}\nint f() { return use(1); }\n", 0),
        ("gemm_avx2_1x1x1", tagged % "avx2", 0),
        ("gemm_avx512_1x1x1", tagged % "avx512bw", 0),
        ("gemm_avx512_1x1x1", tagged % "avx2", 1),
        ("gemm_avx512vnni_1x1x1", tagged % "avx512bw", 1),
    )
    for name, source, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / f"{name}.cpp.o"
            command = [compiler, "-O0", "-x", "c++", "-c", "-", "-o", str(target)]
            subprocess.run(command, input=prefix + source, text=True, check=True)
            problems = check_objects("nm", folder)
            assert len(problems) == expected, (name, problems)


if __name__ == "__main__":
    sys.exit(common.main(check, self_test, add_arguments))
