# shellcheck shell=bash
# A younger qemu for the tests of SVE and SME: Debian 12's multiplies wrongly in SME's SMOPA, and knows neither SME2 nor
# cores with SVE.
# shellcheck disable=SC2154

# Version 11 has all of it.
emulator_is_young() {
  local version
  version=$(qemu-aarch64 --version 2>/dev/null | sed -n '1s/.* version \([0-9]*\).*/\1/p')
  ((${version:-0} >= 11))
}

# Unpacks qemu of Debian's backports into build/qemu, by an apt that knows only those; they come from the archive that the
# system's apt uses, and are checked with its key. Fails where there is no such archive.
fetch_emulator() {
  local qemu=$build/qemu apt=$build/apt-qemu log=$build/log/qemu.log archive
  local key=/usr/share/keyrings/debian-archive-keyring.gpg
  ! emulator_is_young && [[ ! -x $qemu/usr/bin/qemu-aarch64 ]] || return 0
  rm -rf "$qemu" "$apt"
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs,parts}
  : >"$apt/status"
  # shellcheck disable=SC2016
  archive=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>"$log" |
    awk '$2 !~ /-/ && $3 == "main" {print $1; exit}')
  [[ $archive && -f $key ]] || return 1
  printf 'deb [signed-by=%s] %s trixie-backports main\n' "$key" "$archive" >"$apt/sources.list"
  local options=(-q -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=$apt/parts"
    -o "APT::Sandbox::User=$(id -un)" -o "Debug::NoLocking=1")
  apt-get "${options[@]}" update >>"$log" 2>&1 &&
    (cd "$apt/debs" && apt-get "${options[@]}" download qemu-user) >>"$log" 2>&1 &&
    dpkg-deb -x "$apt"/debs/*.deb "$apt/unpacked" || return 1
  # One program of some sixty is of use.
  mkdir -p "$qemu/usr/bin"
  mv "$apt/unpacked/usr/bin/qemu-aarch64" "$qemu/usr/bin/"
  rm -rf "$apt"
}
