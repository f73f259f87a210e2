# shellcheck shell=bash
# The wrapper's own words. Sourced by ./pincer, which sets root, build, binary, stamp and up_to_date.
# shellcheck disable=SC2154

source "$root/.ci/lib/packages.sh"
source "$root/.ci/lib/build.sh"
source "$root/.ci/lib/emulator.sh"
source "$root/.ci/lib/tests.sh"

say() { printf 'pincer: %s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

trap 'say "interrupted; the next call goes on from here"; exit 130' INT TERM

usage() {
  say "$1"
  sed -n '2,/^$/s/^# \{0,1\}//p' "$root/pincer" >&2
  exit 2
}

word_setup() {
  (($# == 0)) || usage "setup takes no arguments"
  install_packages "${run_packages[@]}" "${test_packages[@]}"
  install_optional_packages "${optional_test_packages[@]}"
  with_build_lock configure release
  say "ready: ./pincer build, ./pincer test or ./pincer run"
}

word_build() {
  local preset
  (($#)) || set -- release
  for preset in "$@"; do
    [[ $preset =~ ^(release|asan|tsan|arm64)$ ]] || usage "there is no preset $preset"
  done
  install_packages "${run_packages[@]}" "${test_packages[@]}"
  for preset in "$@"; do
    [[ $preset != arm64 ]] || prepare_arm64 || die "arm64 needs ${arm64_packages[*]}"
    with_build_lock build_preset "$preset"
  done
}

word_clean() {
  (($# == 0)) || usage "clean takes no arguments"
  rm -rf "$build"
  say "removed $build; models stay in ${PINCER_HOME:-$HOME/.cache/pincer}"
}

word_test() {
  local quick=no
  case $# in
    0) ;;
    1) if [[ $1 == --quick ]]; then quick=yes; else usage "test does not know $1"; fi ;;
    *) usage "test takes --quick or nothing" ;;
  esac
  run_tests "$quick"
}
