#!/usr/bin/env python3
"""llama.cpp's server tests, unmodified, against Pincer behind llama_server_shim.py: how many can apply, how many pass, and why the others do not.

usage: llama_server_tests.py TESTS PINCER MODEL.gguf [--all] [-k EXPRESSION] [--out FOLDER] [--port 18080]
TESTS is tools/server/tests of a llama.cpp checkout, or of the source distribution of llama-cpp-python. Needs pytest, pytest-timeout and what is in
requirements.txt there. Cases that llama_server_cases.yaml says cannot apply are not run, but with --all: then those that pass in spite of it are
named. The tests' own loading of models is left out: nothing is fetched. Failures are grouped by the reasons in the same file; one that no reason is
given for makes the exit status 1.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE / "llama_server_cases.yaml"
SECONDS_A_CASE = 120
WANTED = 80  # per cent of the applicable cases


def reason_of(rules, case):
    """The reason that the first rule gives whose pattern is found at the case's beginning; `case` is file::test[parameters]."""
    for rule in rules:
        if any(re.match(pattern, case) for pattern in rule["cases"]):
            return rule["reason"]
    return None


def short_name(nodeid):
    return nodeid.removeprefix("unit/")


class Recorder:
    """The pytest plugin."""

    def __init__(self):
        self.rules = yaml.safe_load(RULES.read_text("utf-8"))["not_applicable"]
        self.seen = {}

    def pytest_collection_modifyitems(self, config, items):
        import utils  # of the tests

        utils.ServerPreset.load_all = staticmethod(lambda: None)
        left_out = []
        for item in items:
            reason = reason_of(self.rules, short_name(item.nodeid))
            self.seen[item.nodeid] = {"reason": reason, "outcome": None, "message": ""}
            if reason and not os.environ.get("PINCER_SHIM_ALL"):
                left_out.append(item)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logreport(self, report):
        case = self.seen[report.nodeid]
        if report.outcome != "passed":
            case["outcome"] = report.outcome
            crash = getattr(report.longrepr, "reprcrash", None)
            case["message"] = crash.message if crash else str(report.longrepr)
        elif report.when == "call" and case["outcome"] is None:
            case["outcome"] = "passed"

    def pytest_sessionfinish(self):
        pathlib.Path(os.environ["PINCER_SHIM_RECORD"]).write_text(json.dumps(self.seen), "utf-8")


def pytest_configure(config):
    if "PINCER_SHIM_RECORD" in os.environ:
        config.pluginmanager.register(Recorder(), "pincer-recorder")


def run(options, folder):
    environment = {
        **os.environ,
        "LLAMA_SERVER_BIN_PATH": str(HERE / "llama_server_shim.py"),
        "PINCER_SHIM_BINARY": str(options.pincer.resolve()),
        "PINCER_SHIM_MODEL": str(options.model.resolve()),
        "PINCER_SHIM_FOLDER": str(folder / "work"),
        "PINCER_SHIM_RECORD": str(folder / "record.json"),
        "PINCER_SHIM_ALL": "1" if options.all else "",
        "NO_PROXY": "*",  # the server is on this machine, also as [::1]
        "no_proxy": "*",
        "PORT": str(options.port),
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (folder / "work").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "llama_server_tests", "-p", "no:cacheprovider", f"--timeout={SECONDS_A_CASE}",
               f"--junitxml={folder / 'junit.xml'}", "--tb=short"]
    if options.k:
        command += ["-k", options.k]
    with open(folder / "pytest.txt", "w", encoding="utf-8") as log:
        subprocess.run(command, cwd=options.tests, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    return json.loads((folder / "record.json").read_text("utf-8"))


def print_groups(title, groups):
    print(f"\n{title}: {sum(map(len, groups.values()))}")
    for reason, cases in sorted(groups.items(), key=lambda group: -len(group[1])):
        print(f"  {len(cases):4}  {reason}")


def share(passed, of):
    return f"{passed} of {of}, {100 * passed / max(of, 1):.1f} %"


def report(cases, rules):
    """Prints the figures; true if each failure has a reason."""
    left_out, failed, opposite, unexplained = (collections.defaultdict(list) for _ in range(4))
    passed, in_spite = [], []
    for nodeid, case in cases.items():
        name = short_name(nodeid)
        if case["reason"]:
            left_out[case["reason"]].append(name)
            if case["outcome"] == "passed":
                in_spite.append(name)
        elif case["outcome"] == "passed":
            passed.append(name)
        elif reason := reason_of(rules["opposite"], name):
            opposite[reason].append(name)
        else:
            reason = reason_of(rules["failures"], name)
            failed[reason or "no reason given"].append(name)
            if reason is None:
                unexplained[name] = case["message"] or "was not run"
    count = len(passed) + sum(map(len, failed.values()))
    applicable = count + sum(map(len, opposite.values()))
    print(f"collected {len(cases)}, not applicable {sum(map(len, left_out.values()))}, applicable {applicable}")
    print(f"passed {share(len(passed), applicable)}; without those that ask for the opposite of OpenAI's or Anthropic's API {share(len(passed), count)} "
          f"({WANTED} % are wanted)")
    print_groups("not applicable", left_out)
    print_groups("failed, asking for the opposite", opposite)
    print_groups("failed", failed)
    for name, message in unexplained.items():
        print(f"\n{name}\n    {message[:300]}")
    for name in in_spite:
        print(f"passes all the same: {name}")
    return not unexplained


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tests", type=pathlib.Path)
    parser.add_argument("pincer", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-k")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=18080)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.out or pathlib.Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        cases = run(options, folder)
    sys.exit(not report(cases, yaml.safe_load(RULES.read_text("utf-8"))))


if __name__ == "__main__":
    main()
