#!/usr/bin/env python3
"""Installs what end_to_end.py compares Pincer with, and the files to compare on, into a folder outside the tree.

    bench/peers/install.py FOLDER [--jobs N] [--smollm2 SmolLM2-135M-Instruct.Q4_1.gguf] [--without-7b]

FOLDER/llama/src/build        llama.cpp from the sdist of llama-cpp-python, built for this CPU by clang
FOLDER/llama/src/build-avx2   the same for any CPU with AVX2, on x86-64
FOLDER/openvino-venv          OpenVINO GenAI and the package gguf
FOLDER/files                  SmolLM2-135M as Q8_0 and Q4_0, and random weights in the shapes of a 0.5B and a 7B model

Takes about half an hour on two cores, and 15 GB. What is there already stays. SmolLM2 is the default model, which
`pincer pull` fetches; requantizing its Q4_1 costs accuracy, so these files are for speed. gcc 12 breaks llama.cpp's AMX
path (its _tile_loadconfig names 8 of the 64 bytes that it reads), hence clang.
"""

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
LLAMA = "llama-cpp-python==0.3.36"
PYTHON_PACKAGES = ("openvino-genai==2026.4.1.0", "gguf==0.19.0", "numpy")
TARGETS = ("llama-bench", "llama-batched-bench", "llama-quantize", "llama-perplexity", "llama-server")
OPTIONS = ("-DCMAKE_BUILD_TYPE=Release", "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF",
           "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF")


def call(*command, **more):
    print(" ".join(str(word) for word in command), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, **more)


def compiler():
    for version in ("-19", "-20", "-18", ""):
        if shutil.which(f"clang++{version}"):
            return f"clang{version}", f"clang++{version}"
    sys.exit("clang is not installed; on Debian: apt-get install clang-19")


def llama_source(folder, python):
    """The sources of llama.cpp that the package has."""
    source = folder / "src"
    if source.exists():
        return source
    call(python, "-m", "pip", "download", "--quiet", LLAMA, "--no-binary", "llama-cpp-python", "--no-deps", "-d", folder)
    (archive,) = folder.glob("llama_cpp_python-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    unpacked = archive.with_name(archive.name.removesuffix(".tar.gz"))
    os.replace(unpacked / "vendor/llama.cpp", source)
    shutil.rmtree(unpacked)
    return source


def build_llama(source, name, options, targets, jobs):
    folder = source / name
    if all((folder / "bin" / target).exists() for target in targets):
        return
    c, cpp = compiler()
    call("cmake", "-S", source, "-B", folder, "-G", "Ninja", f"-DCMAKE_C_COMPILER={c}", f"-DCMAKE_CXX_COMPILER={cpp}",
         *OPTIONS, *options, stdout=subprocess.DEVNULL)
    call("ninja", f"-j{jobs}", "-C", folder, *targets)


def install_python(folder):
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON_PACKAGES)
    return python


def make_files(folder, smollm2, quantize, python, with_7b):
    folder.mkdir(exist_ok=True)
    for kind in ("Q8_0", "Q4_0"):
        path = folder / f"SmolLM2-135M-Instruct.{kind}.gguf"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            call(quantize, "--allow-requantize", smollm2, unfinished, kind, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL)
            os.replace(unfinished, path)
    shapes = [f"{shape}/{kind}" for shape in ("0.5b", *(["7b"] if with_7b else [])) for kind in ("Q8_0", "Q4_0")]
    call(python, HERE / "make_shapes.py", smollm2, folder, "--only", *shapes)


def main():
    home = pathlib.Path(os.environ.get("PINCER_HOME", pathlib.Path.home() / ".cache/pincer"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--smollm2", type=pathlib.Path, default=home / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--without-7b", action="store_true", help="11 GB less")
    arguments = parser.parse_args()
    if not arguments.smollm2.exists():
        parser.error(f"{arguments.smollm2} is not there; `pincer pull` fetches it, --smollm2 names another place")
    folder = arguments.folder.resolve()
    (folder / "llama").mkdir(parents=True, exist_ok=True)
    python = install_python(folder / "openvino-venv")
    source = llama_source(folder / "llama", python)
    build_llama(source, "build", (), TARGETS, arguments.jobs)
    if platform.machine() == "x86_64":
        build_llama(source, "build-avx2", ("-DGGML_NATIVE=OFF",), TARGETS[:2], arguments.jobs)
    make_files(folder / "files", arguments.smollm2, source / "build/bin/llama-quantize", python, not arguments.without_7b)


if __name__ == "__main__":
    main()
