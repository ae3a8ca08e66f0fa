#!/usr/bin/env python3
"""The commands that look at processes and act on them, as a person or a program meets them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import (PYTHON, TEND, Lab, Skip, case, check, equal, need_root, run_cases,  # noqa: E402
                     seconds_left, stat_of, wait_until)

folder = tempfile.TemporaryDirectory(prefix="tend-inspecting-")
NOBODY = 65534


def tend(*words, expect=None, **options):
    environment = {"PATH": os.environ["PATH"], "TEND_STATE": folder.name + "/state",
                   "TEND_KEEPER": os.environ["TEND_KEEPER"], **options.pop("env", {})}
    done = subprocess.run([TEND, *map(str, words)], cwd=options.pop("cwd", folder.name),
                          env=environment, text=True, capture_output=True,
                          timeout=seconds_left(), **options)
    if expect is not None:
        equal(done.returncode, expect, f"exit code of tend {words}: {done.stdout}{done.stderr}")
    return done


def objects(*words, **options):
    return [json.loads(line) for line in tend(*words, "--json", expect=0, **options).stdout.splitlines()]


class Sleeper:
    """A process that does nothing until it is ended; more of them below it if that is asked for."""

    def __init__(self, script="exec sleep 1000", **options):
        self.process = subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.DEVNULL,
                                        stdout=options.pop("stdout", subprocess.PIPE), text=True,
                                        start_new_session=True, **options)
        self.pid = self.process.pid
        if script == "exec sleep 1000":
            wait_until("sleep is executed", lambda: name_of(self.pid) == "sleep")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(seconds_left())
        if self.process.stdout:
            self.process.stdout.close()


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().rstrip("\n")
    except OSError:
        return ""


def named(name):
    """A process whose name the kernel has as these bytes."""
    program = ("import ctypes, sys, signal\n"
               f"ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)\n"
               "print('named', flush=True)\nsignal.pause()\n")
    process = subprocess.Popen([PYTHON, "-c", program], stdout=subprocess.PIPE, text=True)
    equal(process.stdout.readline(), "named\n")
    return process


def end(process):
    process.kill()
    process.wait(seconds_left())
    process.stdout.close()


# --- looking ---------------------------------------------------------------------------------------

@case
def ps_shows_the_columns_that_were_asked_for():
    with Sleeper() as one:
        done = tend("ps", "-o", "pid,ppid,state,name,command", one.pid, expect=0)
        head, row = done.stdout.splitlines()
        equal(head.split(), ["PID", "PPID", "STATE", "NAME", "COMMAND"])
        equal(row.split(), [str(one.pid), str(os.getpid()), "sleeping", "sleep", "sleep", "1000"])


@case
def ps_as_json_has_one_object_per_process_with_stable_keys():
    with Sleeper() as one:
        seen = objects("ps", one.pid)
        equal(len(seen), 1)
        equal(list(seen[0]), ["pid", "ppid", "user", "uid", "state", "name", "command",
                              "cpu_percent", "cpu_ms", "rss_bytes", "threads", "age_ms", "started",
                              "service", "job"])
        equal((seen[0]["pid"], seen[0]["command"], seen[0]["service"]),
              (one.pid, ["sleep", "1000"], None))


@case
def ps_sorts_and_filters():
    with Sleeper() as a, Sleeper() as b:
        pids = [o["pid"] for o in objects("ps", "--sort=-pid", a.pid, b.pid)]
        equal(pids, sorted((a.pid, b.pid), reverse=True))
        os.kill(a.pid, signal.SIGSTOP)
        wait_until("it is stopped", lambda: stat_of(a.pid)[0] == "T")
        equal([o["pid"] for o in objects("ps", "--in-state=T", a.pid, b.pid)], [a.pid])
        check(b.pid in [o["pid"] for o in objects("ps", "--name=sleep", "--in-state=sleeping")], "by name")
        check(a.pid in [o["pid"] for o in objects("ps", f"--user={os.getuid()}")], "by user")


@case
def ps_says_what_is_wrong_and_what_was_meant():
    check("did you mean rss?" in tend("ps", "-o", "rsss", expect=2).stderr, "column")
    check("is no state" in tend("ps", "--in-state=asleep", expect=2).stderr, "state")
    check("does not begin with /" in tend("ps", "--cgroup=user.slice", expect=2).stderr, "cgroup")
    check("`tend ps --name=init`" in tend("tree", "init", expect=2).stderr, "tree of a name")
    check("there is no user" in tend("ps", "--user=no.such.user", expect=2).stderr, "user")
    check("--name finds" in tend("ps", "init", expect=2).stderr, "a name as a pid")
    check("there is no process 4194305" in tend("ps", 4194305, expect=1).stderr, "no such pid")
    check("no process fits" in tend("ps", "--name=no.such.name", expect=1).stderr, "nobody")
    check("is not the pid of a `tend run`" in tend("ps", "--run=x", expect=2).stderr, "run")
    check("is not the number of a job" in tend("ps", "--job=0", expect=2).stderr, "job")


@case
def a_name_with_control_characters_cannot_do_anything_to_a_terminal():
    process = named(b"a\x1b[2J) (\nZ")
    try:
        for words in (["ps", "-o", "name,pid"], ["tree"], ["inspect"]):
            shown = tend(*words, process.pid, expect=0).stdout
            check("\x1b" not in shown, f"{words}: {shown!r}")
            equal(shown.count("\n"), len(shown.splitlines()))
        check("a\\x1b[2J) (\\nZ" in tend("ps", "-o", "name", process.pid, expect=0).stdout, "escaped")
        equal(objects("ps", process.pid)[0]["name"], "a\x1b[2J) (\nZ")
        check("a\\x1b[2J" in tend("kill", "-n", process.pid, expect=0).stdout, "kill escapes too")
    finally:
        end(process)


@case
def tree_shows_everything_below_a_process():
    with Sleeper("sleep 1000 & sleep 1000 & echo ready; wait") as top:
        top.process.stdout.readline()
        wait_until("both are executed", lambda: len(
            [o for o in objects("tree", top.pid) if o["name"] == "sleep"]) == 2)
        seen = objects("tree", top.pid)
        equal([o["depth"] for o in seen], [0, 1, 1])
        equal([o["ppid"] for o in seen[1:]], [top.pid, top.pid])
        lines = tend("tree", top.pid, expect=0).stdout.splitlines()
        check("|- sleep 1000" in lines[2] and "`- sleep 1000" in lines[3], lines)


@contextlib.contextmanager
def run_of_two_jobs():
    """A `tend run` with two jobs that have begun: each is a shell with a sleep below it."""
    command = [TEND, "run", "-j", "2", "sh", "-c", "sleep 1000; :", ":::", "one", "two"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as run:
        try:
            wait_until("both jobs have begun", lambda: jobs_among(objects("tree", run.pid), run) == [
                (1, "sh"), (1, "sleep"), (2, "sh"), (2, "sleep")])
            yield run
        finally:
            run.send_signal(signal.SIGINT)


def jobs_among(shown, run):
    """Number and name of the processes that are marked as jobs of this run."""
    return sorted((o["job"]["sequence"], o["name"]) for o in shown
                  if o["job"] and o["job"]["run"] == run.pid)


@case
def tree_ps_and_inspect_mark_the_jobs_of_a_run():
    with run_of_two_jobs() as run:
        check(f"run {run.pid} job 2" in tend("tree", run.pid, expect=0).stdout, "tree")
        both = [(1, "sh"), (1, "sleep"), (2, "sh"), (2, "sleep")]
        equal(jobs_among(objects("ps"), run), both)
        check(f"run {run.pid} job 2" in tend("ps", expect=0).stdout, "ps has a column of them by itself")
        mine = objects("ps", f"--run={run.pid}")
        equal(jobs_among(mine, run), both)
        equal(len(mine), 4)
        equal(jobs_among(objects("ps", f"--run={run.pid}", "--job=2"), run), both[2:])
        # Of a part of the processes too, in which the run itself need not be.
        equal(jobs_among(objects("ps", f"--user={os.getuid()}", "--job=1", f"--run={run.pid}"), run),
              both[:2])
        leader = next(o["pid"] for o in mine if o["job"]["sequence"] == 2)
        check(f"job 2 of {run.pid} (tend)" in tend("inspect", leader, expect=0).stdout, "inspect")


@case
def ps_sorts_jobs_by_run_and_number():
    command = [TEND, "run", "-j", "10", "sleep", "1000", ":::", *map(str, range(10))]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        try:
            def numbers(*words):
                shown = tend("ps", "--json", f"--run={run.pid}", *words).stdout
                return [json.loads(line)["job"]["sequence"] for line in shown.splitlines()]
            wait_until("all have begun", lambda: len(numbers()) == 10)
            equal(numbers("--sort=-job"), list(range(10, 0, -1)))
        finally:
            run.send_signal(signal.SIGINT)


@case
def inspect_answers_on_one_screen_and_in_sections():
    with Sleeper() as one:
        shown = tend("inspect", one.pid, expect=0).stdout
        for text in (f"{one.pid} (sleep)", "sleep 1000", "sleeping: ", "executable", "open files",
                     f"{os.getpid()} ("):
            check(text in shown, f"{text!r} is not in {shown}")
        check(len(shown.splitlines()) < 24, "one screen")
        check("PATH" in tend("inspect", one.pid, "environment", expect=0).stdout, "environment")
        check("RLIMIT" in tend("limits", one.pid, "--json", expect=0).stdout, "limits")
        check("did you mean memory?" in tend("inspect", one.pid, "memry", expect=2).stderr, "section")
        whole = objects("inspect", one.pid)[0]
        equal((whole["pid"], whole["exe"].rsplit("/", 1)[1], whole["ppid"]),
              (one.pid, "sleep", os.getpid()))
        equal(whole["absent"], {})
        check(any(region["kind"] == "stack" for region in whole["regions"]), "regions")


@case
def a_zombie_says_that_it_is_one():
    with Sleeper("exec sleep 1000") as one:
        os.kill(one.pid, signal.SIGKILL)
        wait_until("it is a zombie", lambda: stat_of(one.pid)[0] == "Z")
        shown = tend("inspect", one.pid, expect=0).stdout
        check("zombie" in shown and f"only its parent, {os.getpid()}" in shown, shown)
        check("is a zombie" in tend("maps", one.pid, expect=1).stderr, "no map")
        check(f"only its parent, {os.getpid()}" in tend("kill", one.pid, expect=1).stderr, "no signal")


@case
def maps_explains_addresses():
    with Sleeper() as one:
        stack = next(r for r in objects("maps", one.pid) if r["kind"] == "stack")
        found = objects("maps", one.pid, stack["begin"])[0]
        equal((found["place"], found["region"]["kind"]), ("region", "stack"))
        equal(objects("maps", one.pid, "0x0")[0]["place"], "null-page")
        equal(objects("maps", one.pid, "ffffffff81000000")[0]["place"], "kernel")
        check("null pointer" in tend("maps", one.pid, "0", expect=0).stdout, "in words")
        check("is not an address" in tend("maps", one.pid, "here", expect=2).stderr, "no address")


@case
def fds_shows_who_is_at_the_other_end_of_a_pipe():
    with Sleeper() as one:
        out = next(o for o in objects("fds", one.pid) if o["fd"] == 1)
        equal(out["kind"], "pipe")
        check(os.getpid() in [end["pid"] for end in out["other_end"]], out)
        check(f"{os.getpid()} (" in tend("fds", one.pid, expect=0).stdout, "in the table")


@case
def fds_shows_who_is_at_the_other_end_of_a_unix_socket():
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(["sleep", "1000"], stdin=theirs) as sleeper:
        try:
            end = objects("fds", sleeper.pid)[0]["other_end"]
            equal([(e["pid"], e["fd"]) for e in end], [(os.getpid(), ours.fileno())])
        finally:
            sleeper.kill()


@case
def signals_shows_the_table_and_what_a_process_does_with_each():
    table = objects("signals")
    equal([s["number"] for s in table], list(range(1, 65)))
    equal([s["name"] for s in table if not s["can_be_caught"]], ["SIGKILL", "SIGSTOP"])
    with Sleeper("trap '' USR1; echo ready; while :; do sleep 1000; done") as one:
        one.process.stdout.readline()
        mine = {s["name"]: s["disposition"] for s in objects("signals", one.pid)}
        equal((mine["SIGUSR1"], mine["SIGTERM"]), ("ignored", "default"))


@case
def limits_shows_what_is_used():
    with Sleeper() as one:
        files = next(o for o in objects("limits", one.pid) if o["resource"] == "RLIMIT_NOFILE")
        equal(files["used"], len(os.listdir(f"/proc/{one.pid}/fd")))
    check(any("pid_max" in o["limit"] for o in objects("limits")), "of the machine")


@case
def another_users_process_is_shown_as_far_as_it_may_be():
    need_root()
    with Sleeper() as one:
        if tend("ps", one.pid, user=NOBODY, cwd="/").returncode != 0:
            raise Skip("uid 65534 cannot execute this build of tend")
        shown = tend("inspect", one.pid, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
                     expect=0).stdout
        check("(not permitted)" in shown, shown)
        for words in (["fds", one.pid], ["maps", one.pid]):
            done = tend(*words, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", expect=1)
            check("only be read by its owner and by root" in done.stderr, done.stderr)
        done = tend("kill", one.pid, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", expect=1)
        check(f"{one.pid} (sleep)" in done.stderr, done.stderr)
        check(one.process.poll() is None, "it lives on")


# --- acting ----------------------------------------------------------------------------------------

@case
def kill_sends_the_signal_that_was_asked_for():
    with Sleeper() as one:
        check("would get SIGINT" in tend("kill", "-s", "INT", "--dry-run", one.pid, expect=0).stdout,
              "dry run")
        check(one.process.poll() is None, "a dry run does nothing")
        equal(objects("kill", "-s", "hup", one.pid)[0]["signal"], "SIGHUP")
        equal(one.process.wait(seconds_left()), -signal.SIGHUP)
    check("is no signal" in tend("kill", "-s", "NOPE", "1", expect=2).stderr, "no signal")
    check("needs --then" in tend("kill", "--after", "1s", "1", expect=2).stderr, "after alone")


@case
def kill_with_then_ends_what_ignores_the_first_signal():
    with Sleeper("trap '' TERM; echo ready; while :; do sleep 1000; done") as one:
        one.process.stdout.readline()
        done = tend("kill", "--tree", "--then=KILL", "--after=100ms", one.pid, expect=0)
        check("has ended" in done.stdout, done.stdout)
        equal(one.process.wait(seconds_left()), -signal.SIGKILL)


@case
def kill_of_a_tree_reaches_what_is_below():
    with Sleeper("sleep 1000 & echo $!; wait") as top:
        child = int(top.process.stdout.readline())
        check(f"{child} (" in tend("kill", "-tn", top.pid, expect=0).stdout, "named by a dry run")
        tend("kill", "--tree", "-s", "KILL", top.pid, expect=0)
        wait_until("the child has ended", lambda: stat_of(child) is None or stat_of(child)[0] == "Z")


@case
def kill_of_a_tree_of_two_users_tells_who_may_not_be_signalled():
    need_root()
    with Sleeper(f"sleep 1000 & echo $!; exec {TEND} exec --user={NOBODY} sleep 1000") as top:
        child = int(top.process.stdout.readline())
        wait_until("it is another user's", lambda: name_of(top.pid) == "sleep")
        if tend("ps", top.pid, user=NOBODY, cwd="/").returncode != 0:
            raise Skip("uid 65534 cannot execute this build of tend")
        done = tend("kill", "--tree", top.pid, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
                    expect=1)
        check(f"process {child}" in done.stderr, done.stderr)
        equal(top.process.wait(seconds_left()), -signal.SIGTERM)
        check(stat_of(child) is not None and stat_of(child)[0] != "Z", "the other one lives on")


@case
def kill_refuses_what_nobody_means():
    done = tend("kill", "1", expect=1)
    check("first process" in done.stderr and "--force" in done.stderr, done.stderr)
    check("there is no process 4194305" in tend("kill", 4194305, expect=1).stderr, "no such pid")
    check("is called" in tend("kill", "no.such.name", expect=1).stderr, "no such name")
    kernel = [o["pid"] for o in objects("ps", "--kernel") if o["command"] == [] and o["ppid"] == 2]
    if kernel:
        check("thread of the kernel" in tend("kill", "--force", kernel[0], expect=1).stderr, "kernel")


@case
def a_name_that_several_have_is_refused_and_they_are_listed():
    first, second = named(b"tend-twins"), named(b"tend-twins")
    try:
        done = tend("kill", "tend-twins", expect=1)
        for pid in (first.pid, second.pid):
            check(f"  {pid}  " in done.stderr, done.stderr)
        equal((first.poll(), second.poll()), (None, None))
        tend("kill", "--all", "tend-twins", expect=0)
        equal((first.wait(seconds_left()), second.wait(seconds_left())), (-15, -15))
    finally:
        end(first)
        end(second)


@case
def pause_and_resume_reach_the_whole_tree():
    with Sleeper("sleep 1000 & echo $!; wait") as top:
        child = int(top.process.stdout.readline())
        tend("pause", top.pid, expect=0)
        wait_until("both are stopped", lambda: [stat_of(p)[0] for p in (top.pid, child)] == ["T", "T"])
        tend("resume", top.pid, expect=0)
        wait_until("both go on", lambda: "T" not in [stat_of(p)[0] for p in (top.pid, child)])
        tend("pause", "--alone", top.pid, expect=0)
        wait_until("it is stopped", lambda: stat_of(top.pid)[0] == "T")
        check(stat_of(child)[0] != "T", "the child is not")


@case
def wait_needs_no_child_and_gives_up_in_time():
    with Sleeper() as one:
        done = tend("wait", "--timeout=50ms", one.pid, expect=124)
        check("has not ended in time" in done.stderr, done.stderr)
        waiting = subprocess.Popen([TEND, "wait", "--json", str(one.pid)], text=True,
                                   stdout=subprocess.PIPE, cwd=folder.name)
        one.process.terminate()
        out, _ = waiting.communicate(timeout=seconds_left())
        equal((waiting.returncode, json.loads(out)["pid"], json.loads(out)["ended"]),
              (0, one.pid, True))


@case
def wait_for_any_returns_with_the_first():
    with Sleeper() as one, Sleeper() as two:
        os.kill(two.pid, signal.SIGKILL)
        done = tend("wait", "--any", one.pid, two.pid, expect=0)
        check(f"{two.pid} (sleep)" in done.stdout and str(one.pid) not in done.stdout, done.stdout)


def in_pid_namespace(script, *words):
    """Runs Python in a namespace where the next pid can be chosen."""
    namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
        raise Skip("no pid namespace can be made here")
    # A leak check at the end of tend would start threads, which take the next pids.
    return subprocess.run([*namespace, PYTHON, "-c", script, *map(str, words)], text=True,
                          capture_output=True, timeout=seconds_left(),
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})


@case
def a_reused_pid_is_never_touched():
    """In a pid namespace of its own, where the next pid can be chosen."""
    need_root()
    script = (
        "import os, signal, subprocess, sys, time\n"
        "victim = subprocess.Popen(['sleep', '1000'])\n"
        "def is_stopped():\n"
        "    with open(f'/proc/{victim.pid}/stat') as file: return file.read().rpartition(') ')[2][0] == 'T'\n"
        "if 'CONT' in sys.argv:\n"
        "    victim.send_signal(signal.SIGSTOP)\n"
        "    os.waitid(os.P_PID, victim.pid, os.WSTOPPED)\n"
        "wait = subprocess.Popen([*sys.argv[1:], str(victim.pid)], stdout=subprocess.PIPE, text=True)\n"
        "while not any(os.readlink(f'/proc/{wait.pid}/fd/{n}').endswith('[pidfd]')\n"
        "              for n in os.listdir(f'/proc/{wait.pid}/fd') if os.path.lexists(\n"
        "                  f'/proc/{wait.pid}/fd/{n}')):\n"
        "    time.sleep(0.01)\n"
        "while is_stopped(): time.sleep(0.01)\n"
        "victim.kill(); victim.wait()\n"
        "with open('/proc/sys/kernel/ns_last_pid', 'w') as file: file.write(str(victim.pid - 1))\n"
        "stranger = subprocess.Popen(['sleep', '1000'])\n"
        "assert stranger.pid == victim.pid, (stranger.pid, victim.pid)\n"
        "out, _ = wait.communicate(timeout=60)\n"
        "assert wait.returncode == 0 and 'sleep' in out, out\n"
        "assert stranger.poll() is None\n"
        "stranger.kill(); print('not touched')\n")
    # The second signal of `kill` would come in a thousand seconds; that the process ended is noticed.
    for words in (["wait"], ["kill", "-s", "CONT", "--then", "KILL", "--after", "1000s"]):
        done = in_pid_namespace(script, TEND, *words)
        equal(done.stdout, "not touched\n", f"{words}: {done.stderr}")


@case
def a_pid_that_is_reused_between_look_and_act_is_never_touched():
    """`tend` is held when it opens the process that it has looked at, and when it signals it."""
    need_root()
    script = (
        "import os, signal, subprocess, sys\n"
        "hold, at, number, tend, command = sys.argv[1:]\n"
        "victim = subprocess.Popen(['sleep', '1000'])\n"
        "acting = subprocess.Popen([hold, at, number or str(victim.pid), tend, command, str(victim.pid)],\n"
        "                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,\n"
        "                          stderr=subprocess.STDOUT, text=True)\n"
        "assert acting.stdout.readline() == 'held\\n'\n"
        "victim.kill(); victim.wait()\n"
        "with open('/proc/sys/kernel/ns_last_pid', 'w') as file: file.write(str(victim.pid - 1))\n"
        "stranger = subprocess.Popen(['sleep', '1000'])\n"
        "assert stranger.pid == victim.pid, (stranger.pid, victim.pid)\n"
        "def state():\n"
        "    with open(f'/proc/{stranger.pid}/stat') as file: return file.read().rpartition(') ')[2][0]\n"
        "if command == 'resume':\n"
        "    stranger.send_signal(signal.SIGSTOP)\n"
        "    os.waitid(os.P_PID, stranger.pid, os.WSTOPPED)\n"
        "out, _ = acting.communicate('\\n', timeout=60)\n"
        "assert acting.returncode == 1 and 'it has ended' in out, (acting.returncode, out)\n"
        "assert (state() == 'T') == (command == 'resume'), state()\n"
        "assert stranger.poll() is None\n"
        "stranger.kill(); print('not touched')\n")
    for command, number in (("pause", signal.SIGSTOP), ("resume", signal.SIGCONT),
                            ("kill", signal.SIGTERM)):
        for at, argument in (("open", ""), ("signal", int(number))):
            done = in_pid_namespace(script, os.environ["TEND_BUILD"] + "/tests-programs/hold_at", at, argument, TEND,
                                    command)
            equal(done.stdout, "not touched\n", f"{command}, held at {at}: {done.stderr}")


@case
def an_identity_means_one_process_for_ever():
    with Sleeper() as one:
        identity = objects("ps", "-o", "identity", one.pid)[0]["identity"]
        equal(objects("inspect", one.pid)[0]["identity"], identity)
        pid, start, boot = identity.split(":")
        with open("/proc/sys/kernel/random/boot_id") as file:
            equal((pid, boot), (str(one.pid), file.read().strip()))
        equal(objects("kill", "-n", identity)[0]["result"], "would be done")
        later = f"{pid}:{int(start) + 1}:{boot}"
        for command in ("kill", "pause", "resume", "wait"):
            check("another one has its pid" in tend(command, later, expect=1).stderr, command)
        before = f"{pid}:{start}:{boot[::-1]}"
        check("before the last boot" in tend("kill", before, expect=1).stderr, "another boot")
        equal(one.process.poll(), None)
    check(f"process {pid} has ended" in tend("wait", identity, expect=1).stderr, "ended")


# --- services --------------------------------------------------------------------------------------

SERVICES = """
[service.web]
run = "sleep 1000 & exec sleep 1000"
"""


@case
def services_are_known_to_all_commands():
    with Lab(SERVICES) as lab:
        def here(*words, **options):
            return tend(*words, cwd=lab.dir, env={"TEND_STATE": lab.state}, **options)

        lab.up()
        pid = lab.status("web")["pid"]
        wait_until("both run", lambda: len(
            here("ps", "--service=web", "--json").stdout.splitlines()) == 2)
        check("/web (up)" in here("tree", expect=0).stdout, "tree marks it")
        check("web of " in here("inspect", pid, expect=0).stdout, "inspect names it")
        for word in ("web", "@web"):
            check(f"web: {pid} (" in here("kill", "-n", word, expect=0).stdout, word)
        done = here("pause", "web", expect=0)
        check("stays up for its supervisor" in done.stderr, done.stderr)
        wait_until("it is stopped", lambda: stat_of(pid)[0] == "T")
        here("resume", "@web", expect=0)
        wait_until("it goes on", lambda: stat_of(pid)[0] != "T")
        done = here("kill", lab.project()["keeper_pid"], expect=1)
        check("is the keeper of" in done.stderr and "tend down" in done.stderr, done.stderr)
        check("there is no service" in here("kill", "@nothing", expect=4).stderr, "no service")
        lab.down_and_nothing_left()


# --- exec ------------------------------------------------------------------------------------------

@case
def exec_sets_up_what_was_asked_for_and_becomes_the_command():
    done = tend("exec", "--nice=3", "--limit=nofile=64:128", "--umask=027", "--cwd=/", "--env=A=b",
                "--env-remove=PATH", "--", "/bin/sh", "-c",
                "nice=$(cut -d' ' -f19 /proc/self/stat 2>/dev/null); ulimit -Sn; ulimit -Hn; umask;"
                " pwd; echo $A", expect=0)
    equal(done.stdout.split(), ["64", "128", "0027", "/", "b"])
    process = subprocess.Popen([TEND, "exec", "--session", "sleep", "1000"])
    wait_until("the same pid is sleep now", lambda: name_of(process.pid) == "sleep")
    equal(os.getsid(process.pid), process.pid)
    process.kill()
    process.wait(seconds_left())


@case
def exec_exits_like_a_shell():
    check("/nonexistent" in tend("exec", "/nonexistent", expect=127).stderr, "127")
    tend("exec", "/etc/passwd", expect=126)
    check("chdir /nonexistent" in tend("exec", "--cwd=/nonexistent", "true", expect=125).stderr, "125")
    tend("exec", "--", "sh", "-c", "exit 9", expect=9)
    for words, meant in ((["--nice=30"], "from -20 to 19"), (["--limit=nofil=3"], "nofile"),
                         (["--cpus=x"], "--cpus"), (["--user=no.such.user"], "is no user"),
                         (["--scheduler=fifo"], "priority"), (["--env=A"], "NAME=VALUE"),
                         (["--unshare=moon"], "namespace"), (["--groups=0"], "--user")):
        check(meant in tend("exec", *words, "true", expect=2).stderr, words)


@case
def exec_says_what_right_is_missing():
    need_root()
    for words, meant in ((["--nice=-5"], "CAP_SYS_NICE"), (["--user=root"], "CAP_SETUID"),
                         (["--limit=nofile=99999999"], "CAP_SYS_RESOURCE"),
                         (["--unshare=net"], "CAP_SYS_ADMIN")):
        done = tend("exec", *words, "true", user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
        if done.returncode != 125:
            raise Skip(f"{words} is permitted or cannot be tried: {done.stderr}")
        check(meant in done.stderr, done.stderr)


@case
def exec_redirects_streams_and_appends():
    path = os.path.join(folder.name, "out")
    for options in ([], ["--append"]):
        tend("exec", f"--stdout={path}", "--stderr=stdout", *options, "--", "sh", "-c",
             "echo out; echo err >&2", expect=0)
    with open(path) as file:
        equal(file.read(), "out\nerr\n" * 2)


@case
def exec_in_namespaces_ends_as_the_command_does():
    done = tend("exec", "--unshare=user,pid", "--map-root", "--", "sh", "-c",
                "echo $$ $(id -u); exit 7")
    if done.returncode == 125:
        raise Skip("namespaces cannot be made here: " + done.stderr.strip())
    equal((done.returncode, done.stdout), (7, "1 0\n"))


if __name__ == "__main__":
    run_cases()
