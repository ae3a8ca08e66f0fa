#!/usr/bin/env python3
# label: ci
# timeout: 400
"""Kernels and sandboxes that refuse a call or fail it: what tend then does instead, or says."""

import os
import signal
import subprocess

from tendlab import (PROGRAMS, Lab, Skip, case, check, check_that_it_does_not_spin, connect_many, equal, is_alive,
                     is_gone, need, need_root, read_text, run_cases, stat_of, wait_until)

WEB = """
[service.web]
run = '''exec 9>>@LAB@/web.lock; flock -n 9 || echo twice >> @LAB@/twice
setsid -f sleep 1002.@TOKEN@ 9>&-; exec sleep 1000.@TOKEN@'''
restart = { delay = "10ms", limit = "60 in 1m" }
"""
CLOCK = '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"\n'
JOB = '[service.job]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exit 17"\n' \
      'restart = { when = "never" }\n'


def helper_of(lab, name):
    """The pid of the living director or recorder."""
    return wait_until(f"there is a {name}", lambda: (pid := lab.project().get(f"{name}_pid"))
                      and is_alive(pid) and pid)


def a_whole_life(lab):
    """Start, crash, restart, exact exit code, loss of the director, stop of the whole tree."""
    lab.up()
    web = lab.status("web")["pid"]
    lab.kill(web)
    equal(lab.wait_ready("web", not_pid=web)["last_exit"]["signal"], "SIGKILL")
    lab.write("go", "")
    equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
    clock, director = lab.status("clock")["pid"], helper_of(lab, "director")
    lab.kill(director)
    wait_until("there is a new director", lambda: lab.project().get("director_pid") not in (0, None, director))
    equal(lab.status("clock")["pid"], clock)
    lab.tend("restart", "web", expect=0)
    wait_until("there is one tree of web", lambda: len(lab.with_token("sleep 1002.")) == 1)
    lab.tend("stop", "web", expect=0)
    equal(lab.with_token("sleep 1000.") + lab.with_token("sleep 1002."), [], "what is left of web")
    check(not lab.exists("twice"), "never two copies")
    equal(lab.status("clock")["pid"], clock)
    lab.down_and_nothing_left()


# --- calls that are not there, or forbidden ----------------------------------------------------------

class Sandboxed(Lab):
    """All of tend, and with it all services, under a seccomp filter."""

    def __init__(self, calls, error):
        super().__init__(WEB + CLOCK + JOB)
        self.filter = [f"{os.path.abspath(PROGRAMS)}/deny", calls, str(error)]

    def command(self, *words):
        return [*self.filter, *super().command(*words)]


ENOSYS, EPERM = 38, 1


def a_whole_life_without(calls, error):
    with Sandboxed(calls, error) as lab:
        a_whole_life(lab)


@case
def supervision_works_without_clone3():
    a_whole_life_without("clone3", ENOSYS)


@case
def supervision_works_where_clone3_is_forbidden():
    a_whole_life_without("clone3", EPERM)


@case
def supervision_works_without_clone3_and_close_range():
    a_whole_life_without("clone3,close_range", ENOSYS)


@case
def an_ignored_and_blocked_sigchld_hides_no_exit_code():
    with Lab(WEB + CLOCK + JOB) as lab:
        plain = lab.command

        def command(*words):
            return ["env", "--ignore-signal=CHLD", "--block-signal=CHLD", *plain(*words)]

        lab.command = command
        a_whole_life(lab)


# --- calls that fail now and then --------------------------------------------------------------------

class Failing:
    """strace beside a process of a lab, which makes some of its calls fail."""

    def __init__(self, lab, pid, *injections, follow=False):
        need("strace")
        calls = ",".join(injection.partition(":")[0] for injection in injections)
        command = ["strace", "-o", "/dev/null", "-e", f"trace={calls}", "-p", str(pid)]
        command += ["-f"] if follow else []
        for injection in injections:
            command += ["-e", f"inject={injection}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        lab.started.append(self.process)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.process.wait()
            raise Skip(f"strace cannot attach: {said.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        self.process.stderr.close()


@case
def interrupted_calls_are_not_seen():
    with Lab(WEB + CLOCK) as lab:
        lab.up()
        project = lab.project()
        # The calls that wait; all others of tend's never do.
        interrupted = {"director": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
                       "keeper": ("ppoll",), "recorder": ("ppoll", "epoll_wait")}
        failing = [Failing(lab, project[f"{who}_pid"], f"{','.join(calls)}:error=EINTR:when=1+2")
                   for who, calls in interrupted.items()]
        for _ in range(3):
            web = lab.status("web")["pid"]
            lab.kill(web)
            lab.wait_ready("web", not_pid=web)
        lab.tend("restart", "web", expect=0)
        for one in failing:
            one.__exit__()
        now = lab.project()
        for who in ("director", "recorder"):
            equal(now[f"{who}_starts"], 1, f"starts of the {who}")
        lab.down_and_nothing_left()


@case
def a_start_that_cannot_be_watched_is_told_and_leaves_no_second_copy():
    with Lab(WEB + CLOCK) as lab:
        lab.up("clock")
        clock = lab.status("clock")["pid"]
        # The number of the call decides whether it is the client, the start or the tree.
        for number in range(1, 7):
            with Failing(lab, helper_of(lab, "director"), f"epoll_ctl:error=ENOSPC:when={number}"):
                lab.tend("start", "--wait", "5s", "web")
            lab.tend("start", "web", expect=0)
            wait_until(f"there is one copy after {number}", lambda: len(lab.with_token("sleep 1000.")) == 1)
            lab.tend("stop", "web", expect=0)
            equal(lab.with_token("sleep 1000.") + lab.with_token("sleep 1002."), [], f"left after {number}")
        check(not lab.exists("twice"), "never two copies")
        equal((lab.status("clock")["state"], lab.status("clock")["pid"]), ("up", clock))
        lab.down_and_nothing_left()


@case
def a_director_that_gets_no_memory_is_replaced_and_nobody_notices():
    with Lab(WEB + CLOCK) as lab:
        lab.up()
        clock = lab.status("clock")["pid"]
        director = helper_of(lab, "director")
        limit = ["prlimit", "--pid", str(director)]
        held = int(read_text(f"/proc/{director}/statm").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        subprocess.run([*limit, f"--as={held + 65536}:"], check=True)
        for _ in range(5):
            lab.tend("restart", "--wait", "5s", "web")  # Done, or the director is dead: both will do.
        # The next one begins without the limit, which was that of one process.
        if is_alive(director):
            lab.kill(director)
        wait_until("there is a director that is not limited",
                   lambda: lab.project().get("director_pid") not in (0, None, director))
        lab.tend("start", "web", expect=0)
        equal((lab.status("clock")["pid"], lab.status("clock")["restarts"]), (clock, 0))
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def more_clients_than_descriptors_are_served_later_and_spin_nobody():
    need("prlimit")
    with Lab(CLOCK) as lab:
        lab.up()
        path, director = f"{lab.project()['runtime_dir']}/control", helper_of(lab, "director")
        held = max(int(name) for name in os.listdir(f"/proc/{director}/fd"))
        subprocess.run(["prlimit", "--pid", str(director), f"--nofile={held + 1}:"], check=True)
        clients = connect_many(path, 40)
        check_that_it_does_not_spin(director)
        for client in clients:
            client.close()
        equal(lab.status("clock")["state"], "up")
        equal(helper_of(lab, "director"), director)
        subprocess.run(["prlimit", "--pid", str(director), "--nofile=1024:"], check=True)
        lab.down_and_nothing_left()


# --- starts that fail in the child --------------------------------------------------------------------

@case
def a_program_that_cannot_be_executed_is_told_with_its_path_and_why():
    wrong = {"folder": ("/usr", "Permission denied"), "plain": ("@LAB@/plain", "Permission denied"),
             "gone": ("@LAB@/gone", "No such file"), "garbage": ("@LAB@/garbage", "Exec format error")}
    toml = "".join(f'[service.{name}]\nrun = ["{path}"]\nrestart = {{ when = "never" }}\n'
                   for name, (path, _) in wrong.items())
    with Lab(toml + CLOCK) as lab:
        lab.write("plain", "#!/bin/sh\n", 0o644)
        lab.write("garbage", "\x7fELF and nothing more", 0o755)
        lab.up("clock")
        for name, (path, why) in wrong.items():
            done = lab.tend("start", name, expect=1)
            path = path.replace("@LAB@", lab.dir)
            check(path in done.stderr and why in done.stderr, f"{name}: {done.stderr}")
            equal(lab.status(name)["state"], "failed", name)
        equal(lab.status("clock")["state"], "up")
        lab.down_and_nothing_left()


@case
def a_program_that_is_just_being_written_is_executed_when_it_is_whole():
    with Lab('[service.web]\nrun = ["@LAB@/program", "1000.@TOKEN@"]\nrestart = { delay = "20ms" }\n') as lab:
        path = lab.path("program")
        subprocess.run(["cp", "/bin/sleep", path], check=True)
        with open(path, "r+b"):  # ETXTBSY, as long as this is open.
            lab.tend("up", "-d", "--wait", "0s")
            wait_until("it has been refused", lambda: "busy" in str(lab.status("web")["last_exit"]))
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_service_never_runs_with_more_rights_than_asked_for():
    need_root()
    steps = {"setresuid": "user", "setresgid": "group", "setgroups": "groups",
             "chdir,fchdir": "folder"}
    toml = '[service.web]\nrun = "id > @LAB@/ran; exec sleep 1000.@TOKEN@"\nuser = "nobody"\n' \
           'restart = { when = "never" }\n'
    with Lab(toml + CLOCK) as lab:
        os.chmod(lab.dir, 0o777)
        lab.up("clock")
        for call, word in steps.items():
            with Failing(lab, helper_of(lab, "director"), f"{call}:error=EPERM", follow=True):
                done = lab.tend("start", "web", expect=1)
            check("Operation not permitted" in done.stderr, f"{call} ({word}): {done.stderr}")
            check(not lab.exists("ran"), f"it has not run where {call} failed")
            equal(lab.status("web")["last_exit"].get("how", "not started"), "not started", call)
        lab.tend("start", "web", expect=0)
        wait_until("it runs as asked for", lambda: "uid=65534" in lab.text("ran"))
        lab.down_and_nothing_left()


@case
def an_ordinary_user_cannot_become_another_one():
    need_root()
    with Lab('[service.web]\nrun = "touch @LAB@/ran"\nuser = "daemon"\nrestart = { when = "never" }\n',
             uid=1000) as lab:
        check("only root can run a service as another user" in lab.tend("up", "-d", expect=78).stderr,
              "it says so")
        check(not lab.exists("ran"), "it has not run as somebody else")
        lab.assert_nothing_left()


# --- pids that belong to somebody else ---------------------------------------------------------------

REUSE = r"""
set -e
"$@"
web=$(cat @LAB@/web.pid); keeper=$(pgrep -f '^[^ ]*tend-keeper supervise' | head -1)
kill -9 "$keeper"
while [ -e "/proc/$keeper" ]; do sleep 0.01; done
kill -9 "$web"
while [ -e "/proc/$web" ]; do sleep 0.01; done
for attempt in $(seq 200); do
  echo $((web - 1)) > /proc/sys/kernel/ns_last_pid
  sleep 1003.@TOKEN@ & stranger=$!
  [ "$stranger" = "$web" ] && break
  kill -9 "$stranger"
done
[ "$stranger" = "$web" ] || exit 77
"$@"
[ "$(cat @LAB@/web.pid)" != "$web" ]
@DOWN@
kill -0 "$stranger"
kill -9 "$stranger"
"""


@case
def a_pid_that_was_given_to_somebody_else_meanwhile_is_never_signalled():
    need_root()
    need("pgrep")
    with Lab('[service.web]\nrun = "echo $$ > @LAB@/web.pid; exec sleep 1000.@TOKEN@"\n'
             '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"\n') as lab:
        script = REUSE.replace("@LAB@", lab.dir).replace("@TOKEN@", lab.token)
        script = script.replace("@DOWN@", " ".join(lab.command("down")))
        command = ["unshare", "-pf", "--mount-proc", "--kill-child", lab.tend_path, "init", "--",
                   "sh", "-c", script, "sh", *lab.command("up", "-d")]
        done = subprocess.run(command, env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        if done.returncode == 77 or "unshare" in done.stderr:
            raise Skip(f"a pid cannot be forced here: {done.stderr}")
        equal(done.returncode, 0, done.stdout + done.stderr)
        lab.assert_nothing_left()


run_cases()
