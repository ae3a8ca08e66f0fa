#!/usr/bin/env python3
# label: ci
# timeout: 600
"""Faults of the machine and of tend itself, caused on purpose (strace injects some of them)."""

import glob
import os
import signal
import subprocess

from tendlab import (Lab, Skip, case, check, equal, is_alive, need, need_root, run_cases,
                     wait_until)

WEB = """
[service.web]
run = '''exec 9>>@LAB@/web.lock; flock -n 9 || echo twice >> @LAB@/twice; exec sleep 1000.@TOKEN@'''
restart = { delay = "10ms", limit = "60 in 1m" }
"""
CLOCK = '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"\n'


class Strace:
    """strace attached to one process of a lab, with an injection."""

    def __init__(self, lab, pid, injection):
        need("strace")
        syscall = injection.partition(":")[0]
        self.process = subprocess.Popen(
            ["strace", "-o", "/dev/null", "-e", f"trace={syscall}", "-e", f"inject={injection}",
             "-p", str(pid)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        lab.started.append(self.process)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.process.wait()
            raise Skip(f"strace cannot attach: {said.strip()}")

    def detach(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        self.process.stderr.close()


def helper_of(lab, name):
    """The pid of the living director or recorder."""
    return wait_until(f"there is a {name}", lambda: (pid := lab.project().get(f"{name}_pid"))
                      and is_alive(pid) and pid)


# --- calls that fail -------------------------------------------------------------------------------

@case
def a_start_that_the_kernel_refuses_is_told_and_tried_again():
    need("strace")
    with Lab(WEB + CLOCK) as lab:
        lab.up("clock")
        clock = lab.status("clock")["pid"]
        strace = Strace(lab, helper_of(lab, "director"), "clone3,clone:error=EAGAIN:when=1..3")
        done = lab.tend("start", "web")
        equal(done.returncode, 1)
        check("Resource temporarily unavailable" in done.stderr, done.stderr)
        strace.detach()
        lab.wait_ready("web")
        equal(lab.status("clock")["pid"], clock)
        equal(lab.project()["director_starts"], 1)
        lab.down_and_nothing_left()


@case
def without_descriptors_a_start_fails_and_control_still_answers():
    need("prlimit")
    with Lab(WEB + CLOCK) as lab:
        lab.up("clock")
        director = helper_of(lab, "director")
        held = max(int(name) for name in os.listdir(f"/proc/{director}/fd"))
        limit = subprocess.run(["prlimit", "--pid", str(director), "--nofile", "-o", "SOFT,HARD", "--noheadings"],
                               capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["prlimit", "--pid", str(director), f"--nofile={held + 1}:{limit[1]}"], check=True)
        done = lab.tend("start", "web")
        equal(done.returncode, 1, done.stderr)
        check("Too many open files" in done.stderr, done.stderr)
        equal(lab.status("clock")["state"], "up")
        subprocess.run(["prlimit", "--pid", str(director), f"--nofile={limit[0]}:{limit[1]}"], check=True)
        lab.wait_ready("web")
        equal(lab.project()["director_starts"], 1)
        lab.down_and_nothing_left()


@case
def a_slow_disk_holds_up_no_decision():
    need("strace")
    with Lab('[service.chatty]\nrun = ["@PROGRAMS@/numbered_lines", "chatty", "1"]\n' + WEB) as lab:
        lab.up()
        strace = Strace(lab, helper_of(lab, "recorder"), "splice:delay_enter=2000000")
        for _ in range(5):
            lab.tend("restart", "web", expect=0, timeout_s=5)
            lab.tend("status", expect=0, timeout_s=5)
        strace.detach()
        lab.down_and_nothing_left()


# --- places that are not what they should be -------------------------------------------------------

@case
def a_log_that_is_a_symlink_is_not_written_through():
    with Lab(WEB.replace("exec sleep", "echo hello; exec sleep")) as lab:
        victim = lab.write("victim", "untouched")
        os.makedirs(f"{lab.state}/log/{lab.name}", mode=0o700)
        os.chmod(lab.state, 0o700)
        os.symlink(victim, f"{lab.state}/log/{lab.name}/web.log")
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_ready("web")
        wait_until("status tells why nothing is logged", lambda: lab.project().get("log_blocked"))
        equal(lab.text("victim"), "untouched")
        os.unlink(f"{lab.state}/log/{lab.name}/web.log")
        lab.wait_log("web", "hello")
        lab.down_and_nothing_left()


@case
def a_runtime_folder_of_somebody_else_is_refused():
    need_root()
    with Lab(WEB) as lab:
        runtime = f"{lab.state}/run/{lab.name}"
        os.makedirs(runtime, mode=0o700)
        os.chown(runtime, 1000, 1000)
        done = lab.tend("up", "-d", expect=1)
        check(runtime in done.stderr, f"the folder is named: {done.stderr}")
        equal(lab.processes(), {})


@case(watchdog_s=120)
def a_state_file_that_is_torn_or_from_elsewhere_is_survived():
    with Lab(WEB) as lab:
        lab.up()
        path = glob.glob(f"{lab.state}/run/*/state")[0]
        with open(path, "rb") as file:
            whole = file.read()
        lab.down_and_nothing_left()
        torn = [whole[:size] for size in (0, 1, 8, 12, 100, 383, 384, len(whole) // 2, len(whole) - 1)]
        flipped = [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1:]
                   for at in lab.random.sample(range(384), 8)]
        newer = [whole[:8] + bytes([whole[8] + 1]) + whole[9:]]
        for content in [*torn, *flipped, *newer, b"\xff" * len(whole), b"not a state file\n"]:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, 0o600)
            status = lab.tend("status")
            check(0 < status.returncode < 125, f"status with a state of {len(content)} bytes: {status}")
            done = lab.tend("up", "-d")
            check(done.returncode in (0, 1), f"up with a state of {len(content)} bytes: {done}")
            check(done.returncode == 0 or path in done.stderr or os.path.dirname(path) in done.stderr,
                  f"a refusal names the file: {done}")
            lab.tend("down")
            wait_until("nothing runs", lambda: not lab.processes())
            if os.path.exists(path):
                os.unlink(path)


# --- odd machines ----------------------------------------------------------------------------------

def in_namespace(lab, flags, script=""):
    """`tend up -d` in namespaces of its own."""
    command = ["unshare", *flags, "sh", "-c", script + ' exec "$@"', "sh", *lab.command("up", "-d")]
    return subprocess.run(command, env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


@case
def supervision_works_without_proc():
    need_root()
    with Lab(WEB + CLOCK) as lab:
        done = in_namespace(lab, ["-m"], "umount -l /proc || exit 125;")
        if done.returncode == 125 and "umount" in done.stderr:
            raise Skip(done.stderr)
        equal(done.returncode, 0, done.stderr)
        web = lab.status("web")["pid"]
        lab.kill(web)
        lab.wait_ready("web", not_pid=web)
        lab.tend("stop", "web", expect=0)
        lab.down_and_nothing_left()


@case
def a_monotonic_clock_that_has_run_for_sixty_years_is_no_matter():
    need_root()
    with Lab(WEB + CLOCK) as lab:
        done = in_namespace(lab, ["-T", "-f", "--monotonic", "2000000000", "--boottime", "2000000000"])
        if "unshare" in done.stderr:
            raise Skip(done.stderr.strip())
        equal(done.returncode, 0, done.stderr)
        web = lab.status("web")
        check(web["uptime_ms"] < 60_000, f"the uptime is that of the service: {web['uptime_ms']} ms")
        lab.kill(web["pid"])
        equal(lab.wait_ready("web", not_pid=web["pid"])["restarts"], 1)
        lab.down_and_nothing_left()


@case
def a_stopped_service_is_told_and_can_go_on():
    with Lab(WEB) as lab:
        lab.up()
        pid = lab.status("web")["pid"]
        lab.kill(pid, signal.SIGSTOP)
        lab.kill(pid, signal.SIGCONT)
        equal((lab.status("web")["state"], lab.status("web")["pid"]), ("up", pid))
        lab.down_and_nothing_left()


run_cases()
