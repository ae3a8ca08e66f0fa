#!/usr/bin/env python3
"""`tend lock` as a black box: who gets the name, who waits, and what the end of a holder does."""

import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import TEND, case, check, equal, run_cases  # noqa: E402


class Locks:
    """A state folder of its own, and holders that end with the case."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tend-lock-")
        self.holders = []
        return self

    def __exit__(self, *_):
        for holder in self.holders:
            if holder.poll() is None:
                holder.kill()
            holder.communicate()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *words):
        holder = subprocess.Popen(
            [TEND, "lock", *words], cwd=self.folder.name, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "TEND_STATE": self.path("state")})
        self.holders.append(holder)
        return holder

    def run(self, *words):
        holder = self.start(*words)
        out, err = holder.communicate(timeout=60)
        return subprocess.CompletedProcess(words, holder.returncode, out, err)

    def hold(self, *words):
        """Somebody who has the name, until its stdin is closed."""
        holder = self.start(*words, "sh", "-c", "echo held; cat; echo end >> order")
        equal(holder.stdout.readline(), "held\n")
        return holder


@case
def the_command_runs_and_keeps_its_exit_code():
    with Locks() as locks:
        equal(locks.run("name", "echo", "--try", "x").stdout, "--try x\n")
        equal(locks.run("name", "--", "sh", "-c", "exit 3").returncode, 3)
        equal(locks.run("name", "sh", "-c", "kill -9 $$").returncode, -signal.SIGKILL)
        equal(locks.run("name", "/none/such").returncode, 127)
        equal(locks.run("name", "/").returncode, 126)


@case
def a_name_that_is_held_is_told_with_its_holder():
    with Locks() as locks:
        holder = locks.hold("name")
        for words in (["--try"], ["--timeout", "50ms"]):
            done = locks.run(*words, "name", "echo", "never")
            equal((done.returncode, done.stdout), (75, ""))
            check(f"by {holder.pid} sh -c" in done.stderr, done.stderr)
        equal(locks.run("--try", "--busy-code=9", "name", "true").returncode, 9)
        equal(locks.run("--try", "other", "true").returncode, 0)


@case
def who_waits_gets_it_when_the_holder_ends():
    with Locks() as locks:
        holder = locks.hold("name")
        waiting = [locks.start("name", "sh", "-c", "echo next >> order") for _ in range(3)]
        holder.communicate("")
        for one in waiting:
            one.communicate(timeout=60)
            equal(one.returncode, 0)
        with open(locks.path("order")) as order:
            equal(order.read(), "end\nnext\nnext\nnext\n")


@case
def a_killed_holder_holds_nothing():
    with Locks() as locks:
        holder = locks.start("name", "sh", "-c", "echo held; exec sleep 1000")
        equal(holder.stdout.readline(), "held\n")
        waiting = locks.start("name", "echo", "mine")
        holder.kill()
        equal(waiting.communicate(timeout=60)[0], "mine\n")


@case
def the_name_is_held_until_the_last_of_the_command_has_ended():
    with Locks() as locks:
        done = locks.run("name", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
        child = int(done.stdout)
        equal(locks.run("--try", "name", "true").returncode, 75)
        os.kill(child, signal.SIGKILL)
        equal(locks.run("--timeout", "60s", "name", "true").returncode, 0)


@case
def several_hold_a_name_with_slots():
    with Locks() as locks:
        first = locks.hold("--slots=2", "name")
        locks.hold("--slots=2", "name")
        equal(locks.run("--slots=2", "--try", "name", "true").returncode, 75)
        waiting = locks.start("--slots=2", "name", "echo", "third")
        first.communicate("")
        equal(waiting.communicate(timeout=60)[0], "third\n")


@case
def many_at_once_are_never_more_than_the_slots():
    with Locks() as locks:
        script = ("mkdir in-$$; set -- in-*; echo $# >> counts; sleep 0.02; rmdir in-$$")
        crowd = [locks.start("-n", "2", "name", "sh", "-c", script) for _ in range(12)]
        for one in crowd:
            one.communicate(timeout=60)
            equal(one.returncode, 0)
        with open(locks.path("counts")) as counts:
            seen = [int(count) for count in counts]
        equal(len(seen), 12)
        check(max(seen) <= 2, f"at once: {seen}")


@case
def what_is_no_name_is_refused():
    with Locks() as locks:
        for name in ("", "../x", "a/b", ".x", "x" * 65, "a b"):
            done = locks.run(name, "true")
            equal((done.returncode, "is no name" in done.stderr), (2, True), name)
        for words in (["name"], ["name", "--"], ["-n", "0", "name", "true"],
                      ["--busy-code", "256", "name", "true"], ["-t", "x", "name", "true"]):
            equal(locks.run(*words).returncode, 2, str(words))


@case
def nobody_can_plant_a_link_or_open_the_folder():
    with Locks() as locks:
        equal(locks.run("name", "true").returncode, 0)
        lock_folder = locks.path("state/run/.locks")
        precious = locks.path("precious")
        with open(precious, "w") as file:
            file.write("as it was")
        os.symlink(precious, os.path.join(lock_folder, "planted.1"))
        done = locks.run("planted", "true")
        equal(done.returncode, 125, done.stderr)
        with open(precious) as file:
            equal(file.read(), "as it was")
        os.chmod(lock_folder, 0o755)
        done = locks.run("name", "true")
        check(done.returncode == 125 and "others may enter it" in done.stderr, done.stderr)


run_cases()
