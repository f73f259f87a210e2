#!/usr/bin/env python3
"""Includes point down: kernels <- engine <- server. Each layer uses only the libraries that it may, and the kernel files
of an instruction set include intrinsics and plain structs only."""

import re
import sys

import common

MAY_USE = {
    "kernels": {"kernels"},
    "engine": {"kernels", "engine"},
    "server": {"kernels", "engine", "server"},
    "tests": {"kernels", "engine", "server", "tests"},
    "bench": {"kernels", "engine", "server", "bench"},
}

# First part of an include path -> the library's name.
LIBRARIES = {
    "xsimd": "xsimd",
    "tbb": "oneTBB",
    "oneapi": "oneTBB",
    "fmt": "fmt",
    "utf8proc.h": "utf8proc",
    "xxhash.h": "xxHash",
    "pcre2.h": "PCRE2",
    "numa.h": "libnuma",
    "numaif.h": "libnuma",
    "boost": "Boost",
    "openssl": "OpenSSL",
    "spdlog": "spdlog",
    "CLI": "CLI11",
    "yaml-cpp": "yaml-cpp",
    "sqlite3.h": "SQLite",
    "gtest": "GoogleTest",
    "gmock": "GoogleTest",
    "benchmark": "Google Benchmark",
}

ENGINE_LIBRARIES = {"oneTBB", "fmt", "utf8proc", "xxHash", "PCRE2", "libnuma"}
MAY_LINK = {
    "kernels": {"xsimd"},
    "engine": ENGINE_LIBRARIES,
    "server": ENGINE_LIBRARIES | {"Boost", "OpenSSL", "spdlog", "CLI11", "yaml-cpp", "SQLite"},
}

# The C library, types and traits: nothing that leaves a function behind in the object file.
ISLAND_HEADERS = {"cassert", "cmath", "cstddef", "cstdint", "cstring", "type_traits"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def layer_of_include(name):
    parts = name.split("/")
    if parts[0] == "pincer" and len(parts) > 2:
        parts = parts[1:]
    return parts[0] if parts[0] in MAY_USE else None


def is_standard_cpp(name):
    return "/" not in name and "." not in name


def problem_of(path, quote, name):
    layer = path.parts[0]
    target = layer_of_include(name)
    if target:
        if target not in MAY_USE[layer]:
            return f"{layer}/ may not include {target}/"
        return None
    library = LIBRARIES.get(name.split("/")[0])
    if library and layer in MAY_LINK and library not in MAY_LINK[layer]:
        return f"{layer}/ may not use {library}"
    if layer == "kernels" and common.isa_token(path) and path.suffix == ".cpp":
        if quote == "<" and is_standard_cpp(name) and name not in ISLAND_HEADERS:
            return f"the kernel files of an instruction set may not include <{name}>"
    return None


def check(root):
    problems = []
    for path in common.cpp_files(root):
        if path.parts[0] not in MAY_USE:
            continue
        text = common.blank_comments(common.read(root, path), strings=False)
        for match in INCLUDE.finditer(text):
            problem = problem_of(path, *match.groups())
            if problem:
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{path}:{line}: {problem} ({match.group(2)})")
    return problems


def self_test():
    common.expect_clean(
        check,
        {
            "kernels/gemm/gemm_avx2_1x1x1.cpp": '#include <immintrin.h>\n#include "kernels/a.h"\n',
            "engine/a.cpp": '#include "pincer/kernels/gemm.h"\n#include <tbb/task_arena.h>\n',
            "server/a.cpp": '#include <boost/json.hpp>\n#include "pincer/engine/a.h"\n#include <vector>\n',
            "tests/a.cpp": '#include <gtest/gtest.h>\n#include "server/a.h"\n',
            "engine/b.cpp": '// #include "server/a.h"\n',
        },
    )
    for files, words in (
        ({"kernels/a.cpp": '#include "pincer/engine/a.h"\n'}, "kernels/ may not include engine/"),
        ({"engine/a.h": '#include "server/http/a.h"\n'}, "engine/ may not include server/"),
        ({"server/a.h": '#include "tests/a.h"\n'}, "server/ may not include tests/"),
        ({"kernels/a.cpp": "#include <tbb/tbb.h>\n"}, "kernels/ may not use oneTBB"),
        ({"engine/a.cpp": "  #  include <boost/json.hpp>\n"}, "engine/ may not use Boost"),
        ({"server/a.cpp": "#include <gtest/gtest.h>\n"}, "server/ may not use GoogleTest"),
        ({"kernels/x/x_avx2_1x1x1.cpp": "#include <vector>\n"}, "may not include <vector>"),
    ):
        common.expect_problem(check, files, words)


if __name__ == "__main__":
    sys.exit(common.main(check, self_test))
