#!/usr/bin/env python3
# label: ci
# timeout: 600
"""kill -9 of each process of tend at each system call that it makes while services start, restart and
stop. Here a few calls of each kind are drawn, the same ones each time (TEND_SEED draws others);
kill_at_every_call.py tries them all.

What must hold after each: never a second copy, nobody else is touched, exit codes are exact (where
the keeper died: exact or unknown), no byte of a log is lost or doubled, and `down` leaves nothing."""

import os
import re
import signal
import subprocess

from numbered import check_log, copies_of
from tendlab import (KEEPER, PROGRAMS, Lab, Skip, case, check, equal, is_alive, is_gone, need_root,
                     run_cases, wait_until)

EVERY_CALL = "TEND_EVERY_CALL" in os.environ
SEED = int(os.environ.get("TEND_SEED", "1"))
KILL_AT = f"{os.path.abspath(PROGRAMS)}/kill_at"
CALLS_MAX = 160
HOURS = 4 * 3600 if EVERY_CALL else 120

PROJECT = """
[service.web]
run = '''exec 9>>@LAB@/web.lock; flock -n 9 || echo twice >> @LAB@/twice; echo $$ >> @LAB@/web.runs
exec sleep 1000.@TOKEN@'''
ready = { exec = ["true"] }
restart = { delay = "10ms", limit = "60 in 1m" }
[service.clock]
run = "exec sleep 1001.@TOKEN@"
[service.lines]
run = ["@PROGRAMS@/numbered_lines", "lines", "1"]
restart = { when = "never" }
log = { max-size = "256KiB", keep = 1000 }
[service.job]
run = ["@PROGRAMS@/numbered_lines", "job", "1"]
restart = { when = "never" }
"""


def call_names():
    for folder in ("/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"):
        if os.path.exists(f"{folder}/unistd_64.h"):
            with open(f"{folder}/unistd_64.h") as file:
                return {int(number): name for name, number in
                        re.findall(r"#define __NR_(\w+) (\d+)", file.read())}
    return {}


NAMES = call_names()


class Killer:
    """What kill_at says in its one line."""

    def __init__(self, line):
        what, calls, number = line.split()
        self.has_killed, self.calls = what == "killed", int(calls)
        self.name = NAMES.get(int(number), number)


class Tracer:
    """kill_at beside a process of a lab, or beside its next child."""

    def __init__(self, lab, mode, point, pid):
        self.process = subprocess.Popen([KILL_AT, mode, str(point), str(pid)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lab.started.append(self.process)
        if self.process.stdout.readline() != "attached\n":
            raise Skip(f"cannot trace here: {self.process.stderr.read().strip()}")

    def finish(self):
        line = self.process.communicate()[0]
        return Killer(line)


class Points:
    """The calls of one kind of run, by number: all of them, or as many as are drawn."""

    def __init__(self, lab, what, calls, drawn):
        check(calls > drawn, f"{what}: {calls} calls were seen")
        self.lab, self.what, self.calls, self.hits = lab, what, calls, {}
        numbers = range(1, calls + 1)
        self.numbers = numbers if EVERY_CALL else sorted(lab.random.sample(numbers, drawn))

    def note(self, killer):
        if killer.has_killed:
            self.hits[killer.name] = self.hits.get(killer.name, 0) + 1

    def tell(self):
        hits = sum(self.hits.values())
        print(f"      {self.what}: killed at {hits} of {self.calls} calls, "
              f"{len(self.hits)} different ones; seed {self.lab.seed}", flush=True)
        # A run makes a few calls more or fewer each time, so the last ones may not be reached.
        check(hits >= len(self.numbers) // 3, "enough of the calls were reached")


class Watched(Lab):
    """The project, and what must be true of it whenever its parts have come back."""

    def __init__(self):
        need_root()  # The keeper is not dumpable.
        super().__init__(PROJECT, seed=SEED)
        self.job_runs = []

    def begin(self):
        self.up()
        self.clock = self.status("clock")["pid"]
        self.lines = self.status("lines")["pid"]
        self.job_runs = [self.status("job")["pid"]]
        self.keeper = self.project()["keeper_pid"]

    def pid_of(self, helper):
        """The pid of the living director or recorder."""
        return wait_until(f"there is a {helper}",
                          lambda: (pid := self.project().get(f"{helper}_pid")) and is_alive(pid) and pid)

    def end_job(self):
        """The job ends with a code of its own, whoever is there to see it."""
        code = self.random.randrange(30)
        self.kill(self.job_runs[-1], signal.SIGRTMIN + code)
        return 100 + code

    def disturb(self):
        """What is done to the project while one of its processes is being killed."""
        code = self.end_job()
        self.tend("restart", "--wait", "5s", "web")  # May fail: who answers is being killed.
        return code

    def check_all(self, code, when, may_be_unknown=False):
        seen = self.wait_state("job", "failed")["last_exit"]
        check(seen.get("code") == code or may_be_unknown and seen.get("unknown"),
              f"{when}: the job ended with {code}, told is {seen}")
        self.tend("start", "web", "job", expect=0)
        self.job_runs.append(self.status("job")["pid"])
        # A shell that forks looks like two for a moment; a second copy would stay.
        wait_until(f"{when}: there is one copy of web", lambda: len(self.with_token(" 1000.")) == 1)
        check(not self.exists("twice"), f"{when}: never two copies")
        equal(copies_of(self, "job"), self.job_runs[-1:], f"{when}: copies of the job")
        for name, pid in (("clock", self.clock), ("lines", self.lines)):
            seen = self.status(name)
            equal((seen["state"], seen["pid"], seen["restarts"]), ("up", pid, 0), f"{when}: {name}")

    def check_the_end(self):
        self.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", self.log("lines"))], [self.lines])
        equal([pid for pid, _ in check_log("job", self.log("job"))], self.job_runs)


def at_each_call_of(lab, helper, drawn):
    """A helper is killed at its calls while the others work on."""

    def round_at(point):
        tracer = Tracer(lab, "attach", point, lab.pid_of(helper))
        code = lab.disturb()
        killer = tracer.finish()
        lab.check_all(code, f"after {helper} at call {point}, {killer.name}")
        equal(lab.project()["keeper_pid"], lab.keeper)
        return killer

    # A recorder makes the same few calls for each piece of a log, as many as the others take time.
    calls_max = 60 if helper == "recorder" else CALLS_MAX
    points = Points(lab, f"{helper} at work", min(round_at(0).calls, calls_max), drawn)
    for point in points.numbers:
        points.note(round_at(point))
    points.tell()


def at_each_call_of_a_new(lab, helper, drawn):
    """A helper is killed at its calls while it takes over from one that was killed."""

    def round_at(point):
        old = lab.pid_of(helper)
        tracer = Tracer(lab, "child", point, lab.keeper)
        code = lab.end_job()
        lab.kill(old)
        wait_until(f"there is a new {helper}", lambda: lab.project().get(f"{helper}_pid") not in (0, None, old))
        lab.wait_state("job", "failed")
        written = len(lab.log("lines"))
        wait_until("the log grows on", lambda: len(lab.log("lines")) > written)
        killer = tracer.finish()
        lab.check_all(code, f"after a new {helper} at call {point}, {killer.name}")
        return killer

    # What it does once it works is tried above.
    calls_max = 110 if helper == "recorder" else CALLS_MAX + 40
    points = Points(lab, f"{helper} at its start", min(round_at(0).calls, calls_max), drawn)
    for point in points.numbers:
        points.note(round_at(point))
    points.tell()


def at_each_call_of_its_life(helper, drawn, drawn_new):
    with Watched() as lab:
        lab.begin()
        at_each_call_of(lab, helper, drawn)
        at_each_call_of_a_new(lab, helper, drawn_new)
        lab.check_the_end()


@case(watchdog_s=HOURS)
def a_director_that_is_killed_at_any_call_is_continued():
    at_each_call_of_its_life("director", 14, 10)


@case(watchdog_s=HOURS)
def a_recorder_that_is_killed_at_any_call_loses_and_doubles_nothing():
    at_each_call_of_its_life("recorder", 6, 6)


@case(watchdog_s=HOURS)
def a_keeper_that_is_killed_at_any_call_is_taken_over():
    with Watched() as lab:
        lab.begin()

        def round_at(point):
            project = lab.project()
            tracer = Tracer(lab, "attach", point, project["keeper_pid"])
            code = lab.disturb()
            # It also starts a helper anew, unless it is dead by now.
            if is_alive(project["keeper_pid"]):
                try:
                    lab.kill(project["director_pid"])
                except (ProcessLookupError, AssertionError):
                    pass  # It has just ended with its keeper.
                wait_until("there is a new director, or no keeper any more",
                           lambda: not is_alive(project["keeper_pid"])
                           or lab.project().get("director_pid") not in (0, None, project["director_pid"]))
            killer = tracer.finish()
            if killer.has_killed:
                wait_until("the keeper has ended", lambda: is_gone(project["keeper_pid"]))
                wait_until("the director ends with it", lambda: not lab.project().get("director_pid"))
            lab.up(expect=None)  # The job that has failed is told by exit code 1.
            lab.check_all(code, f"after the keeper at call {point}, {killer.name}", may_be_unknown=True)
            return killer

        points = Points(lab, "keeper", round_at(0).calls, 12)
        for point in points.numbers:
            points.note(round_at(point))
        points.tell()
        lab.check_the_end()


@case(watchdog_s=HOURS)
def an_upgrade_survives_whoever_is_killed_at_any_call():
    with Watched() as lab:
        lab.begin()
        for who, drawn in (("director", 5), ("recorder", 3), ("keeper", 8)):

            def round_at(point, who=who):
                project = lab.project()
                tracer = Tracer(lab, "attach", point, project[f"{who}_pid"])
                code = lab.end_job()
                done = lab.tend("upgrade")  # May fail: who is to do it is being killed.
                killer = tracer.finish()
                when = f"after {who} at call {point} of an upgrade, {killer.name}"
                if who == "keeper" and killer.has_killed:
                    wait_until("the keeper has ended", lambda: is_gone(project["keeper_pid"]))
                    wait_until("the director ends with it", lambda: not lab.project().get("director_pid"))
                    lab.up(expect=None)  # The job that has failed is told by exit code 1.
                    lab.check_all(code, when, may_be_unknown=True)
                else:
                    check(done.returncode == 0 or killer.has_killed, f"{when}: {done}")
                    lab.check_all(code, when)
                    equal(lab.project()["keeper_pid"], project["keeper_pid"], when)
                return killer

            # The recorder writes on until it is replaced, which may be soon.
            calls_max = 40 if who == "recorder" else CALLS_MAX
            points = Points(lab, f"{who} in an upgrade", min(round_at(0).calls, calls_max), drawn)
            for point in points.numbers:
                points.note(round_at(point))
            points.tell()
        lab.check_the_end()


# --- the first and the last moments of a project -----------------------------------------------------

def report_of(path):
    return wait_until("the tracer has seen the end",
                      lambda: os.path.exists(path) and os.path.getsize(path) and Killer(open(path).read()))


def begin_anew(lab, when):
    """After an `up` that was cut short: the next one makes the project whole."""
    # Who was started by the killed one may still be at work, which the next one says.
    wait_until(f"{when}: the next up works", lambda: lab.tend("up", "-d").returncode == 0)
    lab.wait_ready("web")
    wait_until(f"{when}: there is one copy", lambda: len(lab.with_token(" 1000.")) == 1)
    check(not lab.exists("twice"), f"{when}: never two copies")
    lab.down_and_nothing_left()


def at_each_call_of_a_beginning(what, drawn, begin):
    need_root()
    # The web of the other cases, which says when it runs twice, and nothing else.
    with Lab(PROJECT.partition("[service.clock]")[0], seed=SEED) as lab:

        def round_at(point):
            report = lab.path("report")
            if os.path.exists(report):
                os.unlink(report)
            begin(lab, point, report)
            lab.down(expect=None)
            killer = report_of(report)
            begin_anew(lab, f"{what} at call {point}, {killer.name}")
            return killer

        points = Points(lab, what, round_at(0).calls, drawn)
        for point in points.numbers:
            points.note(round_at(point))
        points.tell()


@case(watchdog_s=HOURS)
def an_up_that_is_killed_at_any_call_makes_no_second_copy():

    def begin(lab, point, report):
        command = [KILL_AT, "become", str(point), report, "--", *lab.command("up", "-d")]
        subprocess.run(command, env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60)

    at_each_call_of_a_beginning("up", 8, begin)


@case(watchdog_s=HOURS)
def a_keeper_that_is_killed_at_any_call_of_its_life_is_followed_by_another():

    def begin(lab, point, report):
        lab.keeper_path = lab.write("keeper", f'#!/bin/sh\nexec {KILL_AT} become {point} {report} -- '
                                    f'{os.path.abspath(KEEPER)} "$@"\n', 0o755)
        lab.tend("up", "-d")
        lab.keeper_path = os.path.abspath(KEEPER)

    at_each_call_of_a_beginning("keeper all its life", 6, begin)


@case(watchdog_s=HOURS)
def a_down_goes_on_whoever_is_killed_at_any_call():
    need_root()
    with Lab(PROJECT, seed=SEED) as lab:
        for who, drawn in (("director", 4), ("recorder", 3), ("keeper", 4)):

            def round_at(point, who=who):
                lab.up()
                tracer = Tracer(lab, "attach", point, lab.project()[f"{who}_pid"])
                lab.tend("down")  # May fail where the keeper is killed; then it is asked again.
                killer = tracer.finish()
                lab.down(expect=None)
                lab.assert_nothing_left()
                return killer

            points = Points(lab, f"{who} at the end", round_at(0).calls, drawn)
            for point in points.numbers:
                points.note(round_at(point))
            points.tell()
        runs = check_log("lines", lab.log("lines"))
        check(runs, "the lines of each run are whole")


if not os.path.exists(KILL_AT):
    raise SystemExit(f"{KILL_AT} is not built")
run_cases()
