#!/bin/sh
# Every fuzz target replays its corpus, fuzz/corpus/<target>/, and then looks for new failures for
# some seconds. What it finds lies in build/fuzz/found/; new corpus entries in build/fuzz/corpus/.
#
#   fuzz.sh [--seconds N] [TARGET...]     10 seconds and all targets by default
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# fuzz_one <target> <seconds>
fuzz_one() {
  grown="build/fuzz/corpus/$1"
  found="build/fuzz/found/$1"
  mkdir -p "$grown" "$found" "fuzz/corpus/$1"
  log="$found/log"
  if "build/fuzz/$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -close_fd_mask=1 \
    -artifact_prefix="$found/" "$grown" "fuzz/corpus/$1" </dev/null >"$log" 2>&1; then
    echo "$1: $(grep -o '^Done.*' "$log" | tail -1)"
  else
    tail -60 "$log"
    echo "$1: failed; the input lies in $found/"
    return 1
  fi
}

self_test() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$folder/fuzz/corpus/planted_fuzz" "$folder/tools/check" "$folder/include"
  cp -r "$here/../../CMakeLists.txt" "$here/../../CMakePresets.json" "$here/../../cmake" "$folder/"
  cp "$here/fuzz.sh" "$folder/tools/check/"
  cp "$here/../../fuzz/target."* "$folder/fuzz/"
  cat >"$folder/fuzz/planted_fuzz.cpp" <<'PLANTED'
#include "target.hpp"
void tend::fuzz::try_input(std::string_view input) {
  require(input.size() != 4 || !input.starts_with("bug"));
}
PLANTED
  printf 'bug!' >"$folder/fuzz/corpus/planted_fuzz/known"
  if "$folder/tools/check/fuzz.sh" --seconds 1 >/dev/null 2>&1; then
    echo 'self-test: a crash in the corpus was not caught'
    exit 1
  fi
  rm "$folder/fuzz/corpus/planted_fuzz/known"
  if "$folder/tools/check/fuzz.sh" --seconds 20 >/dev/null 2>&1; then
    echo 'self-test: a crash was not found within 20 seconds'
    exit 1
  fi
  echo 'self-test: a crash was replayed, and found anew'
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
cd "$here/../.."
if [ "${1-}" = --one ]; then
  fuzz_one "$2" "$3"
  exit
fi
seconds=10
if [ "${1-}" = --seconds ]; then
  seconds=$2
  shift 2
fi
cmake --preset fuzz >/dev/null
ninja --quiet -C build/fuzz tend_fuzz
if [ $# = 0 ]; then
  for source in fuzz/*_fuzz.cpp; do
    [ -e "$source" ] || continue
    set -- "$@" "$(basename "$source" .cpp)"
  done
fi
[ $# -gt 0 ] || exit 0
# One target per processor at a time; xargs calls this script again, with --one.
printf '%s\n' "$@" | xargs -r -P "$(nproc)" -I '{}' "$here/fuzz.sh" --one '{}' "$seconds"
