#!/bin/sh
# Every source file is formatted as .clang-format says. --fix formats them instead of complaining.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

sources() {
  find include src tests bench fuzz examples \( -name '*.hpp' -o -name '*.cpp' \) 2>/dev/null || true
}

self_test() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$folder/tools/check" "$folder/src"
  cp "$here/format.sh" "$folder/tools/check/"
  cp "$here/../../.clang-format" "$folder/"
  printf 'int f( int  a ){return a;}\n' >"$folder/src/planted.cpp"
  if "$folder/tools/check/format.sh" >/dev/null 2>&1; then
    echo 'self-test: a badly formatted file was not caught'
    exit 1
  fi
  "$folder/tools/check/format.sh" --fix
  "$folder/tools/check/format.sh"
  echo 'self-test: caught, and repaired by --fix'
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
cd "$here/../.."
case "${1-}" in
  --fix) sources | xargs -r -P "$(nproc)" -n 20 clang-format-19 -i ;;
  *) sources | xargs -r -P "$(nproc)" -n 20 clang-format-19 --dry-run -Werror ;;
esac
