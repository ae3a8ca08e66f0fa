#!/usr/bin/env python3
# label: ci
# timeout: 300
"""`tend run --on slurm` on a real Slurm of its own: jobs on several nodes, nodes that go down,
workers that are cancelled. What Slurm says about its own success is never believed."""

import json
import os
import pwd
import re
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


class Three:
    """Three jobs that wait, on a node each; each leaves its name in `begun`."""

    ITEMS = ["a", "b", "c"]

    def __init__(self, slurm):
        self.slurm = slurm
        self.front = slurm.start_tend("-j1", "--log", "run.jsonl", "--sh", WAITS, ":::", *self.ITEMS,
                                      options="-c2")
        self.places = {item: place_of(slurm, item) for item in self.ITEMS}
        equal({place[1] for place in self.places.values()}, {"n1", "n2", "n3"})

    def ends(self, how):
        return [record["items"][0] for record in self.slurm.log() if record["end"] == how]

    def wait_for_losses(self, count):
        wait_until(f"{count} jobs are lost", lambda: len(self.ends("lost")) == count)

    def end_with_all_done_and_twice(self, *items):
        """All results are there, each once; these jobs have begun twice, and it was said."""
        code, out, err = finish(self.slurm, self.front)
        equal((code, out), (0, "done a\ndone b\ndone c\n"), err)
        check("is lost" in err and "may run twice" in err, err)
        equal(sorted(self.ends("lost")), sorted(items))
        equal(sorted(self.ends("exit")), self.ITEMS)
        equal(sorted(self.slurm.text_of("begun").split()), sorted(self.ITEMS + list(items)))
        self.slurm.nobody_is_left()


@case(watchdog_s=150)
def a_node_that_goes_down_costs_no_job_and_none_is_done_that_was_not():
    with Cluster() as slurm:
        three = Three(slurm)
        lost = next(item for item, place in three.places.items() if place[1] == "n2")
        slurm.set_down("n2")
        three.wait_for_losses(1)
        slurm.set_up("n2")
        three.end_with_all_done_and_twice(lost)


@case(watchdog_s=150)
def a_worker_that_is_cancelled_or_killed_is_replaced():
    with Cluster() as slurm:
        three = Three(slurm)
        slurm.run(["scancel", three.places["a"][0]])
        os.kill(int(three.places["b"][2]), signal.SIGKILL)
        three.wait_for_losses(2)
        three.end_with_all_done_and_twice("a", "b")


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

STARTS = 'while [ "${1#-}" != "$1" ]; do shift; done; '


class FakeSlurm:
    """A PATH that begins with programs of ours: `srun` and `squeue` are these shell texts."""

    def __init__(self, **programs):
        self.programs = programs

    def __enter__(self):
        self.place = tempfile.TemporaryDirectory(prefix="tend-fake-slurm-")
        self.folder = self.place.name
        for name, text in self.programs.items():
            with open(f"{self.folder}/{name}", "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\n{text}\n")
            os.chmod(f"{self.folder}/{name}", 0o755)
        self.environment = dict(os.environ, FAKE=self.folder,
                                PATH=f"{self.folder}:{os.environ['PATH']}")
        return self

    def __exit__(self, *_):
        self.place.cleanup()

    def start_tend(self, *words):
        return subprocess.Popen([TEND, "run", "--on", "slurm", *words], text=True, cwd=self.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment)

    def tend(self, *words):
        front = self.start_tend(*words)
        out, err = front.communicate(timeout=60)
        return front.returncode, out, err

    def text_of(self, name):
        return read_text(f"{self.folder}/{name}")


@case
def a_squeue_that_hangs_holds_up_nobody():
    with FakeSlurm(srun='echo "srun: job 7 queued and waiting for resources" >&2\n'
                        'while ! [ -e "$FAKE/go" ]; do sleep 0.05; done\n' + STARTS + 'exec "$@"',
                   squeue='echo "$@" > "$FAKE/asked"; exec sleep 1000') as slurm:
        front = slurm.start_tend("echo", ":::", "a")
        wait_until("squeue is asked", lambda: "--jobs=7" in slurm.text_of("asked"))
        with open(f"{slurm.folder}/go", "w", encoding="ascii"):
            pass
        out, err = front.communicate(timeout=60)
        equal((front.returncode, out), (0, "a\n"), err)


@case
def an_srun_that_ends_with_0_has_done_nothing():
    # As the real one does after "Node failure".
    with FakeSlurm(srun="exit 0", squeue=":") as slurm:
        code, out, err = slurm.tend("--log", "log", "echo", ":::", "a")
        equal((code, out), (125, ""), err)
        check("is given up" in err, err)
        equal(slurm.text_of("log"), "")


@case
def an_srun_that_ends_with_0_in_the_middle_of_a_job_has_not_done_it():
    # The first worker is killed while its job runs, and srun says that all is well.
    srun = (STARTS + 'if mkdir "$FAKE/first" 2> /dev/null; then\n'
            '  exec 3<&0; "$@" <&3 & echo $! > "$FAKE/worker"; exec 3<&-; wait; exit 0\nfi\n'
            'exec "$@"')
    script = ('echo $1 >> "$FAKE/ran"; [ "$TEND_ATTEMPT" = 2 ] || '
              '{ kill -9 $(cat "$FAKE/worker"); exec sleep 1000; }; echo out $1')
    with FakeSlurm(srun=srun, squeue=":") as slurm:
        code, out, err = slurm.tend("--log", "log", "--sh", script, ":::", "a")
        equal((code, out), (0, "out a\n"), err)
        check("may run twice" in err, err)
        equal(slurm.text_of("ran").split(), ["a", "a"])
        equal([json.loads(line)["end"] for line in slurm.text_of("log").splitlines()],
              ["lost", "exit"])


@case
def an_srun_that_prints_garbage_costs_the_worker_and_no_job():
    srun = (STARTS + 'if mkdir "$FAKE/first" 2> /dev/null; then\n'
            '  head -c 100000 /dev/zero | tr "\\0" g; exec sleep 1000\nfi\n'
            'echo Welcome to the cluster; exec "$@"')
    with FakeSlurm(srun=srun, squeue=":") as slurm:
        code, out, err = slurm.tend("echo", ":::", "a", "b")
        equal((code, out), (0, "a\nb\n"), err)
        check("is lost" in err and "not of a worker" in err, err)


@case
def an_srun_that_hangs_is_started_again_when_it_was_asked_for():
    srun = (STARTS + 'mkdir "$FAKE/first" 2> /dev/null && exec sleep 1000\nexec "$@"')
    with FakeSlurm(srun=srun, squeue="echo garbage: garbage") as slurm:
        code, out, err = slurm.tend("--worker-wait", "500ms", "echo", ":::", "a")
        equal((code, out), (0, "a\n"), err)
        check("has not answered within" in err, err)


@case
def without_srun_it_is_said_what_is_missing():
    with FakeSlurm() as slurm:
        for name in ("sh", "env"):
            os.symlink(f"/bin/{name}", f"{slurm.folder}/{name}")
        slurm.environment["PATH"] = slurm.folder
        code, out, err = slurm.tend("echo", ":::", "a")
        equal((code, out), (125, ""), err)
        check("srun: not found" in err, err)


# --- without anybody waiting ----------------------------------------------------------------------

class Detached:
    """A run that is submitted with --detach and collected later."""

    def __init__(self, slurm, *arguments, tasks=3, options=""):
        self.slurm, self.arguments = slurm, ("--log", "run.jsonl", *arguments)
        done = slurm.tend("--detach", *self.arguments, workers=tasks, options=options)
        equal(done.returncode, 0, done.stderr)
        self.job = re.search(r"Slurm job (\d+):", done.stdout).group(1)

    def collect(self):
        """When nothing of it is in the queue any more."""
        self.slurm.nobody_is_left()
        return self.slurm.run([TEND, "run", "--resume", *self.arguments])

    def is_collected(self):
        check(not os.path.exists(f"{self.slurm.folder}/run.jsonl.detached"), "its folder is there")


@case(watchdog_s=120)
def a_detached_run_is_collected_as_if_it_had_run_here():
    with Cluster() as slurm:
        items = [str(number) for number in range(60)]
        run = Detached(slurm, "-j2", "--exit=count", "--sh",
                       "echo $SLURMD_NODENAME >> nodes; sleep 0.05; echo out $1; exit $(($1 % 3))",
                       ":::", *items, tasks=6)
        done = run.collect()
        equal((done.returncode, done.stdout), (40, "".join(f"out {item}\n" for item in items)),
              done.stderr)
        equal(len(slurm.text_of("nodes").split()), 60)
        equal(set(slurm.text_of("nodes").split()), {"n1", "n2", "n3"})
        equal(len(slurm.log()), 60)
        run.is_collected()


@case(watchdog_s=150)
def a_detached_run_that_is_cancelled_is_collected_and_completed():
    with Cluster() as slurm:
        run = Detached(slurm, "-j1", "--sh", WAITS, ":::", "a", "b", "c", options="-c2")
        for item in ("a", "b", "c"):
            place_of(slurm, item)
        early = slurm.run([TEND, "run", "--resume", *run.arguments])
        equal((early.returncode, early.stdout), (125, ""), early.stderr)
        check("3 of 3 tasks: 3 running" in early.stderr, early.stderr)
        slurm.run(["scancel", f"{run.job}_2"])
        wait_until("one is gone", lambda: "_2" not in slurm.run(["squeue", "-h", "-r"]).stdout)
        with open(f"{slurm.folder}/go", "w", encoding="ascii"):
            pass
        done = run.collect()
        equal((done.returncode, done.stdout), (0, "done a\ndone b\ndone c\n"), done.stderr)
        check("1 of 3 tasks" in done.stderr and "may run twice" in done.stderr, done.stderr)
        equal(sorted(slurm.text_of("begun").split()), ["a", "b", "b", "c"])
        run.is_collected()


@case(watchdog_s=200)
def a_detached_run_whose_node_goes_down_loses_nothing():
    with Cluster() as slurm:
        # Not queued again by Slurm, which would wait for two minutes.
        run = Detached(slurm, "-j1", "--sh", WAITS, ":::", "a", "b", "c", options="-c2 --no-requeue")
        places = {item: place_of(slurm, item) for item in ("a", "b", "c")}
        lost = next(item for item, place in places.items() if place[1] == "n2")
        slurm.set_down("n2")
        wait_until("its task is gone", lambda: len(
            slurm.run(["squeue", "-h", "-r"]).stdout.splitlines()) == 2)
        with open(f"{slurm.folder}/go", "w", encoding="ascii"):
            pass
        slurm.set_up("n2")
        done = run.collect()
        equal((done.returncode, done.stdout), (0, "done a\ndone b\ndone c\n"), done.stderr)
        # slurmd ends the task of a node that is down; what it had not recorded runs again.
        begun = slurm.text_of("begun").split()
        check(sorted(begun) in (["a", "b", "c"], sorted(["a", "b", "c", lost])), begun)
        equal("may run twice" in done.stderr, len(begun) == 4, done.stderr)
        run.is_collected()


@case
def an_array_that_slurm_refuses_is_told_in_its_words():
    with Cluster() as slurm:
        done = slurm.tend("--detach", "--log", "run.jsonl", "true", ":::",
                          *[str(number) for number in range(1500)], workers=1500)
        equal((done.returncode, done.stdout), (125, ""), done.stderr)
        check("Invalid job array specification" in done.stderr and "MaxArraySize" in done.stderr,
              done.stderr)
        check(not os.path.exists(f"{slurm.folder}/run.jsonl.detached"), "its folder is there")


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
