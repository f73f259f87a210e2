# shellcheck shell=bash
# `./pincer test`: builds every preset, then one ctest run over all of them, so that one summary and one JUnit file
# cover everything.
# shellcheck disable=SC2154

# Libraries for the arm64 build: unpacked into a folder of their own by an apt that knows only that folder, because an
# architecture added to the system's dpkg would stay there.
arm64_libraries=(
  libtbb-dev libtbb12 libtbbmalloc2 libtbbbind-2-5 libssl-dev libssl3 libfmt-dev libfmt9 libspdlog-dev libspdlog1.10
  libyaml-cpp-dev libyaml-cpp0.7 libutf8proc-dev libutf8proc2 libxxhash-dev libedit-dev libedit2 libbsd0 libmd0 libtinfo6
  libsqlite3-dev libsqlite3-0 libgtest-dev
)

fetch_arm64_libraries() {
  local sysroot=$build/sysroot-arm64 apt=$build/apt-arm64 log=$build/log/sysroot-arm64.log deb
  [[ $(cat "$sysroot/.complete" 2>/dev/null) != "${arm64_libraries[*]}" ]] || return 0
  rm -rf "$sysroot" "$apt"
  mkdir -p "$sysroot" "$apt"/{lists/partial,cache/archives/partial,debs}
  : >"$apt/status"
  local options=(-q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State=$apt"
    -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o "APT::Sandbox::User=$(id -un)" -o "Debug::NoLocking=1")
  # Sources without arm64 make the update fail, which does not matter if the download works.
  apt-get "${options[@]}" update >"$log" 2>&1 || true
  (cd "$apt/debs" && apt-get "${options[@]}" download "${arm64_libraries[@]}") >>"$log" 2>&1 || return 1
  for deb in "$apt"/debs/*.deb; do
    dpkg-deb -x "$deb" "$sysroot" || return 1
  done
  rm -rf "$apt"
  printf '%s\n' "${arm64_libraries[*]}" >"$sysroot/.complete"
}

# Installs the cross compiler and the emulator; fails where they do not exist.
prepare_arm64() {
  install_optional_packages "${arm64_packages[@]}"
  [[ -z $(missing_packages "${arm64_packages[@]}") ]] || return 1
  fetch_arm64_libraries ||
    say "no libraries for arm64 (see $build/log/sysroot-arm64.log): only kernels/ is built and tested for it"
  fetch_emulator || say "no younger qemu (see $build/log/qemu.log): kernels for SVE and SME are not tested"
}

# The clients of the end-to-end tests: a virtual environment for each list of Python packages that go together,
# build/venv for requirements.txt and build/venv-NAME for requirements-NAME.txt.
prepare_python() {
  local requirements name venv log
  for requirements in "$root"/tests/e2e/requirements*.txt; do
    name=${requirements##*/requirements}
    name=venv${name%.txt}
    venv=$build/$name log=$build/log/$name.log
    ! cmp -s "$requirements" "$venv/.installed" || continue
    say "fetching the Python packages of the end-to-end tests (${requirements##*/})"
    if python3 -m venv "$venv" >"$log" 2>&1 &&
      "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >>"$log" 2>&1; then
      cp "$requirements" "$venv/.installed"
    else
      say "the Python packages cannot be had (see $log): tests that need them are skipped"
    fi
  done
}

# The same for Node.js, in build/node.
prepare_node() {
  local source=$root/tests/e2e/clients/node node=$build/node log=$build/log/node.log
  command -v npm >/dev/null || install_optional_packages "${node_packages[@]}"
  ! cmp -s "$source/package-lock.json" "$node/.installed" || return 0
  say "fetching the Node.js packages of the end-to-end tests"
  mkdir -p "$node"
  cp "$source"/package{,-lock}.json "$node"
  if (cd "$node" && npm ci --silent --no-audit --no-fund) >"$log" 2>&1; then
    cp "$source/package-lock.json" "$node/.installed"
  else
    say "the Node.js packages cannot be had (see $log): tests that need them are skipped"
  fi
}

# Sets PINCER_TEST_MODEL and, where the file is at hand, PINCER_TEST_GEMMA (Gemma 3 270M Q4_K_M, whose terms forbid to ship
# it), unless the caller has.
prepare_model() {
  local home=${PINCER_HOME:-$HOME/.cache/pincer} file
  [[ ! -f $home/models/gemma-3-270m.gguf ]] || export PINCER_TEST_GEMMA=${PINCER_TEST_GEMMA:-$home/models/gemma-3-270m.gguf}
  [[ -z ${PINCER_TEST_MODEL-} ]] || return 0
  file=$home/models/SmolLM2-135M-Instruct.Q4_1.gguf
  # The short run packs the weights, for the tests under sanitizers.
  if "$binary" pull smollm2-135m-instruct >"$build/log/pull.log" 2>&1 && [[ -f $file ]] &&
    "$binary" run -n 1 hi >>"$build/log/pull.log" 2>&1; then
    export PINCER_TEST_MODEL=$file
  else
    say "the test model cannot be had (see $build/log/pull.log): tests that need it are skipped"
  fi
}

# A ctest folder that holds nothing but the builds' folders.
write_suite() {
  local suite=$build/suite preset
  mkdir -p "$suite"
  for preset in "$@"; do
    printf 'subdirs("%s")\n' "$build/$preset"
  done >"$suite/CTestTestfile.cmake"
}

run_tests() {
  local quick=$1 presets=(release) preset
  mkdir -p "$build/log"
  install_packages "${run_packages[@]}" "${test_packages[@]}"
  install_optional_packages "${optional_test_packages[@]}"
  if [[ $quick == no ]]; then
    presets+=(asan tsan)
    if [[ $HOSTTYPE != x86_64 ]]; then
      say "this machine is $HOSTTYPE: no cross build"
    elif prepare_arm64; then
      presets+=(arm64)
    else
      say "arm64 is skipped: it needs ${arm64_packages[*]}"
    fi
  fi
  for preset in "${presets[@]}"; do
    with_build_lock build_preset "$preset"
  done
  prepare_model
  prepare_python
  prepare_node
  write_suite "${presets[@]}"

  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=suppressions=$root/third_party/tsan.supp:second_deadlock_stack=1
  exec ctest --test-dir "$build/suite" -j "$(nproc)" --output-on-failure --no-tests=error \
    --output-junit "$build/junit.xml"
}
