#!/bin/sh
# Row 11: a command for many items in parallel, results in order, a time limit that ends the whole
# tree, and a run that goes on where it was left.
#
# output:
# slow 1
# quick 2
# quick 3
# tend: 1 of 3 jobs failed
#   job 2: --sh 'test -e "$1" || sleep 1000' missing: timed out after <any>
# exit code 1
# 4 attempts in the log
set -eu
tend=${TEND:-tend}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The first takes longest; what the others write waits for its turn.
"$tend" run -j3 --sh 'if [ "$1" = 1 ]; then sleep 0.2; echo slow 1; else echo "quick $1"; fi' \
  ::: 1 2 3

# One of three takes too long. The log knows which.
: >a
: >b
code=0
"$tend" run --timeout 300ms --log log --sh 'test -e "$1" || sleep 1000' ::: a missing b 2>&1 ||
  code=$?
echo "exit code $code"

# What failed is run again, and nothing else.
: >missing
"$tend" run --resume=failed --log log --sh 'test -e "$1" || sleep 1000' ::: a missing b
echo "$(grep -c attempt log) attempts in the log"
