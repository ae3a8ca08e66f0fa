#!/usr/bin/env python3
# label: ci
# timeout: 600
"""tend as the first process of a pid namespace, as in a container."""

import os
import signal
import subprocess

from stacklab import StackLab
from tendlab import (PROGRAMS, Lab, Skip, case, check, children_of, equal, is_root, run_cases,
                     stat_of, wait_until)

NAMESPACE = ["unshare", "-pf", "--mount-proc", "--kill-child"]


class Container:
    """`tend up` (or another command) as PID 1, seen from outside."""

    def __init__(self, lab, *words):
        self.lab = lab
        self.unshare = subprocess.Popen([*NAMESPACE, *lab.command(*words)], env=lab.environment,
                                        cwd=lab.dir, stdin=subprocess.DEVNULL,
                                        stdout=open(lab.path("output"), "ab"),
                                        stderr=subprocess.STDOUT)
        lab.started.append(self.unshare)

    @property
    def pid(self):
        """PID 1 of the namespace, as a pid of ours."""
        return wait_until("the namespace has its first process",
                          lambda: (children_of(self.unshare.pid) or [None])[0])

    def inside(self):
        """{pid in the namespace: pid of ours} of all that live there, zombies included."""
        namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = {}
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and os.readlink(f"/proc/{name}/ns/pid") == namespace:
                    status = open(f"/proc/{name}/status").read()
                    numbers = [line for line in status.splitlines() if line.startswith("NSpid:")]
                    found[int(numbers[0].split()[-1])] = int(name)
            except OSError:
                pass
        return found

    def host_pid(self, pid):
        return self.inside()[pid]

    def zombies(self):
        return [pid for pid in children_of(self.pid) if (stat_of(pid) or ("", 0))[0] == "Z"]

    def signal(self, number):
        self.lab.kill(self.pid, number)

    def wait(self):
        """The exit code of PID 1 (unshare passes it on)."""
        wait_until("the namespace has ended", lambda: self.unshare.poll() is not None)
        return self.unshare.returncode


def need_namespaces():
    if not is_root():
        raise Skip("needs root for a pid namespace")
    probe = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise Skip(f"no pid namespace here: {probe.stderr.strip()}")


def in_namespace(*command):
    """The exit code of a command that is PID 1."""
    return subprocess.run([*NAMESPACE, *command], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60).returncode


# --- tend up ---------------------------------------------------------------------------------------

@case(watchdog_s=120)
def the_stack_runs_under_pid_1():
    need_namespaces()
    with StackLab() as lab:
        container = Container(lab, "up")
        lab.wait_ready("nginx")
        equal(container.host_pid(1), container.pid)
        lab.all_answer()
        lab.kill_each_and_watch_it_return(container.host_pid)
        lab.kill_again_without_growing(container.pid, container.host_pid)
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)
        lab.assert_nothing_left()


@case
def term_and_its_like_lead_to_an_ordered_stop():
    need_namespaces()
    toml = "".join(f"[service.{name}]\nrun = '''trap 'sleep 0.1; echo -{name} >> @LAB@/order; exit 0' TERM\n"
                   f"echo ready; while :; do sleep 0.02; done'''\n{keys}\n"
                   for name, keys in (("db", ""), ("app", 'requires = ["db"]'),
                                      ("web", 'requires = ["app"]')))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGRTMIN + 3):
        with Lab(toml) as lab:
            container = Container(lab, "up")
            for name in ("db", "app", "web"):
                lab.wait_log(name, "ready")
            container.signal(number)
            equal(container.wait(), 0, f"exit code after {number!r}")
            equal(lab.text("order").split(), ["-web", "-app", "-db"])
            lab.assert_nothing_left()


@case
def a_second_term_hurries():
    need_namespaces()
    with Lab("""
[service.web]
run = "trap 'echo asked' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "5s"]]
""") as lab:
        container = Container(lab, "up")
        lab.wait_log("web", "ready")
        container.signal(signal.SIGTERM)
        lab.wait_log("web", "asked")
        container.signal(signal.SIGTERM)
        container.wait()
        lab.assert_nothing_left()


@case
def an_ordered_stop_ends_before_the_container_is_killed():
    need_namespaces()
    with Lab("""
[service.web]
run = "trap 'echo asked' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "5s"]]
""") as lab:
        container = Container(lab, "up")
        lab.wait_log("web", "ready")
        container.signal(signal.SIGTERM)
        container.wait()
        check("the 9s for the whole stop are over" in lab.text("output"), "it is said")
        lab.assert_nothing_left()


@case
def the_exit_code_of_an_essential_service_becomes_that_of_tend():
    need_namespaces()
    for ending, code in (("exit 0", 0), ("exit 1", 1), ("exit 77", 77), ("exit 255", 255),
                         ("kill -KILL $$", 137), ("kill -TERM $$", 143)):
        with Lab(f'[service.main]\nrun = "{ending}"\nessential = true\nrestart = {{ when = "never" }}\n'
                 '[service.side]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
            equal(Container(lab, "up").wait(), code, ending)
            lab.assert_nothing_left()


@case(watchdog_s=120)
def ten_thousand_orphans_leave_no_zombie_and_starve_nobody():
    need_namespaces()
    with Lab('[service.storm]\nrun = ["@PROGRAMS@/orphan_storm", "10000"]\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        container = Container(lab, "up")
        lab.wait_log("storm", "orphaned 10000")
        equal(lab.status("clock")["state"], "up")
        wait_until("no zombie is left", lambda: not container.zombies()
                   and len(container.inside()) <= 8, pause_s=0.1)
        check(lab.project()["orphans_reaped"] >= 10000, "all were reaped by PID 1")
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)
        lab.assert_nothing_left()


@case
def the_output_of_the_services_is_shown():
    need_namespaces()
    with Lab('[service.web]\nrun = "echo hello from web; exec sleep 1000.@TOKEN@"') as lab:
        container = Container(lab, "up")
        wait_until("it is shown", lambda: "hello from web" in lab.text("output"))
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)


@case
def director_and_recorder_come_back_under_pid_1():
    need_namespaces()
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        container = Container(lab, "up")
        web = lab.wait_ready("web")["pid"]
        for helper in ("director_pid", "recorder_pid"):
            old = lab.project()[helper]
            lab.kill(container.host_pid(old))
            wait_until(f"a new {helper}", lambda: lab.project().get(helper) not in (None, 0, old))
        equal(lab.status("web")["pid"], web)
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)


@case
def a_user_without_capabilities_and_one_writable_folder_is_enough():
    need_namespaces()
    with Lab('[service.web]\nrun = "id -u; touch /etc/x /run/x 2>/dev/null; exec sleep 1000.@TOKEN@"',
             uid=1000, no_capabilities=True) as lab:
        container = Container(lab, "up")
        lab.wait_ready("web")
        lab.wait_log("web", "1000")
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)
        lab.assert_nothing_left()


READ_ONLY = """
mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs "$1" && chown 1000:1000 "$1" &&
mount -o remount,bind,ro / || exit 125
shift; exec "$@"
"""


@case
def a_read_only_root_and_one_tmpfs_are_enough():
    need_namespaces()
    with Lab('[service.web]\nrun = "touch /tmp/x @LAB@/x 2>/dev/null && echo wrote; echo ready; exec sleep 1000.@TOKEN@"',
             uid=1000, no_capabilities=True) as lab:
        os.mkdir(lab.state)
        command = ["unshare", "-m", "-pf", "--mount-proc", "--kill-child", "sh", "-c", READ_ONLY, "sh",
                   lab.state, *lab.command("up")]
        with open(lab.path("output"), "wb") as output:
            tend = subprocess.Popen(command, env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=subprocess.STDOUT)
        lab.started.append(tend)
        wait_until("it runs, or cannot", lambda: "ready" in lab.text("output") or tend.poll() is not None)
        if tend.poll() == 125:
            raise Skip(lab.text("output"))
        equal(tend.poll(), None, lab.text("output"))
        check("wrote" not in lab.text("output"), "the root is read-only")
        lab.kill(children_of(tend.pid)[0], signal.SIGTERM)
        equal(tend.wait(), 0)
        lab.assert_nothing_left()


@case
def the_whole_tree_of_a_service_is_stopped():
    need_namespaces()
    with Lab("""
[service.web]
run = '''sleep 1002.@TOKEN@ & setsid -f sleep 1003.@TOKEN@; env -i setsid -f sleep 1004.@TOKEN@
exec sleep 1000.@TOKEN@'''
[service.clock]
run = "exec sleep 1001.@TOKEN@"
""") as lab:
        def of_web():
            return [pid for word in ("1000.", "1002.", "1003.", "1004.") for pid in lab.with_token(f"sleep {word}")]

        container = Container(lab, "up")
        lab.wait_ready("web")
        wait_until("the tree is whole", lambda: len(of_web()) == 4)
        lab.tend("stop", "web", expect=0)
        equal(of_web(), [], "what is left of web")
        equal(lab.status("clock")["state"], "up")
        container.signal(signal.SIGTERM)
        equal(container.wait(), 0)
        lab.assert_nothing_left()


# --- tend init -------------------------------------------------------------------------------------

def init(lab, *command):
    return [lab.tend_path, "init", "--", *command]


@case(watchdog_s=120)
def init_passes_on_every_exit_code():
    need_namespaces()
    with Lab() as lab:
        # All of them in one namespace, where tend init is not PID 1; then some as PID 1.
        for code in range(256):
            done = subprocess.run(init(lab, "sh", "-c", f"exit {code}"), env=lab.environment)
            equal(done.returncode, code)
        for code in (0, 1, 2, 42, 126, 127, 128, 254, 255):
            equal(in_namespace(*init(lab, "sh", "-c", f"exit {code}")), code)
        for number in (signal.SIGHUP, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT):
            equal(in_namespace(*init(lab, "sh", "-c", f"kill -{int(number)} $$")), 128 + number)


@case
def init_ends_by_every_deadly_signal_as_a_shell_would_say():
    harmless = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP,
                signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    with Lab() as lab:
        for number in sorted(set(signal.valid_signals()) - harmless):
            done = subprocess.run(init(lab, "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$"),
                                  env=lab.environment, cwd=lab.dir)
            equal(done.returncode, 128 + number, f"exit code after signal {int(number)}")


@case
def init_says_why_a_program_cannot_run():
    need_namespaces()
    with Lab() as lab:
        equal(in_namespace(*init(lab, "/nonexistent")), 127)
        equal(in_namespace(*init(lab, "no-such-program-anywhere")), 127)
        equal(in_namespace(*init(lab, "/etc/passwd")), 126)
        equal(in_namespace(*init(lab, "/")), 126)


@case
def init_forwards_signals():
    need_namespaces()
    program = "trap 'exit 5' TERM; trap 'echo hup >> @LAB@/heard' HUP; touch @LAB@/ready; " \
              "while :; do sleep 0.02; done"
    with Lab() as lab:
        unshare = subprocess.Popen([*NAMESPACE, *init(lab, "sh", "-c", program.replace("@LAB@", lab.dir))],
                                   env=lab.environment)
        lab.started.append(unshare)
        wait_until("it is ready", lambda: lab.exists("ready"))
        first = children_of(unshare.pid)[0]
        lab.kill(first, signal.SIGHUP)
        wait_until("it heard", lambda: lab.exists("heard"))
        lab.kill(first, signal.SIGTERM)
        equal(unshare.wait(), 5)


@case(watchdog_s=120)
def init_reaps_ten_thousand_orphans():
    need_namespaces()
    with Lab() as lab:
        unshare = subprocess.Popen([*NAMESPACE, *init(lab, f"{os.path.abspath(PROGRAMS)}/orphan_storm", "10000")],
                                   env=lab.environment, stdout=subprocess.PIPE, text=True)
        lab.started.append(unshare)
        equal(unshare.stdout.readline(), "orphaned 10000\n")
        first = children_of(unshare.pid)[0]
        wait_until("only the program is left", lambda: len(children_of(first)) == 1, pause_s=0.1)
        lab.kill(first, signal.SIGTERM)
        equal(unshare.wait(), 0)


@case
def what_init_leaves_behind_dies_with_the_namespace():
    need_namespaces()
    with Lab() as lab:
        equal(in_namespace(*init(lab, "sh", "-c",
                                 f"setsid -f sleep 1000.{lab.token}; exit 3")), 3)
        wait_until("nothing is left", lambda: not lab.with_token())


run_cases()
