#!/bin/sh
# The tests with label fast under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
# (preset asan), and under ThreadSanitizer (preset tsan). Arguments: presets; both when none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
# Not the second that every test would wait at its end for other threads.
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=20

run_preset() {
  cmake --preset "$1" >/dev/null
  ninja --quiet -C "build/$1" tend_fast_tests
  ctest --test-dir "build/$1" -L '^fast$' --output-on-failure --no-tests=error -j "$(nproc)" \
    </dev/null >"build/$1/fast-tests.log" 2>&1 || {
    cat "build/$1/fast-tests.log"
    return 1
  }
  echo "$1: $(grep 'tests passed' "build/$1/fast-tests.log")"
}

plant_test() {
  cat >"$1/tests/base/planted_test.cpp" <<'PLANTED'
#include <gtest/gtest.h>
#include <thread>
TEST(Planted, undefined) { volatile int most = 0x7fffffff; most = most + 1; }
TEST(Planted, leak) { volatile auto* lost = new int(1); lost = nullptr; static_cast<void>(lost); }
TEST(Planted, race) {
  int shared = 0;
  std::thread other([&shared] { ++shared; });
  ++shared;
  other.join();
}
PLANTED
}

# caught <tree> <preset> <test>
caught() {
  if grep -q "$3 .*\*\*\*Failed" "$1/build/$2/fast-tests.log"; then
    echo "self-test: $2 caught $3"
  else
    echo "self-test: $2 missed $3"
    exit 1
  fi
}

self_test() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$folder/tests/base" "$folder/tools/check" "$folder/include"
  cp -r "$here/../../CMakeLists.txt" "$here/../../CMakePresets.json" "$here/../../cmake" "$folder/"
  cp -r "$here/../../tests/support" "$folder/tests/"
  cp "$here/sanitizers.sh" "$folder/tools/check/"
  plant_test "$folder"
  if "$folder/tools/check/sanitizers.sh" >/dev/null 2>&1; then
    echo 'self-test: planted mistakes were not caught'
    exit 1
  fi
  caught "$folder" asan Planted.undefined
  caught "$folder" asan Planted.leak
  caught "$folder" tsan Planted.race
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
cd "$here/../.."
status=0
if [ $# = 0 ]; then
  set -- asan tsan
fi
for preset; do
  run_preset "$preset" || status=1
done
exit $status
