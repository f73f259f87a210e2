"""What the checks share: the list of source files, reporting, fixtures for self-tests.

A check is a script with check(root) -> list of problems, and self_test(), which proves that the check can fail. `--root`
names the tree to look at. Exit status: 0 clean, 1 problems, 77 skipped because a tool is missing.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
CPP = (".cpp", ".h", ".inc")
LAYERS = ("kernels", "engine", "server")

# Longest first: neon_dotprod is found before neon.
ISA_TOKENS = (
    "neon_dotprod",
    "neon_i8mm",
    "avx512vnni",
    "avx512",
    "avxvnni",
    "avx2",
    "amx",
    "neon",
    "sve_i8mm",
    "sve",
    "sme2",
    "sme",
    "scalar",
)


class Skip(Exception):
    """The check cannot run here; the message says why."""


def isa_token(path):
    """The ISA token in a kernel file's name, or None. The same rule as third_party/cmake/isa_flags.cmake."""
    name = f"_{pathlib.PurePath(path).name.split('.')[0]}_"
    return next((token for token in ISA_TOKENS if f"_{token}_" in name), None)


def git(root, *arguments):
    """Output lines of a git command, or None when root is not a git checkout or git is missing."""
    command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout.splitlines() if result.returncode == 0 else None


def list_files(root):
    """Paths relative to root of the files that git tracks or would track; outside git all but build/ and dot folders."""
    root = pathlib.Path(root)
    names = git(root, "ls-files", "--cached", "--others", "--exclude-standard")
    if names is None:
        paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        names = [str(p) for p in paths if p.parts[0] != "build" and not p.parts[0].startswith(".")]
    return sorted(pathlib.PurePosixPath(name) for name in names if (root / name).is_file())


def cpp_files(root):
    return [path for path in list_files(root) if path.suffix in CPP]


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8")


_COMMENT_OR_STRING = re.compile(
    r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.DOTALL,
)


def blank_comments(text, strings=True):
    """The text with comments (and string literals) replaced by blanks; line breaks stay where they are."""

    def blank(match):
        found = match.group(0)
        if not strings and not found.startswith("/"):
            return found
        return re.sub(r"[^\n]", " ", found)

    return _COMMENT_OR_STRING.sub(blank, text)


@contextlib.contextmanager
def fixture(files):
    """A temporary tree with the given {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield root


def expect_clean(check, files):
    with fixture(files) as root:
        problems = check(root)
    assert not problems, f"expected no problems, got {problems}"


def expect_problem(check, files, words):
    """The check must report exactly one problem for the tree, and name `words` in it."""
    with fixture(files) as root:
        problems = check(root)
    assert len(problems) == 1 and words in problems[0], f"expected one problem with {words!r}: {problems}"


def main(check, self_test, add_arguments=None):
    """Command line of every check. `check` gets the root, or the parsed arguments if it adds some of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--self-test", action="store_true")
    if add_arguments:
        add_arguments(parser)
    arguments = parser.parse_args()
    try:
        if arguments.self_test:
            self_test()
            return 0
        problems = check(arguments if add_arguments else arguments.root)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0
