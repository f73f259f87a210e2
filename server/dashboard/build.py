#!/usr/bin/env python3
"""Makes dist/ of web/ with npm and Vite, in a folder of its own under build/, so that nothing of npm's lies among the sources.

    server/dashboard/build.py            # writes dist/
    server/dashboard/build.py --check    # 1 if dist/ would change, 77 without node, npm or their registry

Every change in web/ needs a run, whose result is committed: building Pincer then needs neither node nor a network."""

import filecmp
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WEB, DIST = HERE / "web", HERE / "dist"
WORK = HERE.parents[1] / "build" / "dashboard"
SKIPPED = 77


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def sources_digest():
    """Of everything in web/, by name and content: dist/sources.sha256 says what dist/ was made of."""
    digest = hashlib.sha256()
    for name in files(WEB):
        digest.update(f"{name}\0{hashlib.sha256((WEB / name).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest() + "\n"


def licences():
    """The texts of what is inside the bundle."""
    parts = []
    for package in ("preact", "uplot"):
        text = (WORK / "node_modules" / package / "LICENSE").read_text()
        parts.append(f"{package}\n\n{text.strip()}\n")
    return "\n\n".join(parts)


def npm(*args):
    return subprocess.run(["npm", *args], cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def build():
    """The folder of the new bundle; None, and why, where it cannot be made here."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node or npm is not here"
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("src", "dist"):
        shutil.rmtree(WORK / name, ignore_errors=True)
    shutil.copytree(WEB, WORK, dirs_exist_ok=True)
    installed = npm("ci", "--no-audit", "--no-fund")
    if installed.returncode != 0:
        return None, "npm cannot fetch the packages:\n" + installed.stdout
    for script in ("check", "build"):
        done = npm("run", script)
        if done.returncode != 0:
            sys.exit(f"npm run {script}:\n{done.stdout}")
    made = WORK / "dist"
    (made / "assets" / "licenses.txt").write_text(licences())
    (made / "sources.sha256").write_text(sources_digest())
    return made, ""


def check():
    if (DIST / "sources.sha256").read_text() != sources_digest():
        print("server/dashboard/web was changed after dist was made; run server/dashboard/build.py and commit what it writes")
        return 1
    made, why = build()
    if made is None:
        print("not built again:", why)
        return SKIPPED
    different = [name for name in sorted({*files(made), *files(DIST)})
                 if not (DIST / name).is_file() or not (made / name).is_file() or not filecmp.cmp(made / name, DIST / name, False)]
    for name in different:
        print(f"server/dashboard/dist/{name} is not what web/ gives; run server/dashboard/build.py and commit what it writes")
    return 1 if different else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    made, why = build()
    if made is None:
        sys.exit(why)
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.copytree(made, DIST)
    print(f"{DIST}: {sum(p.stat().st_size for p in DIST.rglob('*') if p.is_file())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
