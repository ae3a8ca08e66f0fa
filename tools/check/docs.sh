#!/bin/sh
# Documents that a program prints are the same as what it prints today. generated-docs.txt lists
# them, one `COMMAND -> FILE` per line, run in the root with BUILD for the build folder. --fix
# writes the files anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

self_test() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$folder/tools/check" "$folder/docs" "$folder/build/dev"
  cp "$here/docs.sh" "$folder/tools/check/"
  echo 'echo fresh -> docs/planted.md' >"$folder/tools/check/generated-docs.txt"
  echo stale >"$folder/docs/planted.md"
  if TEND_NO_BUILD=1 "$folder/tools/check/docs.sh" >/dev/null 2>&1; then
    echo 'self-test: a stale document was not caught'
    exit 1
  fi
  TEND_NO_BUILD=1 "$folder/tools/check/docs.sh" --fix
  TEND_NO_BUILD=1 "$folder/tools/check/docs.sh"
  echo 'self-test: caught, and renewed by --fix'
}

if [ "${1-}" = --self-test ]; then
  self_test
  exit
fi
cd "$here/../.."
export BUILD="$PWD/build/dev"
if [ -z "${TEND_NO_BUILD-}" ]; then
  cmake --preset dev >/dev/null
  ninja --quiet -C "$BUILD"
fi

status=0
fresh=$(mktemp)
while read -r line; do
  case "$line" in '' | '#'*) continue ;; esac
  command=${line%% -> *}
  file=${line##* -> }
  if ! sh -c "$command" </dev/null >"$fresh"; then
    echo "$file: cannot be made: $command"
    status=1
  elif [ "${1-}" = --fix ]; then
    cp "$fresh" "$file"
  elif ! diff -u "$file" "$fresh"; then
    echo "$file: is not what '$command' prints; renew it with tools/check/docs.sh --fix"
    status=1
  fi
done <tools/check/generated-docs.txt
rm -f "$fresh"
exit $status
