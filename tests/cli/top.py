#!/usr/bin/env python3
"""`tend top` on a terminal of its own: keys, sizes, and that the terminal is given back whatever
happens."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import (TEND, Lab, case, check, equal, run_cases, seconds_left, stat_of,  # noqa: E402
                     wait_until)

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """A terminal with `tend top` on it, and a screen that understands what top writes."""

    def __init__(self, *words, rows=24, columns=100, env=None, cwd="/"):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.bytes = b""
        self.process = subprocess.Popen(
            [TEND, "top", "--every=200ms", *words], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, cwd=cwd, preexec_fn=self._take_terminal,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "TEND_STATE": "/nonexistent",
                 "TEND_KEEPER": os.environ["TEND_KEEPER"], **(env or {})})

    def _take_terminal(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(seconds_left())
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.size = (rows, columns)

    def read(self):
        while select.select([self.master], [], [], 0.02)[0]:
            self.bytes += os.read(self.master, 65536)

    def screen(self):
        """The lines as they stand there now."""
        self.read()
        lines = [""] * 200
        shown = self.bytes.rpartition(ENTER)[2].decode(errors="replace")
        for part in re.split(r"(?=\x1b\[2J|\x1b\[\d+;1H)", shown):
            if part.startswith("\x1b[2J"):
                lines = [""] * 200
            elif found := re.match(r"\x1b\[(\d+);1H(.*?)\x1b\[K", part, re.DOTALL):
                lines[int(found[1]) - 1] = re.sub(r"\x1b\[[0-9;]*m", "", found[2])
        return lines

    def wait_for(self, text):
        wait_until(f"the screen shows {text!r} ({self.bytes[-1500:]!r})",
                   lambda: any(text in line for line in self.screen()))

    def press(self, keys):
        os.write(self.master, keys)

    def painter(self):
        """The process that paints: the child of the one that we started."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return int(file.read().split()[0])

    def assert_given_back(self):
        """The modes are those from before, and the ordinary screen is back, with a cursor."""
        self.read()
        check(self.bytes.rfind(LEAVE) > self.bytes.rfind(ENTER) >= 0, self.bytes[-300:])
        check(self.bytes.rfind(b"\x1b[?25h") > self.bytes.rfind(b"\x1b[?25l"), "the cursor")
        equal(termios.tcgetattr(self.slave), self.before, "modes of the terminal")


@case
def q_and_ctrl_c_end_it_and_the_terminal_is_as_before():
    for key in (b"q", b"\x03"):
        with Terminal() as top:
            top.wait_for("tend top")
            check(termios.tcgetattr(top.slave) != top.before, "raw while it runs")
            top.press(key)
            equal(top.process.wait(seconds_left()), 0)
            top.assert_given_back()


@case
def signals_end_it_and_the_terminal_is_as_before():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Terminal() as top:
            top.wait_for("tend top")
            os.kill(top.process.pid, number)
            equal(top.process.wait(seconds_left()), 0)
            top.assert_given_back()


@case
def even_a_killed_screen_gives_the_terminal_back():
    with Terminal() as top:
        top.wait_for("tend top")
        os.kill(top.painter(), signal.SIGKILL)
        equal(top.process.wait(seconds_left()), 1)
        top.assert_given_back()
        check(b"SIGKILL" in top.bytes, top.bytes[-300:])


@case
def a_killed_guard_takes_its_screen_along():
    with Terminal() as top:
        top.wait_for("tend top")
        painter = top.painter()
        os.kill(top.process.pid, signal.SIGKILL)
        top.process.wait(seconds_left())
        wait_until("the painter has ended", lambda: stat_of(painter) is None or
                   stat_of(painter)[0] == "Z")
        top.assert_given_back()


@case
def no_line_is_wider_than_the_screen_whatever_its_size():
    with Terminal(rows=30, columns=120) as top:
        top.wait_for("tend top")
        for rows, columns in ((10, 40), (50, 200), (6, 20)):
            top.resize(rows, columns)
            os.kill(top.painter(), signal.SIGWINCH)
            top.bytes = ENTER
            wait_until("all lines are painted anew",
                       lambda: f"\x1b[{rows};1H".encode() in (top.read(), top.bytes)[1])
            lines = top.screen()
            check(all(len(line) <= columns for line in lines), (columns, lines))
            equal([line for line in lines[rows:] if line], [])
        top.press(b"q")
        equal(top.process.wait(seconds_left()), 0)


@case
def a_filter_leaves_those_that_fit_and_x_kills_after_a_question():
    # A name that nobody else has: of processes never on the screen the command is not read.
    with tempfile.TemporaryDirectory(prefix="tend-top-") as folder:
        program = shutil.copy(shutil.which("sleep"), os.path.join(folder, "tend-victim"))
        victim = subprocess.Popen([program, "1000"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL)
        try:
            with Terminal() as top:
                top.wait_for("tend top")
                top.press(b"/tend-victim\r")
                top.wait_for("[tend-victim] q quit")
                wait_until("the victim alone is there and selected", lambda: [
                    line for line in top.screen() if re.match(rf">\s*{victim.pid}\s", line)])
                top.press(b"x")
                top.wait_for(f"kill {victim.pid} (tend-victim)")
                top.press(b"n")
                top.wait_for("nothing done")
                equal(victim.poll(), None)
                top.press(b"x")
                top.wait_for(f"kill {victim.pid} (tend-victim)")
                top.press(b"y")
                equal(victim.wait(seconds_left()), -signal.SIGKILL)
                top.press(b"q")
                equal(top.process.wait(seconds_left()), 0)
                top.assert_given_back()
        finally:
            victim.kill()
            victim.wait(seconds_left())


@case
def enter_looks_at_a_process_and_escape_comes_back():
    with Terminal() as top:
        top.wait_for("tend top")
        top.press(b"P\r")
        top.wait_for("executable")
        top.press(b"\x1b")
        top.wait_for("q quit")
        top.press(b"q")
        equal(top.process.wait(seconds_left()), 0)


@case
def services_are_shown_with_logs_and_can_be_stopped():
    with Lab('[service.web]\nrun = "echo hello from web; exec sleep 1000"\n') as lab:
        lab.up()
        with Terminal(env={"TEND_STATE": lab.state}, cwd=lab.dir) as top:
            top.wait_for("/web")
            top.press(b"\tl")
            top.wait_for("hello from web")
            top.press(b"q")
            top.wait_for("q quit")
            top.press(b"s")
            top.wait_for("/web? y/n")
            top.press(b"y")
            wait_until("it is stopped", lambda: lab.status("web")["state"] == "stopped")
            top.wait_for("stopped")
            top.press(b"q")
            equal(top.process.wait(seconds_left()), 0)
            top.assert_given_back()
        lab.down_and_nothing_left()


@case
def jobs_are_shown_with_what_they_use_and_can_be_stopped():
    command = [TEND, "run", "-j", "2", "sh", "-c", "sleep 1000; :", ":::", "one", "two"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as run, Terminal(rows=40) as top:
        try:
            top.wait_for(f"run {run.pid} job 2")
            # Other runs of this machine may have jobs on the screen too: theirs are not selected.
            top.press(b"\t")
            def selected():
                return [line for line in top.screen() if line.startswith(">")]
            for _ in range(1000):
                wait_until("one is selected", lambda: selected())
                if f"run {run.pid} job 2" in selected()[0]:
                    break
                before = selected()
                top.press(b"j")
                wait_until("the next one is selected", lambda: selected() != before)
            top.press(b"l")
            top.wait_for("the output of a job goes where")
            top.press(b"\r")
            top.wait_for("executable")
            top.press(b"q")
            top.wait_for("q quit")
            top.press(b"s")
            top.wait_for(f"end run {run.pid} job 2 and all below it with SIGTERM? y/n")
            top.press(b"y")
            top.wait_for(f"run {run.pid} job 2: got SIGTERM")
            wait_until("job 2 is gone, job 1 is there", lambda: [
                f"run {run.pid} job {n}" in "\n".join(top.screen()[:20]) for n in (1, 2)] == [True, False])
            top.press(b"q")
            equal(top.process.wait(seconds_left()), 0)
            top.assert_given_back()
        finally:
            run.send_signal(signal.SIGINT)


@case
def without_a_terminal_it_says_what_to_use():
    done = subprocess.run([TEND, "top"], stdin=subprocess.DEVNULL, text=True, capture_output=True,
                          timeout=seconds_left())
    equal(done.returncode, 1)
    check("must be a terminal" in done.stderr and "--json" in done.stderr, done.stderr)


@case
def as_json_it_prints_rounds():
    done = subprocess.run([TEND, "top", "--json", "--count=2", "--every=100ms"], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds_left())
    equal(done.returncode, 0, done.stderr)
    rounds = [json.loads(line)["round"] for line in done.stdout.splitlines()]
    equal(sorted(set(rounds)), [1, 2])
    equal(rounds, sorted(rounds))


if __name__ == "__main__":
    run_cases()
