#!/usr/bin/env python3
# label: fast
# timeout: 300
"""`tend run` through workers that a launcher starts: the same as on this machine, whatever happens
to the workers."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stack"))

from tendlab import (SOURCE, TEND, case, check, equal, read_bytes, read_text,  # noqa: E402
                     run_cases, wait_until)

FAKE = f"{sys.executable} {SOURCE}/tests/jobs/fake_worker.py"


class Folder:
    """A place for one case, and a mark by which its processes are known."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="tend-remote-")
        self.mark = f"TEND_REMOTE_TEST={self.path}"
        self.environment = dict(os.environ, TEND_REMOTE_TEST=self.path)
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                # The guard of a worker that was killed works on while the run may be over.
                wait_until("nothing is left", lambda: not self.processes())
        finally:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.path, ignore_errors=True)

    def processes(self):
        """Pids of all that descend from what this case started."""
        mark = self.mark.encode()
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit() and mark in read_bytes(f"/proc/{name}/environ").split(b"\0"):
                found.append(int(name))
        return found

    def words(self, arguments, launcher="env", workers=2):
        return [TEND, "run", "--launcher", launcher, "--workers", str(workers), *arguments]

    def run(self, *arguments, stdin=subprocess.DEVNULL, **place):
        return subprocess.run(self.words(arguments, **place), stdin=stdin, capture_output=True,
                              text=True, cwd=self.path, env=self.environment, timeout=120,
                              check=False)

    def start(self, *arguments, **place):
        return subprocess.Popen(self.words(arguments, **place), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                cwd=self.path, env=self.environment)

    def local(self, *arguments, stdin=None):
        return subprocess.run([TEND, "run", *arguments], input=stdin, capture_output=True,
                              text=True, cwd=self.path, env=self.environment, timeout=120,
                              check=False)

    def log(self):
        """The records of run.jsonl, in the order in which they were written."""
        return [json.loads(line) for line in read_text(f"{self.path}/run.jsonl").splitlines()]

    def lines(self, name):
        return read_text(f"{self.path}/{name}").splitlines()


# --- the same as here -----------------------------------------------------------------------------

SAME = [
    ["echo", "{1}-{2}", ":::", "a", "b", ":::", "1", "2"],
    ["--sh", 'sleep 0.$1; echo $1; echo err $1 >&2', ":::", "3", "1", "2"],
    ["--tag", "printf", "x\\ny", ":::", "a", "b"],
    ["--exit=count", "--sh", 'exit "$1"', ":::", "0", "1", "2", "200"],
    ["--exit=job", "--halt", "soon,fail=1", "-j1", "--sh", 'exit "$1"', ":::", "7", "0"],
    ["--retries", "3", "--sh", 'echo try $TEND_ATTEMPT; test $TEND_ATTEMPT = 3', ":::", "x"],
    ["--timeout", "300ms", "--sh", 'echo begun; sleep 1000', ":::", "x"],
    ["--timeout", "300ms", "--grace", "100ms", "--sh", 'trap "" TERM; setsid sleep 1000',
     ":::", "x"],
    ["--sh", 'kill -9 $$', ":::", "x"],
    ["there-is-no-such-program", ":::", "x"],
    ["--env", "COLOUR=blue", "--sh", 'echo $COLOUR $TEND_SEQ $1', ":::", "a", "b"],
    ["--cwd", "/", "pwd", ":::", "x"],
    ["pwd", ":::", "x"],
    ["--sh", 'cat; readlink /proc/self/fd/0', ":::", "x"],
    ["--mem-max", "64M", "--nice", "3", "--sh", 'ulimit -v; nice', ":::", "x"],
    ["--live", "--sh", 'printf "%s\\n" $1', ":::", "one"],
    ["-u", "echo", ":::", "one"],
    ["--sh", 'printf "a b;%s" "$1" | od -c', ":::", "a b;$(touch pwned)`touch pwned`*\"'"],
    ["--sh", 'sleep 2 & echo left', ":::", "x"],
    ["--out", "results", "-q", "--sh", 'echo out $1; echo err $1 >&2', ":::", "a", "b"],
]


def comparable(done):
    """What may differ is taken out: times, and which of several failures came first."""
    words = re.sub(r"\d+(\.\d+)?(ms|s)\b", "TIME", done.stderr)
    return done.returncode, done.stdout, sorted(words.splitlines())


@case(watchdog_s=120)
def everything_is_as_on_this_machine():
    for arguments in SAME:
        with Folder() as here, Folder() as there:
            expected = here.local(*arguments)
            seen = there.run(*arguments, workers=1 if "-j1" in arguments else 2)
            expected.stdout = expected.stdout.replace(here.path, "HERE")
            seen.stdout = seen.stdout.replace(there.path, "HERE")
            equal(comparable(seen), comparable(expected), " ".join(arguments))
            equal(sorted(os.listdir(there.path)), sorted(os.listdir(here.path)), "files")


@case
def the_log_has_the_same_records():
    arguments = ["-j2", "--log", "run.jsonl", "--retries", "2", "--sh",
                 'echo out; test $1 != b', ":::", "a", "b", "c"]
    different = {"start", "runtime", "host", "usage", "user", "system", "rss", "slot", "pid"}

    def records(folder):
        return sorted(json.dumps({key: value for key, value in record.items()
                                  if not any(word in key for word in different)}, sort_keys=True)
                      for record in folder.log())

    with Folder() as here, Folder() as there:
        equal(there.run(*arguments).returncode, here.local(*arguments).returncode)
        equal(records(there), records(here))
        equal(len(there.log()), 4)


@case
def input_blocks_travel_to_the_workers():
    numbers = "".join(f"{number}\n" for number in range(1, 100_001))
    with Folder() as folder:
        with open(f"{folder.path}/numbers", "w", encoding="ascii") as file:
            file.write(numbers)
        with open(f"{folder.path}/numbers", "rb") as file:
            done = folder.run("--pipe", "--block", "100KiB", "cat", stdin=file, workers=3)
        equal(done.returncode, 0, done.stderr)
        equal(hashlib.md5(done.stdout.encode()).hexdigest(),
              hashlib.md5(numbers.encode()).hexdigest())


@case
def a_job_that_does_not_read_its_block_does_no_harm():
    with Folder() as folder:
        with open(f"{folder.path}/zeros", "wb") as file:
            file.truncate(8 << 20)
        with open(f"{folder.path}/zeros", "rb") as file:
            done = folder.run("--pipe", "--block", "4MiB", "true", stdin=file)
        equal((done.returncode, done.stdout), (0, ""), done.stderr)


@case
def jobs_are_spread_over_the_workers_and_shown_in_order():
    with Folder() as folder:
        items = [str(number) for number in range(60)]
        done = folder.run("-j2", "--log", "run.jsonl", "--sh", "echo $1; echo $PPID >> parents",
                          ":::", *items, workers=3)
        equal(done.stdout.split(), items, done.stderr)
        equal(len(set(folder.lines("parents"))), 3, "workers that ran jobs")
        slots = {record["slot"] for record in folder.log()}
        check(slots <= set(range(1, 7)), f"slots: {slots}")


@case(watchdog_s=120)
def much_output_passes_whole_and_waits_its_turn():
    with Folder() as folder:
        program = "head -c 20000000 /dev/zero | tr '\\0' $1; test $1 != a || sleep 1"
        done = folder.run("-j2", "--sh", program, ":::", "a", "b", "c", "d")
        equal(done.returncode, 0, done.stderr)
        for at, letter in enumerate("abcd"):
            part = done.stdout[at * 20_000_000:(at + 1) * 20_000_000]
            check(part.count(letter) == 20_000_000, f"the part of {letter}")


# --- when workers are lost ------------------------------------------------------------------------

def worker_of(folder):
    """The pid of the worker whose job wrote its parent into the file `parent`."""
    return int(wait_until("the job runs", lambda: read_text(f"{folder.path}/parent").strip()))


@case
def the_jobs_of_a_killed_worker_run_again_and_it_is_said():
    with Folder() as folder:
        # The first time it waits to be killed with its worker, which takes all it started along.
        program = ('echo run >> runs; if [ -e parent ]; then echo done $1; '
                   'else echo $PPID > parent.new; mv parent.new parent; sleep 1000; fi')
        front = folder.start("-j1", "--log", "run.jsonl", "--sh", program, ":::", "x", workers=1)
        os.kill(worker_of(folder), signal.SIGKILL)
        out, err = front.communicate(timeout=60)
        equal((front.returncode, out), (0, "done x\n"), err)
        check("worker 1 on " in err and "is lost" in err, err)
        check("may run twice" in err, err)
        equal(folder.lines("runs"), ["run", "run"])
        equal([record["end"] for record in folder.log()], ["lost", "exit"])
        equal([record.get("may_have_run", False) for record in folder.log()], [False, True])
        check("1 job may have run twice" in err, err)


@case
def a_signal_for_another_number_of_slots_is_answered():
    with Folder() as folder:
        front = folder.start("-j1", "--sh", "echo >> begun; while [ ! -e end ]; do sleep .05; done",
                             ":::", "a")
        wait_until("the job runs", lambda: folder.lines("begun"))
        front.send_signal(signal.SIGUSR1)
        check("slots of workers stay as they are" in front.stderr.readline(), "an answer")
        with open(f"{folder.path}/end", "w", encoding="ascii"):
            pass
        equal(front.communicate(timeout=60)[0], "")


@case
def nothing_is_lost_when_workers_die_all_the_time():
    with Folder() as folder:
        items = [str(number) for number in range(30)]
        # Each tenth job kills its worker, once.
        program = ('case $1 in *5) if mkdir "killed$1" 2>/dev/null; then kill -9 $PPID; '
                   'sleep 1000; fi;; esac; echo $1')
        done = folder.run("-j2", "--log", "run.jsonl", "--sh", program, ":::", *items)
        equal((done.returncode, done.stdout.split()), (0, items), done.stderr)
        succeeded = [record for record in folder.log() if record["end"] == "exit"]
        equal(len({record["seq"] for record in succeeded}), 30)
        equal(len(succeeded), 30, "each job is done once in the log")


@case
def a_job_that_always_kills_its_worker_fails_and_the_others_do_not():
    with Folder() as folder:
        program = 'if [ $1 = bad ]; then sleep 0.2; kill -9 $PPID; sleep 1000; fi; echo $1'
        done = folder.run("-j1", "--log", "run.jsonl", "--sh", program, ":::", "a", "bad", "b",
                          "c", "d")
        equal(done.returncode, 1, done.stderr)
        equal(done.stdout.split(), ["a", "b", "c", "d"], done.stderr)
        check("its worker was lost" in done.stderr, done.stderr)
        bad = [record["end"] for record in folder.log() if "bad" in record["argv"]]
        equal(set(bad), {"lost"})


@case
def a_front_end_that_is_killed_leaves_nothing():
    with Folder() as folder:
        front = folder.start("-j2", "--sh", "sleep 1000 & echo >> begun; setsid sleep 1000", ":::",
                             "a", "b", "c", "d")
        wait_until("all jobs run", lambda: len(folder.lines("begun")) == 4)
        front.kill()
        front.communicate()
        wait_until("nothing is left", lambda: not folder.processes())


@case
def ctrl_c_stops_all_jobs_on_all_workers():
    with Folder() as folder:
        front = folder.start("-j2", "--log", "run.jsonl", "--sh",
                             "trap 'echo stopped; exit' TERM; echo >> begun; "
                             "while :; do sleep 0.05; done",
                             ":::", "a", "b", "c", "d", "e")
        wait_until("all jobs run", lambda: len(folder.lines("begun")) == 4)
        front.send_signal(signal.SIGINT)
        out, err = front.communicate(timeout=60)
        equal(front.returncode, 130, err)
        equal(out, "stopped\n" * 4, err)
        equal([record["end"] for record in folder.log()], ["stopped"] * 4)


# --- launchers that are of no use -----------------------------------------------------------------

@case
def a_launcher_that_does_not_exist_is_told_in_the_shells_words():
    with Folder() as folder:
        done = folder.run("--log", "run.jsonl", "echo", ":::", "a", launcher="no-such-launcher",
                          workers=1)
        equal((done.returncode, done.stdout), (125, ""), done.stderr)
        check("not found" in done.stderr and "worker 1 is given up" in done.stderr, done.stderr)
        equal([record for record in folder.log() if record["end"] == "exit"], [])


@case
def a_launcher_that_hangs_is_given_up():
    with Folder() as folder:
        done = folder.run("--worker-wait", "200ms", "echo", ":::", "a", launcher="sleep 1000 #")
        equal((done.returncode, done.stdout), (125, ""), done.stderr)
        check("has not answered within 200ms" in done.stderr, done.stderr)


@case
def what_is_no_worker_is_quoted():
    with Folder() as folder:
        done = folder.run("echo", ":::", "a", launcher="echo 'Permission denied (publickey).' #")
        equal((done.returncode, done.stdout), (125, ""), done.stderr)
        check("Permission denied (publickey)." in done.stderr, done.stderr)


@case
def one_good_launcher_does_all_the_work():
    with Folder() as folder:
        launcher = 'test $TEND_WORKER = 2 || exit 9; env'
        done = folder.run("-j1", "echo", ":::", "a", "b", "c", launcher=launcher)
        equal((done.returncode, done.stdout), (0, "a\nb\nc\n"), done.stderr)


@case
def a_launcher_that_says_success_makes_no_job_done():
    with Folder() as folder:
        done = folder.run("--log", "run.jsonl", "echo", ":::", "a",
                          launcher=f"{FAKE} 'dies after the output'", workers=1)
        equal(done.returncode, 125, done.stderr)
        check(folder.log() and all(record["end"] == "lost" for record in folder.log()),
              folder.log())


@case
def words_that_do_not_go_together_are_refused():
    with Folder() as folder:
        for arguments, hint in (
                (["--on", "local", "--launcher", "env", "true"], "exclude each other"),
                (["--workers", "2", "true"], "--workers needs --on or --launcher"),
                (["--worker-wait", "1s", "true"], "--worker-wait needs"),
                (["--launcher", " ", "true"], "a command"),
                (["--launcher", "env", "--raw", "true"], "--raw is about this machine"),
                (["--launcher", "env", "-j", "50%", "true"], "the slots of each worker"),
                (["--launcher", "env", "--workers", "0", "true"], "1 to 4096"),
                (["--on", "cluster", "true"], "`slurm`"),
                (["--on", "slurm -n4", "true"], "each worker is one task"),
        ):
            done = folder.local(*arguments)
            equal(done.returncode, 2, done.stderr)
            check(hint in done.stderr, f"{arguments}: {done.stderr}")


@case
def the_worker_has_nothing_to_say_to_a_terminal():
    # Nor has it to anybody who speaks another language.
    done = subprocess.run([TEND, "__worker"], input=b"hello\n", capture_output=True, timeout=60,
                          check=False)
    equal(done.returncode, 125, done.stderr)
    check(b"worker: greet: the stream ended before a greeting" in done.stderr, done.stderr)


def main():
    began = time.monotonic()
    try:
        run_cases()
    finally:
        print(f"{time.monotonic() - began:.1f} s in all")


if __name__ == "__main__":
    main()
