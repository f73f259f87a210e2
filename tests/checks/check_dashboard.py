#!/usr/bin/env python3
"""server/dashboard/dist is what server/dashboard/build.py makes of web/. Without node or its registry nothing is built; that
the sources are those that dist was made of is checked all the same."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import common

FOLDER = "server/dashboard"


def check(root):
    result = subprocess.run([sys.executable, str(root / FOLDER / "build.py"), "--check"], capture_output=True, text=True, check=False)
    if result.returncode == common.SKIPPED:
        raise common.Skip(result.stdout.strip())
    return (result.stdout + result.stderr).splitlines() if result.returncode else []


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        shutil.copytree(pathlib.Path(__file__).resolve().parents[2] / FOLDER, root / FOLDER)
        with (root / FOLDER / "web/src/style.css").open("a") as style:
            style.write("body { color: red; }\n")
        problems = check(root)
        assert len(problems) == 1 and "build.py" in problems[0], problems


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
