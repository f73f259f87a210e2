#!/usr/bin/env python3
"""Files of at most 600 lines, with a warning above 400; functions of at most 120, with a warning above 60."""

import re
import sys

import common

FILE_WARNING, FILE_ERROR = 400, 600
FUNCTION_WARNING, FUNCTION_ERROR = 60, 120

DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
CONTAINER = re.compile(r"(?:^|\s)(?:namespace|class|struct|union|extern)(?:\s|$)")
SKIPPED_BLOCK = re.compile(r"(?:^|\s)enum\s|=\s*$|\breturn\s*$")


def closing_brace(text, opening):
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, opening):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def functions(source):
    """(name, first line, number of lines) of each function, by a scan of braces and without a parser: namespaces and
    classes are entered, every other block whose head has parentheses counts as a function."""
    text = DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), common.blank_comments(source))
    head_start = 0
    for_next = re.compile(r"[{};]")
    position = 0
    while match := for_next.search(text, position):
        position = match.end()
        if match.group(0) != "{":
            head_start = position
            continue
        head = text[head_start : match.start()]
        before_parentheses = head.split("(")[0]
        if not SKIPPED_BLOCK.search(head) and CONTAINER.search(before_parentheses) and ")" not in head[-12:]:
            head_start = position
            continue
        end = closing_brace(text, match.start())
        if "(" in head and not SKIPPED_BLOCK.search(head):
            name = re.findall(r"[\w:~]+", before_parentheses)
            first = text.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
            yield name[-1] if name else "?", first, text.count("\n", 0, end) + 2 - first
        position = head_start = end + 1


def judge(lines, warning, error):
    return "error" if lines > error else "warning" if lines > warning else None


def findings(root):
    """(kind, message) of each file and function above a limit."""
    for path in common.list_files(root):
        if path.suffix not in (*common.CPP, ".py", ".cmake") and path.name not in ("pincer", "CMakeLists.txt"):
            continue
        text = common.read(root, path)
        lines = text.count("\n")
        kind = judge(lines, FILE_WARNING, FILE_ERROR)
        if kind:
            yield kind, f"{path}: {kind}: {lines} lines; split it by idea"
        if path.suffix not in common.CPP:
            continue
        for name, first, length in functions(text):
            kind = judge(length, FUNCTION_WARNING, FUNCTION_ERROR)
            if kind:
                yield kind, f"{path}:{first}: {kind}: function {name} has {length} lines"


def check(root):
    problems = []
    for kind, message in findings(root):
        if kind == "error":
            problems.append(message)
        else:
            print(message)
    return problems


def self_test():
    def function(lines):
        return "namespace a {\nclass B {\n  int f(int x) const {\n" + "    ++x;\n" * (lines - 2) + "  }\n};\n}\n"

    common.expect_clean(check, {"engine/a.cpp": function(FUNCTION_ERROR), "server/b.h": "\n" * FILE_ERROR})
    common.expect_problem(check, {"engine/a.cpp": function(FUNCTION_ERROR + 1)}, "function f has 121 lines")
    common.expect_problem(check, {"server/b.h": "\n" * (FILE_ERROR + 1)}, "601 lines")
    source = "struct A { A() : b_{1} {\n}\n  int b_; };\nconst int t[] = {\n1,\n};\nauto g(int a)\n    -> int {\n}\n"
    assert [(f[0], f[2]) for f in functions(source)][-1] == ("g", 3), list(functions(source))
    with common.fixture({"a.cpp": function(FUNCTION_WARNING + 1)}) as root:
        assert [kind for kind, _ in findings(root)] == ["warning"]


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
