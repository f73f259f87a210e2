#!/usr/bin/env python3
"""embed.py DIST OUTPUT: writes a C++ file with every file of the folder DIST, as it is and compressed."""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}


def array(name, data):
    rows = [",".join(map(str, data[at : at + 40])) for at in range(0, len(data), 40)]
    return f"constexpr unsigned char {name}[] = {{\n" + ",\n".join(rows) + "};\n"


def main():
    dist, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    arrays, rows = [], []
    for number, path in enumerate(sorted(p for p in dist.rglob("*") if p.suffix in TYPES)):
        plain = path.read_bytes()
        url = "/" if path.name == "index.html" else "/" + path.relative_to(dist).as_posix()
        arrays += [array(f"kPlain{number}", plain), array(f"kGzip{number}", gzip.compress(plain, mtime=0))]
        digest = hashlib.sha256(plain).hexdigest()[:32]
        rows.append(f'    {{"{url}", "{TYPES[path.suffix]}", "{digest}", text(kPlain{number}), text(kGzip{number})}},\n')
    output.write_text(
        '// Made by embed.py.\n#include "server/dashboard/assets.h"\n\nnamespace pincer {\nnamespace {\n\n'
        + "\n".join(arrays)
        + """
template <std::size_t N>
std::string_view text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::span<const Asset> dashboard_assets() {
  static const Asset kAssets[] = {
"""
        + "".join(rows)
        + "  };\n  return kAssets;\n}\n\n}  // namespace pincer\n"
    )


if __name__ == "__main__":
    main()
