#!/bin/sh
# Row 8: a supervisor: named processes, started in their order, their status, restarts up to a limit,
# and an end that lets them finish.
#
# output:
# tend.toml: 3 services: ok
# order of starting:
#   1. db, broken
#   2. web
# db: up and ready, pid <pid:db>
# web: up and ready, pid <pid:web>
# NAME    STATE         READY  PID<any>UPTIME  RESTARTS  LAST EXIT / REASON
# db      up            yes    <pid:db> <any>  0         -
# web     up            yes    <pid:web> <any>  0         -
# broken  cooling-down  -      -  <any>  2         exited with 3; it ended more than 2 times in 1m<any>
# ...
# Its last run: exited with 3.
# Next: it is started again in <any>. `tend start broken` tries at once.
# web: stopped as asked
# web is up
# web saves and goes
set -eu
tend=${TEND:-tend}

folder=$(mktemp -d)
export TEND_STATE="$folder/state"
trap '"$tend" down >/dev/null 2>&1 || :; rm -rf "$folder"' EXIT
cd "$folder"
cat >tend.toml <<'TOML'
name = "shop"

[service.db]
run = "echo db is up; exec sleep 1000"

[service.web]
run = "trap 'echo web saves and goes; exit 0' TERM; echo web is up; while :; do sleep 0.1; done"
requires = ["db"]

[service.broken]
run = "exit 3"
restart = { when = "failure", delay = "10ms", limit = "2 in 1m" }
TOML

"$tend" check
"$tend" up -d web # And what it requires.
"$tend" start broken >/dev/null 2>&1 || :
until "$tend" status --json broken | grep -q cooling-down; do sleep 0.05; done
"$tend" status || :
"$tend" why broken
"$tend" stop web 2>/dev/null
"$tend" down 2>/dev/null
"$tend" logs web
