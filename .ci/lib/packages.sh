# shellcheck shell=bash
# Debian and Ubuntu packages: which are missing, and installing them.
# shellcheck disable=SC2034,SC2154

# a|b: either will do; the first that exists is installed.
run_packages=(
  g++ cmake ninja-build ccache python3 python3-pip ca-certificates
  'libboost1.81-dev|libboost1.83-dev' libtbb-dev libxsimd-dev libutf8proc-dev libxxhash-dev libfmt-dev
  libspdlog-dev libssl-dev libyaml-cpp-dev libcli11-dev libedit-dev libsqlite3-dev
)
test_packages=(libgtest-dev libbenchmark-dev python3-venv git)
# Tests that need one of these are skipped, and say so, where it does not exist.
node_packages=(nodejs npm) # unless there is another npm
arm64_packages=(g++-12-aarch64-linux-gnu qemu-user)
optional_test_packages=(clang-format-19 clang-tidy-19 clang-19 libclang-rt-19-dev chromium "${arm64_packages[@]}")

# Prints those of the given packages that are not installed.
missing_packages() {
  local installed entry names name found
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' 2>/dev/null || true)
  for entry in "$@"; do
    IFS='|' read -ra names <<<"$entry"
    found=no
    for name in "${names[@]}"; do
      [[ $'\n'$installed$'\n' != *$'\n'"$name installed"$'\n'* ]] || found=yes
    done
    [[ $found == yes ]] || printf '%s\n' "$entry"
  done
}

package_exists() { [[ $(apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]; }

# Runs a command as root: directly, or through sudo, which may ask on a terminal.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

can_be_root() { ((EUID == 0)) || { command -v sudo && { [[ -t 0 ]] || sudo -n true; }; } >/dev/null 2>&1; }

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$build/log/apt.log" 2>&1
}

# Replaces a|b in the array `wanted` by the first that exists.
choose_alternatives() {
  local i names name
  for i in "${!wanted[@]}"; do
    IFS='|' read -ra names <<<"${wanted[i]}"
    wanted[i]=${names[0]}
    for name in "${names[@]}"; do
      if package_exists "$name"; then
        wanted[i]=$name
        break
      fi
    done
  done
}

# Installs what is missing of the given packages, or ends with the command that would.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is no Debian or Ubuntu; going on with what is here (third_party/README.md lists what is needed)"
    return
  fi
  local wanted
  mapfile -t wanted < <(missing_packages "$@")
  ((${#wanted[@]})) || return 0
  mkdir -p "$build/log"
  : >"$build/log/apt.log"
  if ! can_be_root; then
    choose_alternatives
    die "packages are missing. Please run, as root: apt-get install -y --no-install-recommends ${wanted[*]}"
  fi
  say "installing these packages: ${wanted[*]%%|*}"
  # An installation that was cut off leaves packages half configured, and apt refuses to go on.
  [[ -z $(dpkg --audit 2>/dev/null) ]] || as_root dpkg --configure -a >>"$build/log/apt.log" 2>&1 || true
  apt_get update || say "apt-get update failed; trying with the package lists that are here"
  choose_alternatives
  if ! apt_get install -y --no-install-recommends "${wanted[@]}"; then
    tail -n 15 "$build/log/apt.log" >&2
    die "apt-get install failed (all of it: $build/log/apt.log)"
  fi
  packages_changed=yes
}

# The same for packages that some releases do not have.
install_optional_packages() {
  command -v dpkg-query >/dev/null || return 0
  local entry wanted=()
  for entry in $(missing_packages "$@"); do
    if package_exists "$entry"; then
      wanted+=("$entry")
    else
      say "there is no package $entry here; the tests that need it are skipped"
    fi
  done
  ((${#wanted[@]} == 0)) || install_packages "${wanted[@]}"
}
