#!/bin/sh
# label: ci
# timeout: 300
# The benchmarks that write documents still run, each with a little of everything it measures.
set -eu

if [ ! -e "$TEND_BUILD/bench/library_bench" ]; then
  echo "the benchmarks are not built here"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# has DOCUMENT WORDS: a line with these words was written.
has() {
  if ! grep -q -- "$2" "$1"; then
    cat "$1"
    echo "no line with: $2"
    exit 1
  fi
}

cp "$TEND_SOURCE/docs/performance.md" "$folder/supervisor.md"
"$TEND_SOURCE/bench/supervisor_bench.py" --quick --write "$folder/supervisor.md"
for title in 'Starting and stopping' 'at rest' 'Restarts' 'A crash loop' 'Logging' \
  'Death of the director' '20 services'; do
  has "$folder/supervisor.md" "^## .*$title"
done
has "$folder/supervisor.md" '^| tend | [0-9.]* |'

cp "$TEND_SOURCE/docs/library-performance.md" "$folder/library.md"
"$TEND_BUILD/bench/library_bench" --quick --write "$folder/library.md"
has "$folder/library.md" '^| tend | [0-9.]* ('
has "$folder/library.md" 'bytes of heap more after'

cp "$TEND_SOURCE/docs/run-performance.md" "$folder/run.md"
"$TEND_SOURCE/bench/run_bench.py" --quick --write "$folder/run.md"
for title in 'a program that does nothing' '/bin/true' 'One job' 'into a pipe' 'slow first job' \
  'wait for a slot'; do
  has "$folder/run.md" "^## .*$title"
done
has "$folder/run.md" '^| tend run | [0-9.]* |'
