#!/bin/sh
# Row 23: any process: create, look, pause, resume, wait, end. `tend inspect PID` says all there is.
#
# output:
# <any>PID  STATE     COMMAND
# <any><pid:it>  sleeping  sleep 1000
# <pid:it> (sleep): paused
# <any><pid:it>  stopped  sleep 1000
# <pid:it> (sleep): resumed
# after 50 ms it still runs: exit code 124
# <any>|- sleep 1000
# ...
# state       sleeping: waits for an event; a signal wakes it<any>
# ...
# <pid:it> (sleep): sent SIGTERM<any>
# ended with 143, which is 128 and SIGTERM
set -eu
tend=${TEND:-tend}

sleep 1000 &
pid=$!
trap 'kill -9 $pid 2>/dev/null || :' EXIT
until_it_is() {
  until "$tend" ps --state="$1" --name=sleep "$pid" >/dev/null 2>&1; do sleep 0.01; done
}

until_it_is sleeping
"$tend" ps --columns=pid,state,command "$pid"
"$tend" pause "$pid"
until_it_is stopped
"$tend" ps --columns=pid,state,command "$pid" | tail -n 1
"$tend" resume "$pid"
until_it_is sleeping
"$tend" wait --timeout=50ms "$pid" >/dev/null 2>&1 || echo "after 50 ms it still runs: exit code $?"
"$tend" tree $$ 2>/dev/null | sed -n '/- sleep 1000$/p'
"$tend" inspect "$pid"
"$tend" kill "$pid"
code=0
{ wait "$pid"; } 2>/dev/null || code=$? # The shell would say "Terminated".
echo "ended with $code, which is 128 and SIGTERM"
