"""What the black-box tests of `tend run` share: a folder, the real binary, and the proof at the end
that no process was left behind.

TEND_RUN_OPTIONS are added to each run, so that the same cases go through another backend:

    TEND_RUN_OPTIONS="--launcher env --workers 1" tests/jobs/output.py

A case that means nothing there says why: @case(local_only="...").

    from joblab import JobLab, case, run_cases

    @case
    def results_come_in_the_order_of_the_input():
        with JobLab() as lab:
            lab.run("-j2", "echo", ":::", "a", "b").prints("a\\nb\\n")

    run_cases()
"""

import functools
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stack"))

# pylint: disable=wrong-import-position,unused-import
import tendlab  # noqa: E402
from tendlab import (  # noqa: E402
    SOURCE, TEND, WATCHDOG_S, Skip, all_pids, check, equal, is_alive, need, need_root, read_bytes, read_text,
    run_cases, seconds_left, stat_of, wait_until)

OPTIONS = shlex.split(os.environ.get("TEND_RUN_OPTIONS", ""))


def case(function=None, *, watchdog_s=WATCHDOG_S, local_only=None):
    """As in tendlab. `local_only`: why it cannot be shown, or is otherwise, with TEND_RUN_OPTIONS."""
    if function is None:
        return lambda real: case(real, watchdog_s=watchdog_s, local_only=local_only)

    @functools.wraps(function)
    def skipped():
        raise Skip(local_only)
    tendlab.case(skipped if OPTIONS and local_only else function, watchdog_s=watchdog_s)
    return function


class Result:
    """What a run left: its exit code, and what it wrote as bytes."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def prints(self, text, code=0):
        """Exactly this on standard output, and this exit code."""
        text = text.encode() if isinstance(text, str) else text
        equal((self.out, self.code), (text, code), f"standard output and exit code; stderr: {self.err!r}")
        return self

    def ends_with(self, code):
        equal(self.code, code, f"exit code; stderr: {self.err!r}")
        return self

    def says(self, *words):
        """Each of the words is somewhere on standard error."""
        for word in words:
            check(word.encode() in self.err, f"{word!r} is not in {self.err!r}")
        return self


class Run:
    """A run that goes on."""

    def __init__(self, process):
        self.process = process
        self.pid = process.pid

    def signal(self, number):
        os.kill(self.pid, number)

    def line(self):
        """The next line that it prints."""
        return self.process.stdout.readline()

    def result(self):
        out, err = self.process.communicate(timeout=seconds_left())
        return Result(self.process.returncode, out, err)


class JobLab:
    """A folder of its own, which is where runs happen."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="tend-jobs-")
        self.mark = f"TEND_JOB_LAB={random.getrandbits(64):016x}"
        key, value = self.mark.split("=")
        self.environment = dict(os.environ) | {key: value, "TMPDIR": self.path}
        for name in ("MAKEFLAGS", "TEND_RUN", "TEND_SEQ"):
            self.environment.pop(name, None)
        self.runs = []
        return self

    def __exit__(self, kind, *_):
        for run in self.runs:
            if run.process.poll() is None:
                run.process.kill()
                run.process.wait()
            for stream in (run.process.stdin, run.process.stdout, run.process.stderr):
                if stream:
                    stream.close()
        try:
            if kind is None:
                wait_until("nobody is left behind", lambda: not self.ours())
        finally:
            for pid in self.ours():
                os.kill(pid, 9)
            shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.file(name), "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return self.file(name)

    def fifo(self, name):
        os.mkfifo(self.file(name))
        return self.file(name)

    def open_fifo(self, name):
        """Lets whoever reads a line from the fifo go on (a shell's `read x < fifo`)."""
        with open(self.file(name), "wb") as file:
            file.write(b"\n")

    def start(self, *words, stdin=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options):
        """Starts `tend run` with these words."""
        command = [TEND, "run", *OPTIONS, *map(str, words)]
        run = Run(subprocess.Popen(
            command, cwd=self.path, env=self.environment | options.pop("env", {}),
            stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin or subprocess.DEVNULL,
            stdout=stdout, stderr=stderr, **options))
        self.runs.append(run)
        if isinstance(stdin, bytes):
            run.input = stdin
        return run

    def run(self, *words, stdin=None, **options):
        """Runs `tend run` to its end."""
        if isinstance(stdin, str):
            stdin = stdin.encode()
        run = self.start(*words, stdin=stdin, **options)
        out, err = run.process.communicate(
            input=stdin if isinstance(stdin, bytes) else None, timeout=seconds_left())
        return Result(run.process.returncode, out, err)

    def ours(self):
        """The living processes that descend from this lab, but for the test itself."""
        mark = self.mark.encode()
        return [pid for pid in all_pids()
                if pid != os.getpid() and mark in read_bytes(f"/proc/{pid}/environ").split(b"\0")
                and is_alive(pid)]

    def pids_in(self, name):
        """Process ids that jobs wrote into a file, a line each."""
        return [int(word) for word in read_text(self.file(name)).split()]
