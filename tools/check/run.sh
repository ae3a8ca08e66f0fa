#!/usr/bin/env bash
# Runs the checks, cheapest first, and says at the end which of them failed.
#
#   run.sh [--full] [NAME...]       all of them, or those named; --full: clang-tidy on every file
#   run.sh --self-test [NAME...]    each plants a violation in a temporary copy and catches it
set -uo pipefail
cd "$(dirname "$0")" || exit

all=(format.sh includes.py reliability.py kernel_calls.py child_side.py aarch64.py docs.sh headers.py tidy.py
  fuzz.sh sanitizers.sh)

full=no
self_test=no
names=()
for argument; do
  case "$argument" in
    --full) full=yes ;;
    --self-test) self_test=yes ;;
    -*)
      echo "check: unknown option $argument" >&2
      exit 2
      ;;
    *) names+=("$argument") ;;
  esac
done

# file_of <name>: the check that is meant by `tidy` or `tidy.py`.
file_of() {
  local file
  for file in "${all[@]}"; do
    if [ "$1" = "$file" ] || [ "$1" = "${file%.*}" ]; then
      echo "$file"
      return
    fi
  done
  echo "check: there is no check $1; there are: ${all[*]}" >&2
  return 1
}

chosen=()
for name in "${names[@]}"; do
  chosen+=("$(file_of "$name")") || exit 2
done
if [ ${#chosen[@]} = 0 ]; then
  chosen=("${all[@]}")
fi

failed=()
for check in "${chosen[@]}"; do
  arguments=()
  if [ $self_test = yes ]; then
    arguments=(--self-test)
  elif [ "$check" = tidy.py ] && [ $full = yes ]; then
    arguments=(--full)
  fi
  echo "== ${check%.*}"
  SECONDS=0
  if ! "./$check" "${arguments[@]}" </dev/null; then
    failed+=("${check%.*}")
    echo "-- ${check%.*} FAILED"
  fi
  echo "-- ${check%.*}: $SECONDS s"
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "checks that failed: ${failed[*]}"
  exit 1
fi
echo "all checks passed: ${chosen[*]%.*}"
