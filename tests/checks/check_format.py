#!/usr/bin/env python3
"""Every C++ file is as clang-format 19 would write it."""

import concurrent.futures
import os
import shutil
import subprocess
import sys

import common

TOOL = "clang-format-19"
FILES_PER_CALL = 16


def check_batch(root, paths):
    command = [TOOL, "--dry-run", "-Werror", "--ferror-limit=1", *map(str, paths)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = [line for line in result.stderr.splitlines() if ": error:" in line]
    if result.returncode and not found:
        return [result.stderr.strip() or f"{TOOL} failed with status {result.returncode}"]
    return [f"{line.split(': error:')[0]}: not formatted; run {TOOL} -i on it" for line in found]


def check(root):
    if not shutil.which(TOOL):
        raise common.Skip(f"{TOOL} is not installed")
    paths = common.cpp_files(root)
    batches = [paths[i : i + FILES_PER_CALL] for i in range(0, len(paths), FILES_PER_CALL)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda batch: check_batch(root, batch), batches)
        return [problem for problems in results for problem in problems]


def self_test():
    style = {".clang-format": "BasedOnStyle: Google\n"}
    common.expect_clean(check, {**style, "a.cpp": "int a = 1;\n"})
    common.expect_problem(check, {**style, "a.cpp": "int a  = 1 ;\n"}, "a.cpp:1")


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
