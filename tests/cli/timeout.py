#!/usr/bin/env python3
"""`tend timeout` as a black box: how it exits, and that nothing of the command is left."""

import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import TEND, case, check, equal, is_alive, is_gone, run_cases, wait_until  # noqa: E402

folder = tempfile.TemporaryDirectory(prefix="tend-timeout-")


def path(name):
    return os.path.join(folder.name, name)


def start(*words):
    return subprocess.Popen([TEND, "timeout", *words], cwd=folder.name, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(child):
    out, err = child.communicate(timeout=60)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def timeout(*words):
    return ended(start(*words))


def pids_in(name):
    with open(path(name)) as file:
        return [int(word) for word in file.read().split()]


def wait_for_pids(name, count):
    """The pids in a file, once that many whole lines are there."""
    def look():
        return os.path.exists(path(name)) and open(path(name)).read().count("\n") >= count
    wait_until(f"{name} has {count} pids", look)
    pids = pids_in(name)
    os.unlink(path(name))
    return pids


@case
def a_command_in_time_keeps_its_exit_code():
    equal(timeout("60s", "true").returncode, 0)
    equal(timeout("60s", "--", "sh", "-c", "exit 3").returncode, 3)
    equal(timeout("60s", "sh", "-c", "kill -9 $$").returncode, 137)
    equal(timeout("0", "sh", "-c", "exit 4").returncode, 4)
    equal(timeout("60s", "echo", "--kill-after", "x").stdout, "--kill-after x\n")


@case
def too_late_is_124_whatever_the_unit():
    for duration in ("0.1", "100ms", "0.1s", "0.002m"):
        equal(timeout(duration, "sleep", "1000").returncode, 124, duration)


@case
def the_status_can_be_kept_and_the_signal_chosen():
    equal(timeout("--preserve-status", "0.1", "sleep", "1000").returncode, 128 + signal.SIGTERM)
    equal(timeout("--preserve-status", "-s", "INT", "0.1", "sleep", "1000").returncode,
          128 + signal.SIGINT)
    equal(timeout("-s", "SIGKILL", "0.1", "sleep", "1000").returncode, 137)


@case
def who_ignores_the_signal_is_killed():
    done = timeout("-k", "0.1", "0.1", "sh", "-c",
                   'trap "" TERM; echo $$ > stubborn; while :; do sleep 0.05; done')
    equal(done.returncode, 137)
    check(all(is_gone(pid) for pid in wait_for_pids("stubborn", 1)), "the command is gone")


@case
def nothing_of_the_tree_is_left():
    script = ("sleep 1000 & echo $! >> tree; setsid sleep 1000 & echo $! >> tree;"
              "(setsid sh -c 'echo $$ >> tree; exec sleep 1000' &);"
              "while [ $(wc -l < tree) -lt 3 ]; do sleep 0.01; done; sleep 1000")
    child = start("4s", "sh", "-c", script)
    pids = wait_for_pids("tree", 3)
    equal(ended(child).returncode, 124)
    equal([pid for pid in pids if not is_gone(pid)], [], "left of the tree")


@case
def what_a_command_leaves_behind_in_time_is_left_alone():
    equal(timeout("60s", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $! > left").returncode, 0)
    (pid,) = wait_for_pids("left", 1)
    check(is_alive(pid), "the child that was left behind lives")
    os.kill(pid, signal.SIGKILL)


@case
def signals_go_to_the_whole_tree():
    child = start("600s", "sh", "-c", "sleep 1000 & echo $! > both; echo $$ >> both; wait")
    pids = wait_for_pids("both", 2)
    child.send_signal(signal.SIGTERM)
    equal(ended(child).returncode, 128 + signal.SIGTERM)
    wait_until("all are gone", lambda: all(is_gone(pid) for pid in pids))


@case
def a_killed_timeout_takes_the_command_along():
    child = start("600s", "sh", "-c", "echo $$ > alone; exec sleep 1000")
    (pid,) = wait_for_pids("alone", 1)
    child.kill()
    ended(child)
    wait_until("the command is gone", lambda: is_gone(pid))


@case
def what_cannot_run_is_told_apart():
    done = timeout("1s", "/none/such")
    equal(done.returncode, 127)
    check("/none/such" in done.stderr, done.stderr)
    equal(timeout("1s", "/").returncode, 126)
    for words in (["x", "true"], ["1s"], ["1s", "--"], ["-s", "NOPE", "1s", "true"],
                  ["-k", "x", "1s", "true"], ["-1s", "true"], ["", "true"]):
        equal(timeout(*words).returncode, 2, str(words))


run_cases()
