#!/usr/bin/env python3
"""clang-tidy 19 on the .cpp files of a change: what differs from the main branch, or else from the commit before.

`--all` looks at every file of the compilation database.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import common

TOOL = "clang-tidy-19"
# A change that is larger than this is looked at in part, so that the test suite's time stays bounded; it says so.
MOST_FILES = 24
FINDING = re.compile(r"^\S+:\d+:\d+: (?:warning|error): ")


def base_commit(root):
    """The commit to compare with, or None when there is none."""
    head = common.git(root, "rev-parse", "HEAD")
    for branch in ("origin/HEAD", "origin/main"):
        base = common.git(root, "merge-base", branch, "HEAD")
        if base and base != head:
            return base[0]
    before = common.git(root, "rev-parse", "--verify", "--quiet", "HEAD~1")
    return before[0] if before else None


def changed_files(root):
    """Paths relative to root; every file when there is nothing to compare with."""
    base = base_commit(root)
    if base is None:
        return [str(path) for path in common.list_files(root)]
    changed = common.git(root, "diff", "--name-only", "--diff-filter=d", base) or []
    new = common.git(root, "ls-files", "--others", "--exclude-standard") or []
    return sorted({*changed, *new})


def configure(root, build):
    """The compilation database of a build that has each file by itself and no precompiled headers; nothing is built there."""
    command = ["cmake", "-S", str(root), "-B", str(build), "-G", "Ninja", "-DPINCER_UNITY=OFF", "-DPINCER_PRECOMPILE=OFF"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    database = build / "compile_commands.json"
    if result.returncode != 0 or not database.is_file():
        raise common.Skip(f"{build} cannot be configured: {result.stderr.strip()[-400:]}")
    return database


def tidy(root, build, path):
    command = [TOOL, "--quiet", "--warnings-as-errors=*", "-p", str(build), str(path)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return []
    lines = [line for line in result.stdout.splitlines() if FINDING.match(line)]
    return lines or [f"{path}: {TOOL} failed: {result.stderr.strip()[-400:]}"]


def check(arguments):
    if not shutil.which(TOOL):
        raise common.Skip(f"{TOOL} is not installed")
    root = arguments.root.resolve()
    database = configure(root, arguments.build)
    known = {pathlib.Path(entry["file"]).resolve() for entry in json.loads(database.read_text())}
    names = known if arguments.all else [root / name for name in changed_files(root)]
    paths = [path for path in names if path in known and path.relative_to(root).parts[0] != "third_party"]
    if len(paths) > MOST_FILES and not arguments.all:
        print(f"{len(paths)} files changed; looking at the {MOST_FILES} that were written last")
        paths = sorted(paths, key=lambda path: path.stat().st_mtime)[-MOST_FILES:]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda path: tidy(root, arguments.build, path), paths)
        problems = dict.fromkeys(problem for found in results for problem in found)
    print(f"{len(paths)} files")
    return list(problems)


def add_arguments(parser):
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/tidy"))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())


def self_test():
    if not shutil.which(TOOL):
        raise common.Skip(f"{TOOL} is not installed")
    source = "int f(int a) {\n  if (a = 1) return 2;\n  return 3;\n}\n"
    with common.fixture({"engine/a.cpp": source, ".clang-tidy": "Checks: '-*,bugprone-*'\n"}) as root:
        entry = {"directory": str(root), "command": "c++ -c engine/a.cpp", "file": str(root / "engine/a.cpp")}
        (root / "compile_commands.json").write_text(json.dumps([entry]))
        assert tidy(root, root, root / "engine/a.cpp"), "an assignment in a condition must be found"
        (root / "engine/a.cpp").write_text(source.replace("a = 1", "a == 1"))
        assert not tidy(root, root, root / "engine/a.cpp")


if __name__ == "__main__":
    sys.exit(common.main(check, self_test, add_arguments))
