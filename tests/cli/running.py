#!/usr/bin/env python3
"""The commands that speak to a running project, as a person meets them: what they say, and how they
exit. What the supervisor does behind them is tested in tests/stack."""

import os
import pty
import select
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import Lab, case, check, equal, run_cases, seconds_left, wait_until  # noqa: E402

TWO = """
[service.db]
run = "echo db says $$; exec sleep 1000"
ready = { delay = "100ms" }
[service.web]
run = "while :; do echo tick; sleep 0.05; done"
requires = ["db"]
"""


class Terminal:
    """A command on a terminal of its own; what it shows is collected."""

    def __init__(self, lab, *words):
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(lab.dir)
            command = lab.command(*words)
            os.execve(command[0], command, {**lab.environment, "TERM": "xterm"})
        self.code = None

    def read(self):
        """Whether there may be more."""
        ready, _, _ = select.select([self.fd], [], [], 0.02)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.shown += data
        return data != b""

    def wait_for(self, text):
        def look():
            self.read()
            return text.encode() in self.shown
        wait_until(f"the terminal shows {text!r} ({self.shown[-2000:]!r})", look)

    def press(self, key):
        os.write(self.fd, key)

    def end(self):
        """The exit code."""
        wait_until("the terminal is closed", lambda: not self.read())
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@case
def up_in_the_background_says_what_became_of_each():
    with Lab(TWO) as lab:
        done = lab.up()
        check("db: up and ready, pid" in done.stdout, done.stdout)
        check("web: up and ready, pid" in done.stdout, done.stdout)
        lab.down_and_nothing_left()


@case
def up_in_the_background_fails_when_one_is_not_ready():
    with Lab(TWO + '[service.gone]\nrun = "exit 3"\nrestart = { when = "never" }\n') as lab:
        done = lab.up(expect=1)
        check("gone: failed: exited with 3" in done.stdout, done.stdout)
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


@case
def up_again_does_nothing_and_a_change_of_the_file_is_named():
    with Lab(TWO) as lab:
        lab.up()
        pid = lab.status("db")["pid"]
        check("is already running (keeper pid" in lab.tend("up", expect=0).stdout, "already running")
        lab.config(TWO + "[service.more]\nrun = \"exec sleep 1000\"\n")
        done = lab.tend("up", expect=1)
        check("has changed" in done.stderr and "tend down" in done.stderr, done.stderr)
        equal(lab.status("db")["pid"], pid)
        lab.down_and_nothing_left()


@case
def names_choose_a_part_with_what_it_requires():
    with Lab(TWO + "[service.other]\nrun = \"exec sleep 1000\"\n") as lab:
        lab.up("web")
        equal([lab.status(name)["state"] for name in ("db", "web", "other")], ["up", "up", "stopped"])
        done = lab.up("other")
        check("other: up and ready, pid" in done.stdout, done.stdout)
        lab.down_and_nothing_left()


@case
def start_stop_and_restart_wait_and_tell():
    with Lab(TWO) as lab:
        lab.up()
        equal(lab.tend("stop", "db", expect=0).stdout.count("stopped"), 2)  # web requires it
        check("web: up and ready" in lab.tend("start", "web", expect=0).stdout, "start")
        before = lab.status("web")["pid"]
        check("web: up and ready" in lab.tend("restart", "web", expect=0).stdout, "restart")
        check(lab.status("web")["pid"] != before, "another process")
        done = lab.tend("start", "wbe", expect=1)
        check("did you mean web?" in done.stderr, done.stderr)
        lab.down_and_nothing_left()


@case
def a_start_that_fails_names_path_step_and_reason():
    with Lab('[service.gone]\nrun = ["/nonexistent/server"]\n') as lab:
        lab.up(expect=1)
        done = lab.tend("start", "gone", expect=1)
        check("exec /nonexistent/server: No such file or directory" in done.stderr, done.stderr)
        lab.down_and_nothing_left()


@case
def why_follows_the_chain_and_shows_the_last_lines():
    with Lab('[service.db]\nrun = "echo last words; exit 3"\nrestart = { when = "never" }\n'
             'ready = { delay = "1h" }\n[service.web]\nrun = "x"\nrequires = ["db"]\n') as lab:
        lab.up(expect=1)
        text = lab.tend("why", "web", expect=0).stdout
        check("web waits for db, which has failed: exited with 3" in text, text)
        text = lab.tend("why", "db", expect=0).stdout
        check("Its last run: exited with 3." in text and "  last words" in text, text)
        check("`tend start db`" in text, text)
        lab.tend("why", "bd", expect=1)
        lab.down_and_nothing_left()


@case
def logs_are_merged_or_alone_and_work_when_nothing_runs():
    with Lab('[task.a]\nrun = "echo one; echo two"\n[task.b]\nrun = "printf \'red\\\\033[2Jx\'"\n') as lab:
        lab.up()
        wait_until("both are logged", lambda: lab.log("a") and lab.log("b"))
        lab.down_and_nothing_left()
        text = lab.tend("logs", expect=0).stdout
        for line in ("a | one\n", "a | two\n", "b | red\\x1b[2Jx\n"):
            check(line in text, text)
        equal(lab.tend("logs", "a", "-n", "1", expect=0).stdout, "two\n")
        equal(lab.tend("logs", "--raw", "b", expect=0).stdout, "red\x1b[2Jx")
        equal(lab.tend("logs", "--since", "@4000000000", expect=0).stdout, "")
        stamped = lab.tend("logs", "-t", "a", expect=0).stdout.splitlines()[0]
        check(stamped[4] == "-" and stamped.endswith(" one"), stamped)
        lab.tend("logs", "c", expect=1)


@case
def logs_follow_until_they_are_interrupted():
    with Lab(TWO) as lab:
        lab.up()
        follower = lab.start("logs", "-f", "web")
        for _ in range(20):
            equal(follower.stdout.readline(), "tick\n")
        follower.send_signal(signal.SIGINT)
        equal(follower.wait(seconds_left()), -signal.SIGINT)
        lab.down_and_nothing_left()


@case
def ctrl_c_stops_in_order_and_the_viewer_shows_it():
    with Lab(TWO) as lab:
        terminal = Terminal(lab, "up")
        terminal.wait_for("tick")
        terminal.press(b"\x03")
        equal(terminal.end(), 0)
        shown = terminal.shown.decode()
        for text in ("db says", "started (pid", "stopping in order; Ctrl-C again hurries"):
            check(text in shown, shown)
        lab.assert_nothing_left()


@case
def a_second_ctrl_c_hurries():
    with Lab('[service.deaf]\nrun = "trap \'\' TERM; echo listening; while :; do sleep 0.1; done"\n'
             'stop = [["TERM", "1h"], ["KILL"]]\n') as lab:
        terminal = Terminal(lab, "up")
        terminal.wait_for("listening")
        terminal.press(b"\x03")
        terminal.wait_for("stopping in order")
        terminal.wait_for("waiting for deaf")
        terminal.press(b"\x03")
        equal(terminal.end(), 0)
        lab.assert_nothing_left()


@case
def the_viewer_survives_its_director():
    with Lab(TWO) as lab:
        terminal = Terminal(lab, "up")
        terminal.wait_for("tick")
        pid = lab.status("web")["pid"]
        lab.kill_and_wait(lab.project()["director_pid"])
        wait_until("a new director answers", lambda: lab.status("web")["pid"] == pid)
        lab.tend("restart", "web", expect=0)
        terminal.wait_for(f"started (pid {lab.status('web')['pid']})")
        terminal.press(b"\x03")
        equal(terminal.end(), 0)
        lab.assert_nothing_left()


@case
def a_viewer_that_nobody_reads_stops_the_project():
    with Lab(TWO) as lab:
        viewer = lab.start("up")
        viewer.stdout.readline()
        viewer.stdout.close()
        viewer.wait(seconds_left())
        lab.assert_nothing_left()


@case
def an_essential_service_gives_the_exit_code():
    with Lab('[service.main]\nrun = "echo working; exit 9"\nessential = true\n'
             'restart = { when = "never" }\n') as lab:
        viewer = lab.start("up")
        out, _ = viewer.communicate(timeout=seconds_left())
        equal(viewer.returncode, 9, out)
        check("main | working\n" in out, out)
        lab.assert_nothing_left()


@case
def down_names_what_it_waits_for_and_gives_up_when_told():
    with Lab('[service.deaf]\nrun = "trap \'\' TERM; echo listening; while :; do sleep 0.1; done"\n'
             'stop = [["TERM", "1h"], ["KILL"]]\n') as lab:
        lab.up()
        lab.wait_log("deaf", "listening")
        done = lab.tend("down", "--wait", "200ms", expect=1)
        check("waiting for deaf" in done.stderr and "--hurry" in done.stderr, done.stderr)
        lab.tend("down", "--hurry", expect=0)
        lab.assert_nothing_left()
        lab.tend("down", expect=4)


@case
def what_a_killed_keeper_left_is_named_taken_over_and_cleaned_up():
    with Lab(TWO) as lab:
        lab.up()
        lab.kill_and_wait(lab.project()["keeper_pid"])
        done = lab.tend("status", expect=4)
        check("live on unattended" in done.stderr and "tend down" in done.stderr, done.stderr)
        done = lab.tend("up", "-d", expect=0)
        check("its keeper was killed; taken over" in done.stderr, done.stderr)
        lab.kill_and_wait(lab.project()["keeper_pid"])
        done = lab.tend("down", expect=0)
        check("ended what its dead keeper had left behind" in done.stderr, done.stderr)
        wait_until("all have ended", lambda: not lab.processes())


@case
def the_only_running_project_needs_no_name():
    with Lab(TWO) as lab:
        lab.up()
        os.rename(lab.file, lab.file + ".away")
        done = lab.tend("status", "db", expect=0)
        check("db" in done.stdout, done.stdout)
        lab.down_and_nothing_left()


if __name__ == "__main__":
    run_cases()
