#!/usr/bin/env python3
# label: ci
# timeout: 300
"""`tend run --on slurm` on a real Slurm of its own: jobs on several nodes, nodes that go down,
workers that are cancelled. What Slurm says about its own success is never believed."""

import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stack"))

from slurmlab import NoSlurm, SlurmLab, missing  # noqa: E402
from tendlab import (TEND, Skip, case, check, equal, is_root, read_text,  # noqa: E402
                     run_cases, wait_until)

SAME = [
    ["echo", "{1}-{2}", ":::", "a", "b", ":::", "1", "2"],
    ["--sh", "sleep 0.$1; echo $1; echo err $1 >&2", ":::", "3", "1", "2"],
    ["--exit=count", "--sh", 'exit "$1"', ":::", "0", "1", "2", "200"],
    ["--retries", "3", "--sh", "echo try $TEND_ATTEMPT; test $TEND_ATTEMPT = 3", ":::", "x"],
    ["--timeout", "300ms", "--sh", "echo begun; sleep 1000", ":::", "x"],
    ["--sh", "kill -9 $$", ":::", "x"],
    ["there-is-no-such-program", ":::", "x"],
    ["--env", "COLOUR=blue", "--sh", "echo $COLOUR $TEND_SEQ $1", ":::", "a", "b"],
    ["pwd", ":::", "x"],
    ["--sh", "head -c 3000000 /dev/zero | tr '\\0' x | od -An -c | head -3; printf '\\0\\377'",
     ":::", "x"],
]


class Cluster(SlurmLab):
    """A Slurm, and `tend run` on it."""

    def __init__(self, **what):
        try:
            super().__init__(**what)
        except NoSlurm as reason:
            raise Skip(str(reason)) from reason

    def words(self, arguments, options="", workers=3):
        on = f"slurm {options}".strip()
        return [TEND, "run", "--on", on, "--workers", str(workers), *arguments]

    def tend(self, *arguments, **place):
        return self.run(self.words(arguments, **place))

    def start_tend(self, *arguments, **place):
        return self.popen(self.words(arguments, **place), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def text_of(self, name):
        return read_text(f"{self.folder}/{name}")

    def log(self, name="run.jsonl"):
        return [json.loads(line) for line in self.text_of(name).splitlines()]

    def nobody_is_left(self):
        """Slurm runs nothing any more."""
        wait_until("Slurm's queue is empty", lambda: not self.run(["squeue", "-h"]).stdout)


_clusters = []


def cluster():
    """One for all cases that leave it as it was."""
    if not _clusters:
        fresh = Cluster()
        fresh.__enter__()
        _clusters.append(fresh)
    return _clusters[0]


# --- the same as here -----------------------------------------------------------------------------

@case(watchdog_s=120)
def everything_is_as_on_this_machine():
    slurm = cluster()
    for arguments in SAME:
        here = slurm.run([TEND, "run", *arguments])
        there = slurm.tend(*arguments)
        equal((there.returncode, there.stdout), (here.returncode, here.stdout),
              f"{arguments}\n{there.stderr}")
    slurm.nobody_is_left()


@case
def jobs_run_on_all_nodes_and_their_output_is_in_order():
    slurm = cluster()
    items = [str(number) for number in range(40)]
    done = slurm.tend("-j2", "--log", "run.jsonl", "--sh",
                      "echo $SLURMD_NODENAME >> nodes; sleep 0.05; echo $1", ":::", *items)
    equal((done.returncode, done.stdout.split()), (0, items), done.stderr)
    equal(set(slurm.text_of("nodes").split()), {"n1", "n2", "n3"})
    os.remove(f"{slurm.folder}/nodes")
    slurm.nobody_is_left()


@case
def a_job_that_is_killed_fails_with_its_signal_and_costs_no_worker():
    slurm = cluster()
    done = slurm.tend("--log", "killed.jsonl", "--sh", "test $1 != b || kill -9 $$; echo $1", ":::",
                      "a", "b", "c", workers=1)
    equal((done.returncode, done.stdout), (1, "a\nc\n"), done.stderr)
    check("lost" not in done.stderr, done.stderr)
    equal(sorted(record["end"] for record in slurm.log("killed.jsonl")),
          ["exit", "exit", "signal"])
    slurm.nobody_is_left()


@case(watchdog_s=120)
def a_thousand_small_jobs_take_no_time():
    slurm = cluster()
    slurm.tend("true", ":::", "x", workers=6)
    began = time.monotonic()
    done = slurm.tend("true", ":::", *[str(number) for number in range(1000)], workers=6)
    took = time.monotonic() - began
    equal((done.returncode, done.stderr), (0, ""))
    print(f"      1000 x true on 6 workers: {took:.2f} s")
    check(took < 60, f"{took:.1f} s")
    slurm.nobody_is_left()


# --- when something goes wrong --------------------------------------------------------------------

WAITS = ("echo $1 >> begun; echo $SLURM_JOB_ID $SLURMD_NODENAME $PPID > place-$1.new; "
         "mv place-$1.new place-$1; while ! [ -e go ]; do sleep 0.05; done; echo done $1")


def place_of(slurm, item):
    """Slurm's job, node and the worker's pid of a job that waits."""
    return wait_until(f"{item} runs", lambda: slurm.text_of(f"place-{item}").split())


def finish(slurm, front):
    with open(f"{slurm.folder}/go", "w", encoding="ascii"):
        pass
    out, err = front.communicate(timeout=100)
    return front.returncode, out, err


@case(watchdog_s=150)
def a_node_that_goes_down_costs_no_job_and_none_is_done_that_was_not():
    with Cluster() as slurm:
        items = ["a", "b", "c"]
        front = slurm.start_tend("-j1", "--log", "run.jsonl", "--sh", WAITS, ":::", *items,
                                 options="-c2")
        places = {item: place_of(slurm, item) for item in items}
        equal({place[1] for place in places.values()}, {"n1", "n2", "n3"})
        slurm.set_down("n2")
        wait_until("the job of n2 is lost", lambda: any(
            record["end"] == "lost" for record in slurm.log()))
        slurm.set_up("n2")
        code, out, err = finish(slurm, front)
        equal((code, out), (0, "done a\ndone b\ndone c\n"), err)
        check("is lost" in err and "may run twice" in err, err)
        lost = next(item for item, place in places.items() if place[1] == "n2")
        equal([record["items"] for record in slurm.log() if record["end"] == "lost"], [[lost]])
        equal(len([record for record in slurm.log() if record["end"] == "exit"]), 3)
        equal(sorted(slurm.text_of("begun").split()), sorted(items + [lost]))
        slurm.nobody_is_left()


@case(watchdog_s=150)
def a_worker_that_is_cancelled_or_killed_is_replaced():
    with Cluster() as slurm:
        items = ["a", "b", "c"]
        front = slurm.start_tend("-j1", "--log", "run.jsonl", "--sh", WAITS, ":::", *items,
                                 options="-c2")
        places = {item: place_of(slurm, item) for item in items}
        slurm.run(["scancel", places["a"][0]])
        os.kill(int(places["b"][2]), signal.SIGKILL)
        wait_until("both are lost", lambda: sum(
            record["end"] == "lost" for record in slurm.log()) == 2)
        code, out, err = finish(slurm, front)
        equal((code, out), (0, "done a\ndone b\ndone c\n"), err)
        equal(sorted(slurm.text_of("begun").split()), ["a", "a", "b", "b", "c"])
        slurm.nobody_is_left()


@case(watchdog_s=120)
def a_front_end_that_is_killed_leaves_nothing_on_the_cluster():
    with Cluster() as slurm:
        front = slurm.start_tend("--sh", WAITS, ":::", "a", "b", "c")
        for item in ("a", "b", "c"):
            place_of(slurm, item)
        front.kill()
        front.communicate()
        slurm.nobody_is_left()


@case(watchdog_s=120)
def workers_that_wait_for_a_node_are_explained():
    with Cluster(nodes=1) as slurm:
        # Two of four find a place; the others wait for as long as these have work.
        front = slurm.start_tend("--sh", WAITS, ":::", "a", "b", workers=4)
        place_of(slurm, "a"), place_of(slurm, "b")
        line = front.stderr.readline()
        check("2 of 4 workers have not answered yet: " in line and " pending (" in line, line)
        code, out, err = finish(slurm, front)
        equal((code, out), (0, "done a\ndone b\n"), err)
        slurm.nobody_is_left()


@case
def what_slurm_refuses_is_told_in_its_words():
    slurm = cluster()
    done = slurm.tend("true", ":::", "x", options="-p nowhere", workers=1)
    equal(done.returncode, 125, done.stderr)
    check("Invalid partition" in done.stderr, done.stderr)


# --- an imitation, for what a real one rarely does ------------------------------------------------

@case
def a_squeue_that_hangs_holds_up_nobody():
    with tempfile.TemporaryDirectory(prefix="tend-fake-slurm-") as folder:
        for name, text in (
                ("srun", 'echo "srun: job 7 queued and waiting for resources" >&2\n'
                         'while ! [ -e "$FAKE/go" ]; do sleep 0.05; done\n'
                         'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"\n'),
                ("squeue", 'echo "$@" > "$FAKE/asked"; exec sleep 1000\n')):
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(f"{folder}/{name}", 0o755)
        environment = dict(os.environ, FAKE=folder, PATH=f"{folder}:{os.environ['PATH']}")
        front = subprocess.Popen([TEND, "run", "--on", "slurm", "echo", ":::", "a"], text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=environment)
        wait_until("squeue is asked", lambda: "--jobs=7" in read_text(f"{folder}/asked"))
        with open(f"{folder}/go", "w", encoding="ascii"):
            pass
        out, err = front.communicate(timeout=60)
        equal((front.returncode, out), (0, "a\n"), err)


@case
def without_srun_it_is_said_what_is_missing():
    with tempfile.TemporaryDirectory(prefix="tend-no-slurm-") as folder:
        for name in ("sh", "env"):
            os.symlink(f"/bin/{name}", f"{folder}/{name}")
        done = subprocess.run([TEND, "run", "--on", "slurm", "echo", ":::", "a"], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=60, env=dict(os.environ, PATH=folder))
        equal((done.returncode, done.stdout), (125, ""), done.stderr)
        check("srun: not found" in done.stderr, done.stderr)


@case(watchdog_s=120)
def it_works_for_an_ordinary_user():
    if not is_root():
        raise Skip("the other cases have shown it")
    reason = missing()
    if reason:
        raise Skip(reason)
    try:
        pwd.getpwnam("slurm")
    except KeyError as error:
        raise Skip("there is no user slurm") from error
    with Cluster(nodes=2, user="slurm") as slurm:
        if slurm.run([TEND, "--version"]).returncode != 0:
            raise Skip("that user cannot execute tend here")
        done = slurm.tend("--sh", "id -un", ":::", "a", "b", workers=2)
        equal((done.returncode, done.stdout), (0, "slurm\nslurm\n"), done.stderr)
        slurm.nobody_is_left()


def main():
    try:
        run_cases()
    finally:
        for one in _clusters:
            one.close()


if __name__ == "__main__":
    main()
