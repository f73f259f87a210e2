# shellcheck shell=bash
# Configuring and building, one at a time per checkout.
# shellcheck disable=SC2154

# One compiler per core, as far as the memory reaches at 1.5 GB each.
job_count() {
  local cores memory limit
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1048576 < memory)); then
    memory=$((limit / 1048576))
  fi
  local jobs=$((memory / 1536))
  ((jobs <= cores)) || jobs=$cores
  ((jobs >= 1)) || jobs=1
  echo "$jobs"
}

# Runs a command while no other ./pincer builds in this checkout.
with_build_lock() {
  mkdir -p "$build/log"
  local lock status=0
  exec {lock}>"$build/.lock"
  if ! flock -n "$lock"; then
    say "another build runs in this checkout; waiting for it"
    flock "$lock"
  fi
  # Compilers that outlive an interrupted build must not keep the lock.
  eval "\"\$@\" $lock>&-" || status=$?
  exec {lock}>&-
  return "$status"
}

# CMake refuses the cache of a checkout that was copied or moved.
drop_foreign_cache() {
  local cache=$1/CMakeCache.txt
  [[ -f $cache ]] || return 0
  grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" || rm -rf "$1"
}

show_log_and_die() {
  printf '\n' >&2
  tail -n 40 "$2" >&2
  die "$1 failed (all of it: $2)"
}

configure() {
  local preset=$1 log=$build/log/$1-configure.log
  drop_foreign_cache "$build/$preset"
  (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 || show_log_and_die "configuring $preset" "$log"
}

# Reads ninja's output: one line that moves on a terminal, else a line per quarter.
show_progress() {
  local line percent shown=0
  while IFS= read -r line; do
    # Ninja counts its own look at the build files apart.
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) && $line != *'] Re-'* ]] || continue
    if [[ -t 2 ]]; then
      printf '\r\033[K%.*s' "${COLUMNS:-80}" "[${BASH_REMATCH[1]}/${BASH_REMATCH[2]}] ${BASH_REMATCH[3]##*/}" >&2
      continue
    fi
    percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
    if ((percent >= shown + 25)); then
      shown=$((percent / 25 * 25))
      say "$1: $shown % of ${BASH_REMATCH[2]} steps"
    fi
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# compile <preset> [target...]
compile() {
  local preset=$1 log=$build/log/$1-build.log jobs
  shift
  jobs=$(job_count)
  # What ccache asks for where headers are precompiled.
  CCACHE_SLOPPINESS=pch_defines,time_macros NINJA_STATUS='[%f/%t] ' cmake --build "$build/$preset" -j "$jobs" ${1+--target "$@"} 2>&1 |
    tee "$log" | show_progress "$preset" || show_log_and_die "building $preset" "$log"
}

build_preset() {
  local preset=$1 start=$SECONDS
  configure "$preset"
  say "building $preset"
  compile "$preset"
  say "built $preset in $((SECONDS - start)) s"
}

# The program alone, as `./pincer run` needs it.
build_program() {
  # The lock may have been waited for while another call did the work.
  ! up_to_date || return 0
  local start=$SECONDS new=$build/release/.building
  if [[ ! -f $build/release/build.ninja || ${packages_changed-} ]] ||
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/release/CMakeCache.txt"; then
    configure release
  fi
  # Sources that are written while the compiler runs must be newer than the stamp.
  printf '%s\n' "$root $HOSTTYPE" >"$new"
  say "building Pincer"
  compile release pincer
  mv "$new" "$stamp"
  say "built in $((SECONDS - start)) s"
}

make_up_to_date() {
  install_packages "${run_packages[@]}"
  with_build_lock build_program
}
