#!/usr/bin/env python3
"""Conditionals on an instruction set stand in kernels.inc and kernels/cpu/, nowhere else: dispatch is data."""

import re
import sys

import common

CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
ISA = re.compile(
    r"\b(?:__(?:x86_64|amd64|i386|i686|aarch64|arm)(?:__)?"
    r"|__(?:SSE|AVX|FMA|F16C|BMI|AMX|ARM_)\w*|_M_(?:X64|IX86|ARM\w*)|PINCER_(?:X86|ARM64|SME))\b"
)


def allowed(path):
    return path.name == "kernels.inc" or path.parts[:2] == ("kernels", "cpu")


def check(root):
    problems = []
    for path in common.cpp_files(root):
        if allowed(path):
            continue
        text = common.blank_comments(common.read(root, path))
        for match in CONDITIONAL.finditer(text):
            if ISA.search(match.group(0)):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{path}:{line}: conditional on an instruction set: {match.group(0).strip()}")
    return problems


def self_test():
    condition = "#if defined(__AVX2__)\n#endif\n"
    common.expect_clean(
        check,
        {
            "kernels/gemm/kernels.inc": condition,
            "kernels/cpu/detect.cpp": "#ifdef __aarch64__\n#endif\n",
            "engine/a.cpp": "#ifdef NDEBUG\n#endif\n// #ifdef __AVX2__\n",
        },
    )
    common.expect_problem(check, {"engine/a.cpp": condition}, "engine/a.cpp:1")
    common.expect_problem(check, {"kernels/gemm/a.h": "\n#ifdef __ARM_NEON\n#endif\n"}, "a.h:2")
    common.expect_problem(check, {"server/a.cpp": "#if X && \\\n  __x86_64__\n#endif\n"}, "server/a.cpp:1")
    common.expect_problem(check, {"kernels/pack/a.cpp": "#if PINCER_X86\n#endif\n"}, "a.cpp:1")


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
