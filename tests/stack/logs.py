#!/usr/bin/env python3
# label: fast
# timeout: 300
"""What a service writes is in its log, byte for byte, whatever happens to the disk."""

import hashlib
import os
import subprocess
import time

from tendlab import Lab, case, check, equal, need_root, run_cases, wait_until


def run_to_the_end(lab, name="write"):
    """Runs a task to its end and stops the project at once: `down` writes what is still in the pipes."""
    lab.tend("up", "-d", "--wait", "0s")
    lab.wait_state(name, "done")
    lab.down_and_nothing_left()


@case
def lines_are_neither_cut_nor_lost_by_rotation():
    # 120,000 numbered lines in blocks of 4 KiB that know nothing of lines.
    writer = "import os\ndata = b''.join(b'line %07d\\n' % n for n in range(120_000))\n" \
             "for at in range(0, len(data), 4096): os.write(1, data[at:at + 4096])\n"
    with Lab('[task.write]\nrun = ["@PYTHON@", "@LAB@/write.py"]\nlog = { max-size = "100kB", keep = 1000 }') as lab:
        lab.write("write.py", writer)
        run_to_the_end(lab)
        expected = b"".join(b"line %07d\n" % number for number in range(120_000))
        check(lab.log("write") == expected, "the log is byte for byte what was written")
        files = lab.log_files("write")
        check(len(files) >= 10, f"it was rotated: {len(files)} files")
        for path in files:
            with open(path, "rb") as file:
                check(file.read().endswith(b"\n"), f"{path} ends with a whole line")


@case
def only_as_many_old_files_as_asked_for_are_kept():
    with Lab("""
[task.write]
run = "for i in $(seq 20000); do echo line $i; done"
log = { max-size = "16KiB", keep = 2 }
""") as lab:
        run_to_the_end(lab)
        equal(len(lab.log_files("write")), 3)
        check(lab.log("write").endswith(b"line 20000\n"), "the newest is kept")


@case
def odd_bytes_arrive_as_they_are():
    writer = "import os, sys\nsys.stdout.buffer.write(bytes(range(256)) * 300 + b'x' * (1 << 20) + b'\\n\\0\\r\\n' " \
             "+ b'\\x1b[31m' + '\\u20ac'.encode() + b'\\xff\\xfe' + b'no newline at the end')\n"
    with Lab('[task.write]\nrun = ["@PYTHON@", "@LAB@/write.py"]') as lab:
        lab.write("write.py", writer)
        expected = subprocess.run(["python3", lab.path("write.py")], capture_output=True).stdout
        run_to_the_end(lab)
        check(lab.log("write") == expected, "the log is byte for byte what was written")


@case
def both_outputs_of_all_runs_come_in_order():
    with Lab("""
[service.web]
run = "echo out; echo err >&2; echo end; exit 1"
restart = { delay = "5ms", factor = 1, limit = "3 in 1m", cool-down = "1h" }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("web", "cooling-down")
        lab.down_and_nothing_left()
        runs = lab.log("web").decode()
        equal(runs, "out\nerr\nend\n" * (runs.count("out")))


@case
def output_of_a_grandchild_that_outlives_the_leader_arrives():
    with Lab("""
[service.web]
run = "(while [ ! -e @LAB@/go ]; do sleep 0.01; done; echo late) & echo early; wait"
""") as lab:
        lab.up()
        lab.wait_log("web", "early")
        lab.write("go", "")
        lab.wait_log("web", "late")
        lab.down_and_nothing_left()


@case
def a_service_can_open_its_own_output_by_name():
    with Lab('[service.web]\nrun = "echo one > /dev/stdout; echo two > /dev/stderr; echo three > /proc/self/fd/1; '
             'exec sleep 1000.@TOKEN@"') as lab:
        lab.up()
        lab.wait_log("web", "three")
        equal(lab.log("web"), b"one\ntwo\nthree\n")
        lab.down_and_nothing_left()


@case
def logs_prints_the_end_and_follows_over_rotation():
    with Lab("""
[service.web]
run = "i=0; while :; do i=$((i+1)); echo line $i; [ $i -lt 500 ] || [ -e @LAB@/go ] || sleep 0.01; done"
log = { max-size = "64KiB", keep = 1000 }
""") as lab:
        lab.up()
        lab.wait_log("web", "line 500\n")
        last = lab.tend("logs", "-n", "5", "web", expect=0).stdout.splitlines()
        equal(len(last), 5)
        numbers = [int(line.split()[-1]) for line in last]
        equal(numbers, list(range(numbers[0], numbers[0] + 5)))
        follower = lab.start("logs", "-f", "-n", "1", "web")
        first = int(follower.stdout.readline().split()[-1])
        lab.write("go", "")
        for number in range(first + 1, first + 50_000):
            line = follower.stdout.readline()
            if not line.rstrip("\n").endswith(f"line {number}"):
                raise AssertionError(f"expected line {number}, not {line!r}")
        check(len(lab.log_files("web")) > 3, "it was rotated meanwhile")
        follower.terminate()
        lab.down_and_nothing_left()


@case
def a_follower_that_does_not_read_holds_nobody_up():
    with Lab('[service.web]\nrun = ["@PROGRAMS@/numbered_lines", "web", "5"]') as lab:
        lab.up()
        follower = lab.start("logs", "-f", "web")  # Nobody reads its output.
        size = len(lab.log("web"))
        wait_until("the log grows on", lambda: len(lab.log("web")) > size + 1_000_000)
        equal(follower.poll(), None)
        lab.down_and_nothing_left()


class FullDisk:
    """A small filesystem for the logs of a lab."""

    def __init__(self, lab, size):
        need_root()
        self.path = lab.path("state/log")
        os.makedirs(self.path)
        os.chmod(lab.path("state"), 0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tend-test", self.path],
                              capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)

    def grow(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=False)


WRITER = "import os\nfor n in range(100_000): os.write(1, b'line %07d ' % n + b'.' * 50 + b'\\n')\n" \
         "open('@LAB@/written', 'w').close()\n"


@case(watchdog_s=90)
def a_full_disk_holds_the_writer_back_and_loses_nothing():
    need_root()
    with Lab('[task.write]\nrun = ["@PYTHON@", "@LAB@/write.py"]\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab, FullDisk(lab, "256k") as disk:
        lab.write("write.py", WRITER.replace("@LAB@", lab.dir))
        lab.tend("up", "-d", "--wait", "0s")
        wait_until("status tells it", lambda: lab.project().get("log_blocked"))
        check(not lab.exists("written"), "the writer is held back")
        # Decisions go on meanwhile.
        lab.tend("restart", "clock", expect=0)
        disk.grow("64m")
        wait_until("all is written", lambda: lab.exists("written"))
        lab.wait_state("write", "done")
        wait_until("status tells that it goes on", lambda: not lab.project().get("log_blocked"))
        lab.down()
        expected = hashlib.sha256(b"".join(b"line %07d " % n + b"." * 50 + b"\n" for n in range(100_000)))
        equal(hashlib.sha256(lab.log("write")).hexdigest(), expected.hexdigest(), "the bytes of the log")


@case(watchdog_s=90)
def with_drop_a_full_disk_holds_nobody_back_and_the_loss_is_counted():
    need_root()
    with Lab('[task.write]\nrun = ["@PYTHON@", "@LAB@/write.py"]\nlog = { policy = "drop" }') as lab, \
            FullDisk(lab, "256k"):
        lab.write("write.py", WRITER.replace("@LAB@", lab.dir))
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("write", "done")
        written = 100_000 * 64
        equal(len(b"line 0000000 " + b"." * 50 + b"\n"), 64)
        wait_until("each byte is either kept or counted",
                   lambda: len(lab.log("write")) + lab.status("write")["log_bytes_dropped"] == written)
        lab.down()


run_cases()
