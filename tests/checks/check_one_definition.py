#!/usr/bin/env python3
"""A class has one definition: two of one name in one namespace make one program of two layouts, and no compiler or linker says so.
Those that a file keeps to itself, in an anonymous namespace, do not count."""

import collections
import pathlib
import re
import sys

import common

FOLDERS = ("kernels", "engine", "server")
NAMESPACE = re.compile(r"namespace (?:(\w[\w:]*) )?\{")
END = re.compile(r"\}  // namespace$")
CLASS = re.compile(r"(?:class|struct|union|enum class) (?:alignas\(\w+\) )?([A-Z]\w*)(?: final)?(?: :[^;]*)?\s*\{")


def definitions(text):
    """(namespace, name) of the classes that other files can see, as clang-format lays them out: at the beginning of a line."""
    namespace, hidden = "", False
    for line in text.splitlines():
        if opened := NAMESPACE.match(line):
            hidden = hidden or opened[1] is None
            namespace = opened[1] or namespace
        elif END.match(line):
            hidden = False
        elif not hidden and (defined := CLASS.match(line)):
            yield namespace, defined[1]


def find(files):
    places = collections.defaultdict(list)
    for path, text in files:
        for key in definitions(text):
            places[key].append(path)
    return [f"{paths[1]}: {namespace}::{name} is defined in {paths[0]}, too"
            for (namespace, name), paths in sorted(places.items()) if len(paths) > 1]


def check(root):
    root = pathlib.Path(root)
    paths = [path for path in common.list_files(root)
             if path.parts[0] in FOLDERS and path.suffix in (".h", ".cpp")]
    return find((path, (root / path).read_text()) for path in paths)


def self_test():
    one = "namespace pincer {\nstruct Turn {\n};\nclass Later;\n}  // namespace pincer\n"
    hidden = "namespace pincer {\nnamespace {\nstruct Turn {\n};\n}  // namespace\n}  // namespace pincer\n"
    other = one.replace("pincer", "pincer::other")
    assert find([("a.h", one), ("b.h", one)]) == ["b.h: pincer::Turn is defined in a.h, too"]
    assert not find([("a.h", one), ("b.cpp", hidden), ("c.h", other)])


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
