"""Clients that people use, each on its own program, against one server with the real model: tests/e2e/clients.

What works with which client is docs/clients.md, which is made here: `python test_clients.py --write` writes it anew. The test fails
when it differs from what ran. What cannot be run here (no Node.js, a virtual environment that is missing) is skipped and stays as
it is written.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import support

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "clients.md"
BUILD = pathlib.Path(os.environ.get("PINCER_VENV") or ROOT / "build" / "venv").parent
FEATURES = ("chat", "stream", "tools", "JSON schema", "embeddings", "cancel", "errors")

# The client's script, and the virtual environment that has it; None: Node.js.
CLIENTS = [
    ("openai_client.py", "venv"),
    ("openai_client.py", "venv-openai3"),
    ("openai.mjs", None),
    ("anthropic_client.py", "venv"),
    ("anthropic.mjs", None),
    ("ollama_client.py", "venv"),
    ("ollama.mjs", None),
    ("litellm_client.py", "venv"),
    ("langchain_client.py", "venv"),
    ("instructor_client.py", "venv"),
]

BEGIN, END = "<!-- begin: made by tests/e2e/test_clients.py -->\n", "<!-- end -->\n"


def command(script, environment, scripts):
    """How the script is run; None if it cannot be here. `scripts`: a copy of those for Node.js beside their packages."""
    if environment is not None:
        python = BUILD / environment / "bin" / "python"
        return [python, HERE / "clients" / script] if python.exists() else None
    node = shutil.which("node") or shutil.which("nodejs")
    return [node, scripts / script] if node and (scripts / "node_modules" / "openai").is_dir() else None


def run_clients():
    """The results of each client, None where it cannot be run."""
    with tempfile.TemporaryDirectory(prefix="pincer-node-") as scripts:
        scripts = pathlib.Path(scripts)
        for script in (HERE / "clients" / "node").glob("*.mjs"):
            shutil.copy(script, scripts)
        (scripts / "node_modules").symlink_to(BUILD / "node" / "node_modules")
        home = support.Home()
        try:
            with support.Server(home) as server:
                model = json.loads(server.request("GET", "/v1/models")[1])["data"][0]["id"]
                address = f"http://127.0.0.1:{server.port}"
                return [run_client(command(*client, scripts), address, model) for client in CLIENTS]
        finally:
            home.remove()


def run_client(parts, address, model):
    if parts is None:
        return None
    done = subprocess.run([*map(str, parts), address, model], capture_output=True, text=True, timeout=support.TIMEOUT)
    try:
        result = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise AssertionError(f"{parts[1]} said nothing: {done.stderr}") from None
    result["log"] = done.stderr
    return result


def row(result):
    cells = [{None: "–", "yes": "yes"}.get(result["results"].get(feature), "no") for feature in FEATURES]
    return f"| {result['client']} {result['version']} | " + " | ".join(cells) + " |\n"


def table(rows):
    return "| client | " + " | ".join(FEATURES) + " |\n" + "|---" * (len(FEATURES) + 1) + "|\n" + "".join(rows)


def written_rows():
    text = PAGE.read_text()
    return re.findall(r"^\| (?!client).*\n", text[text.index(BEGIN) : text.index(END)], re.MULTILINE)


class Clients(unittest.TestCase):
    def test_every_client(self):
        written = written_rows()
        self.assertEqual(len(written), len(CLIENTS), f"{PAGE} has another list of clients: python {__file__} --write")
        for (script, environment), result, line in zip(CLIENTS, run_clients(), written):
            with self.subTest(client=script, environment=environment or "node"):
                if result is None:
                    self.skipTest(f"{environment or 'Node.js, or its packages,'} is not here")
                self.assertEqual(row(result), line, f"{PAGE} says otherwise; the client said:\n{result['log']}")


def write():
    """The page's table anew, from all clients."""
    results = run_clients()
    for client, result in zip(CLIENTS, results):
        if result is None:
            sys.exit(f"{client} cannot be run here")
        if set(result["results"].values()) != {"yes"}:
            print(result["log"], json.dumps(result["results"], indent=1), sep="\n", file=sys.stderr)
    text = PAGE.read_text()
    PAGE.write_text(text[: text.index(BEGIN)] + BEGIN + table(map(row, results)) + text[text.index(END) :])


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else unittest.main()
