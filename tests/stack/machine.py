#!/usr/bin/env python3
# label: ci
# timeout: 400
"""Machines that are not what one would wish: disks that stop or fill up, /proc hidden, cgroups that
cannot be written, processes that cannot be killed, accounts and devices that are missing."""

import os
import signal
import subprocess
import time

from numbered import check_log
from tendlab import (Lab, Skip, case, cgroup2_mount, check, equal, is_alive, need, need_root,
                     read_text, run_cases, stat_of, wait_until)

CLOCK = '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"\n'
LINES = '[service.lines]\nrun = ["@PROGRAMS@/numbered_lines", "lines", "1"]\n' \
        'restart = { when = "never" }\nlog = { max-size = "64KiB", keep = 200 }\n'
TREE = """
[service.web]
run = '''sleep 1002.@TOKEN@ & setsid -f sleep 1003.@TOKEN@; env -i setsid -f sleep 1004.@TOKEN@
exec sleep 1000.@TOKEN@'''
stop = [["TERM", "5s"], ["KILL", "5s"]]
restart = { delay = "10ms" }
"""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"{' '.join(command)}: {done.stderr.strip()}")
    return done


# --- disks -------------------------------------------------------------------------------------------

class Disk:
    """A file system of its own for the logs of a lab."""

    def __init__(self, lab, *, megabytes=16, is_ext4=True):
        need_root()
        self.log = f"{lab.state}/log"
        self.image = lab.path("disk")
        self.is_frozen = False
        os.makedirs(self.log, mode=0o755)
        os.chmod(lab.state, 0o700)
        if is_ext4:
            need("mkfs.ext4", "fsfreeze")
            with open(self.image, "wb") as file:
                file.truncate(megabytes << 20)
            run("mkfs.ext4", "-q", self.image)
            run("mount", "-o", "loop", self.image, self.log)
        else:
            run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.log)

    def freeze(self):
        run("fsfreeze", "-f", self.log)
        self.is_frozen = True

    def thaw(self):
        if self.is_frozen:
            subprocess.run(["fsfreeze", "-u", self.log], check=True)
            self.is_frozen = False

    def make(self, how):
        run("mount", "-o", f"remount,{how}", self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thaw()
        # Lazily: a recorder may still have it open after a case that failed.
        subprocess.run(["umount", "-l", self.log], check=False)


@case
def a_frozen_log_disk_delays_no_stop_no_kill_and_no_decision():
    with Lab(LINES + TREE + CLOCK) as lab, Disk(lab) as disk:
        lab.up()
        lines = lab.status("lines")["pid"]
        lab.wait_log("lines", f"lines {lines} 000000100")
        disk.freeze()
        wait_until("the recorder is stuck in a write",
                   lambda: stat_of(lab.project()["recorder_pid"])[0] == "D")
        began = time.monotonic()
        for _ in range(3):
            lab.tend("restart", "web", expect=0, timeout_s=10)
        web = lab.status("web")["pid"]
        lab.kill(web)
        lab.wait_ready("web", not_pid=web)
        lab.tend("stop", "web", expect=0, timeout_s=10)
        equal(lab.with_token("sleep 1000."), [], "what is left of web")
        # The writer itself, whose pipe nobody empties: KILL gets through at once.
        lab.kill(lines)
        wait_until("it is dead", lambda: not is_alive(lines))
        equal(lab.wait_state("lines", "failed")["last_exit"]["signal"], "SIGKILL")
        check(time.monotonic() - began < 20, "nobody waited for the disk")
        disk.thaw()
        lab.down_and_nothing_left()
        text = lab.log("lines").decode()
        numbers = [int(line.split()[2]) for line in text.splitlines()[1:] if len(line.split()) > 2]
        equal(numbers, list(range(1, len(numbers) + 1)), "the numbers of the lines")


@case
def a_down_on_a_frozen_log_disk_ends_the_services_and_then_waits_for_the_disk():
    with Lab(LINES + TREE) as lab, Disk(lab) as disk:
        lab.up()
        lab.wait_log("lines", " 000000100 ")
        lines = lab.status("lines")["pid"]
        disk.freeze()
        down = lab.start("down")
        wait_until("the services have ended", lambda: not lab.with_token("sleep") and not is_alive(lines))
        disk.thaw()
        equal(down.wait(), 0)
        lab.assert_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


@case
def a_log_disk_that_turns_read_only_holds_back_and_loses_nothing():
    with Lab(LINES + CLOCK) as lab, Disk(lab, is_ext4=False) as disk:
        lab.up()
        lab.wait_log("lines", " 000000100 ")
        lines = lab.status("lines")["pid"]
        # What is open for writing forbids the change, so it happens between two recorders: a stopped
        # keeper starts no other.
        project = lab.project()
        lab.kill(project["keeper_pid"], signal.SIGSTOP)
        lab.kill_and_wait(project["recorder_pid"])
        disk.make("ro")
        lab.kill(project["keeper_pid"], signal.SIGCONT)
        wait_until("status tells why nothing is logged", lambda: lab.project().get("log_blocked"))
        equal((lab.status("lines")["state"], lab.status("clock")["state"]), ("up", "up"))
        disk.make("rw")
        wait_until("it is logged again", lambda: not lab.project().get("log_blocked"))
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


@case
def a_rotation_that_cannot_rename_loses_no_line():
    need("strace")
    with Lab(LINES) as lab:
        lab.up()
        lines = lab.status("lines")["pid"]
        strace = subprocess.Popen(
            ["strace", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e",
             "inject=rename,renameat,renameat2:error=EIO:when=1..2",
             "-p", str(lab.project()["recorder_pid"])], stderr=subprocess.PIPE, text=True)
        lab.started.append(strace)
        if "attached" not in strace.stderr.readline():
            raise Skip("strace cannot attach")
        lab.wait_log("lines", f"lines {lines} 000004000 ")
        strace.terminate()
        strace.wait()
        strace.stderr.close()
        check(len(lab.log_files("lines")) > 1, "it was rotated in the end")
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


# --- /proc and cgroups -------------------------------------------------------------------------------

def up_in_namespace(lab, script, *flags):
    """`tend up -d` in a mount namespace of its own, after a script that changes what is mounted."""
    need_root()
    command = ["unshare", "-m", *flags, "sh", "-c", f'{script} || exit 125; exec "$@"', "sh",
               *lab.command("up", "-d")]
    done = subprocess.run(command, env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    if done.returncode == 125:
        raise Skip(done.stderr.strip())
    equal(done.returncode, 0, done.stdout + done.stderr)


def members(lab):
    return sorted(word for word in ("1000.", "1002.", "1003.", "1004.") if lab.with_token(f"sleep {word}"))


def whole_tree_is_stopped(lab):
    wait_until("the tree is whole", lambda: len(members(lab)) == 4)
    web = lab.status("web")["pid"]
    lab.kill(web)
    lab.wait_ready("web", not_pid=web)
    wait_until("the tree is whole again", lambda: len(members(lab)) == 4)
    equal(len(lab.with_token("sleep 1003.")), 1, "generations of what became a daemon")
    lab.tend("stop", "web", expect=0)
    equal(members(lab), [], "what is left of web")
    equal(lab.status("clock")["state"], "up")
    lab.down_and_nothing_left()


# A proc of its own: a remount would hide the processes on the whole machine.
HIDE_PROC = "mount -t proc -o hidepid=2 proc /proc"
READ_ONLY_GROUPS = 'for m in $(awk \'$3 == "cgroup2" {print $2}\' /proc/self/mounts); do ' \
                   'mount -o remount,bind,ro "$m" || exit 125; done'


@case
def the_whole_tree_is_stopped_where_proc_hides_the_processes_of_others():
    for uid in (1000, None):
        with Lab(TREE + CLOCK, uid=uid) as lab:
            up_in_namespace(lab, HIDE_PROC)
            whole_tree_is_stopped(lab)


@case
def the_whole_tree_is_stopped_where_cgroups_are_read_only():
    if not cgroup2_mount():
        raise Skip("there is no cgroup2")
    with Lab(TREE + CLOCK) as lab:
        up_in_namespace(lab, READ_ONLY_GROUPS)
        check(lab.status("web")["tree"] != "cgroup", "status names another means")
        whole_tree_is_stopped(lab)


# --- processes that cannot be killed, or are killed by the kernel ------------------------------------

def need_controller(name, file):
    """The root of a cgroup controller of version 1, known by this file."""
    need_root()
    root = f"/sys/fs/cgroup/{name}"
    if not os.path.exists(f"{root}/{file}"):
        raise Skip(f"there is no {name} cgroup of version 1")
    return root


def write_to(path, text):
    with open(path, "w") as file:
        file.write(str(text))


@case
def a_service_that_is_stuck_in_the_kernel_is_named_and_blocks_nobody_else():
    freezer = need_controller("freezer", "cgroup.procs")
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"\nstop = [["TERM", "100ms"], ["KILL", "100ms"]]\n'
             + CLOCK) as lab:
        group = f"{freezer}/{lab.name}"
        os.mkdir(group)
        lab.up()
        web = lab.status("web")["pid"]
        write_to(f"{group}/cgroup.procs", web)
        write_to(f"{group}/freezer.state", "FROZEN")
        try:
            check(lab.tend("stop", "--wait", "1s", "web").returncode == 1, "it is not stopped")
            wait_until("it is told as stuck", lambda: "stuck" in lab.status("web")["reason"])
            lab.tend("restart", "clock", expect=0, timeout_s=10)
            equal(lab.status("web")["state"], "stopping")
        finally:
            write_to(f"{group}/freezer.state", "THAWED")
        # Both were pending; the kernel chose.
        check(lab.wait_state("web", "stopped")["last_exit"]["signal"] in ("SIGTERM", "SIGKILL"), "it ended")
        lab.down_and_nothing_left()
        wait_until("its group is empty", lambda: not read_text(f"{group}/cgroup.procs"))
        os.rmdir(group)


EATER = "import time\nopen('@LAB@/eats', 'w').close()\nwhile open('@LAB@/go').read() != 'eat': time.sleep(0.02)\n" \
        "held = []\nwhile True: held.append(bytearray(1 << 20))\n"


@case
def a_service_that_eats_all_its_memory_is_killed_and_comes_back_alone():
    memory = need_controller("memory", "memory.limit_in_bytes")
    with Lab('[service.web]\nrun = ["@PYTHON@", "@LAB@/eater.py", "1000.@TOKEN@"]\nrestart = { delay = "10ms" }\n'
             + CLOCK) as lab:
        lab.write("eater.py", EATER.replace("@LAB@", lab.dir))
        lab.write("go", "")
        group = f"{memory}/{lab.name}"
        os.mkdir(group)
        write_to(f"{group}/memory.limit_in_bytes", "40M")
        lab.up()
        wait_until("it runs", lambda: lab.exists("eats"))
        web, clock = lab.status("web")["pid"], lab.status("clock")["pid"]
        write_to(f"{group}/cgroup.procs", web)
        os.unlink(lab.path("eats"))
        lab.write("go", "eat")
        wait_until("the kernel has killed it", lambda: not is_alive(web))
        lab.write("go", "")
        equal(lab.wait_ready("web", not_pid=web)["last_exit"]["signal"], "SIGKILL")
        equal(lab.status("clock")["pid"], clock)
        lab.down_and_nothing_left()
        wait_until("its group is empty", lambda: not read_text(f"{group}/cgroup.procs"))
        os.rmdir(group)


@case
def a_fork_bomb_that_hits_the_limit_of_processes_does_not_stop_tend():
    need_root()
    with Lab('[service.bomb]\nrun = ["@PYTHON@", "@LAB@/bomb.py", "1000.@TOKEN@"]\n'
             'stop = [["TERM", "100ms"], ["KILL", "20s"]]\nlimits = { nproc = 60 }\n'
             'user = "54321"\ngroup = "54321"\n' + CLOCK) as lab:
        lab.write("bomb.py", "import os, time\nwhile True:\n    try:\n        os.fork()\n"
                             "    except OSError:\n        time.sleep(0.05)\n")
        os.chmod(lab.dir, 0o755)
        lab.up()
        wait_until("it has grown to its limit", lambda: len(lab.with_token("bomb.py")) >= 60)
        lab.tend("status", expect=0, timeout_s=10)
        lab.tend("restart", "clock", expect=0, timeout_s=10)
        lab.tend("stop", "bomb", expect=0)
        equal(lab.with_token("bomb.py"), [], "what is left of the bomb")
        lab.down_and_nothing_left()


# --- what usually is there ---------------------------------------------------------------------------

@case
def a_user_without_an_account_and_a_home_can_run_a_project():
    need_root()
    with Lab(TREE + CLOCK, uid=54321) as lab:
        plain = lab.command
        lab.command = lambda *words: ["env", "-u", "HOME", "-u", "LANG", *plain(*words)]
        lab.up()
        whole_tree_is_stopped(lab)


@case
def bytes_that_are_no_text_reach_a_service_and_break_no_json():
    odd = b"\xff\xfe\xc3("
    with Lab('[service.web]\nrun = "printenv ODD; echo $LC_ALL; exec sleep 1000.@TOKEN@"\n') as lab:
        environment = {os.fsencode(name): os.fsencode(value) for name, value in lab.environment.items()}
        environment |= {b"ODD": odd, b"LC_ALL": b"xx_YY.odd", b"TZ": b":/no/such/zone"}
        done = subprocess.run(lab.command("up", "-d"), env=environment, cwd=lab.dir,
                              stdin=subprocess.DEVNULL, capture_output=True)
        equal(done.returncode, 0, done.stderr)
        lab.wait_log("web", "xx_YY.odd")
        equal(lab.log("web").splitlines()[0], odd)
        for _ in range(2):
            equal(lab.status("web")["state"], "up")  # Which parses what --json prints.
        shown = subprocess.run(lab.command("logs", "--json", "web"), env=environment, cwd=lab.dir,
                               capture_output=True)
        if shown.returncode == 0:
            shown.stdout.decode()  # Always UTF-8.
        lab.down_and_nothing_left()


@case
def without_dev_null_it_is_said_and_nothing_is_left():
    need_root()
    with Lab(CLOCK) as lab:
        script = 'mount -t tmpfs tmpfs /dev || exit 125; exec "$@"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", *lab.command("up", "-d")],
                              env=lab.environment, cwd=lab.dir, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        if done.returncode == 125:
            raise Skip(done.stderr.strip())
        if done.returncode != 0:
            check("/dev/null" in done.stderr, f"the missing file is named: {done.stderr}")
        lab.tend("down")
        lab.assert_nothing_left()


run_cases()
