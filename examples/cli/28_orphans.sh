#!/bin/sh
# Row 28: orphans are adopted and reaped. `tend init` is the parent of a command and of everybody
# whom it leaves alone, as process 1 of a container has to be, and ends with the command's exit code.
#
# output:
# the orphan has a new parent: tend-keeper
# it has ended, and nothing is left of it
# exit code 7
set -eu
tend=${TEND:-tend}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/command" <<'SCRIPT'
cd "$1"
mkfifo end
# The shell in brackets ends at once, so its child loses its parent.
(cat end >/dev/null 2>&1 & echo $! >orphan)
orphan=$(cat orphan)
parent=$(ps -o ppid= -p "$orphan" | tr -d ' ')
echo "the orphan has a new parent: $(cat "/proc/$parent/comm")"
: >end
while [ -e "/proc/$orphan" ]; do sleep 0.01; done # As a zombie it would be there for ever.
echo "it has ended, and nothing is left of it"
exit 7
SCRIPT

code=0
"$tend" init -- sh "$folder/command" "$folder" || code=$?
echo "exit code $code"
