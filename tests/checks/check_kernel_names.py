#!/usr/bin/env python3
"""A kernel's name is its specification, and its file, its symbol and its row in kernels/<op>/kernels.inc have that name.

    <op>_<types>[_<dst>]_<isa>[_<feature>][_<tile>]

<types> are the operand types without a separator, as in s8s8; <dst> is the result's type; <tile> is <m>x<n>x<k>, each a
number, V (a vector's length) or a number of those, as in 6V. GEMM and GEMV, where dispatch chooses by them, must state all of these.
"""

import re
import sys

import common

TYPE = r"(?:s4|u4|s8|u8|s16|s32|f16|bf16|f32)"
SIZE = r"(?:[1-9][0-9]*V?|V)"
NAME = re.compile(
    rf"(?P<op>[a-z]+(?:_[a-z]+)*?)_(?P<types>{TYPE}+)(?:_(?P<dst>{TYPE}))?"
    r"_(?P<isa>scalar|avx2|avxvnni|avx512|avx512vnni|amx|neon|sve2?|sme2?)"
    r"(?:_(?P<feature>dotprod|i8mm|fp16|bf16))?"
    rf"(?:_(?P<tile>{SIZE}x{SIZE}x{SIZE}))?"
)
FULL_NAME_OPS = {"gemm", "gemv"}
FEATURES = {"neon": {"dotprod", "i8mm", "fp16", "bf16"}, "sve": {"i8mm", "bf16"}}
ROW = re.compile(r"^[ \t]*PINCER_\w+\(\s*(\w+)", re.MULTILINE)


def grammar_problem(name):
    match = NAME.fullmatch(name)
    if not match:
        return "is not <op>_<types>[_<dst>]_<isa>[_<feature>][_<m>x<n>x<k>]"
    op, isa, feature = match["op"], match["isa"], match["feature"]
    if op in FULL_NAME_OPS and not (match["dst"] and match["tile"]):
        return f"names no result type or no tile, which every {op} does"
    if feature and feature not in FEATURES.get(isa, set()):
        return f"names the feature {feature}, which {isa} does not have"
    return None


def check_folder(root, folder, rows, files):
    """One kernels.inc: `rows` are its names in order, `files` maps the names of the kernel files beside it to paths."""
    problems = []
    for name in rows:
        problem = grammar_problem(name)
        if problem:
            problems.append(f"{folder}/kernels.inc: {name} {problem}")
        elif name not in files:
            problems.append(f"{folder}/kernels.inc: {name} has no file {name}.cpp")
    for name in sorted({name for name in rows if rows.count(name) > 1}):
        problems.append(f"{folder}/kernels.inc: {name} stands there twice")
    for name, path in files.items():
        if name not in rows:
            problems.append(f"{path}: has no row in {folder}/kernels.inc")
        elif not re.search(rf"\b{name}\b", common.blank_comments(common.read(root, path))):
            problems.append(f"{path}: does not define {name}")
    return problems


def check(root):
    paths = [path for path in common.list_files(root) if path.parts[0] == "kernels"]
    problems = []
    owned = set()
    for inc in (path for path in paths if path.name == "kernels.inc"):
        text = common.blank_comments(common.read(root, inc))
        files = {p.stem: p for p in paths if is_kernel_file(p) and p.is_relative_to(inc.parent)}
        owned.update(files.values())
        problems += check_folder(root, inc.parent, ROW.findall(text), files)
    for path in paths:
        if is_kernel_file(path) and path not in owned:
            problems.append(f"{path}: there is no kernels.inc beside it")
    return problems


def is_kernel_file(path):
    return path.suffix == ".cpp" and common.isa_token(path) is not None


def self_test():
    name = "gemm_s8s8_f32_neon_i8mm_8x12x8"
    row = f"PINCER_GEMM({name}, 8)\n"
    good = {"kernels/gemm/kernels.inc": row, f"kernels/gemm/{name}.cpp": f"void {name}(int) {{}}\n"}
    common.expect_clean(check, good)
    for other in ("gemv_s8s8_f32_avx512vnni_1x16x4", "gemm_s8s8_f32_sve_4xVx4", "gemm_s8s8_f32_sve_i8mm_8x6Vx8", "attention_f32_avx2", "rms_norm_f32_neon"):
        assert grammar_problem(other) is None, other
    for other in ("gemm_s8s8_avx2_1x16x4", "gemm_s8s8_f32_avx2", "gemm_s8s8_f32_avx2_dotprod_1x1x1", "gemm_avx2_1x16"):
        assert grammar_problem(other), other
    common.expect_problem(check, {**good, "kernels/gemm/kernels.inc": row + row}, "twice")
    common.expect_problem(check, {**good, f"kernels/gemm/{name}.cpp": "// " + name}, "does not define")
    common.expect_problem(check, {"kernels/gemm/kernels.inc": row}, "has no file")
    common.expect_problem(check, {**good, "kernels/gemm/gemm_avx2.cpp": ""}, "has no row")
    common.expect_problem(check, {"kernels/gemm/gemm_avx2.cpp": ""}, "there is no kernels.inc")
    common.expect_problem(check, {"kernels/a/kernels.inc": "PINCER_ROW(a_avx2)\n"}, "is not <op>")


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
