#!/usr/bin/env python3
# label: fast
# timeout: 300
"""Stop means that the whole tree is gone: with cgroup2 and without, as root and as a user."""

import os
import pty
import signal
import time

from tendlab import (Lab, case, cgroup2_mount, check, equal, is_gone, is_root, run_cases, stat_of,
                     wait_until)

# Every way in which a process gets away from its parent, its group, its session, its environment
# and its output; the leader is told apart by 1000.
TREE = """
sleep 1001.@TOKEN@ &
setsid -f sleep 1002.@TOKEN@
( ( sleep 1003.@TOKEN@ & ) & )
( setsid sh -c 'sleep 1004.@TOKEN@ & exit' & )
env -i setsid -f sleep 1005.@TOKEN@ </dev/null >/dev/null 2>&1
env -i setsid -f sh -c 'trap "" TERM INT HUP; sleep 1006.@TOKEN@ & exit' </dev/null >/dev/null 2>&1
exec sleep 1000.@TOKEN@
"""
KINDS = [f"100{number}." for number in range(7)]

# Where the whole tree has to be found, and what status must not claim there.
PLACES = {
    "as_root": {},
    "as_root_without_cgroup2": {"hide_cgroup2": True},
    "as_a_user": {"uid": 1000},
    "as_a_user_without_cgroup2": {"uid": 1000, "hide_cgroup2": True},
}


def in_all_places(function):
    """One case for each place, named after both."""
    for place, options in PLACES.items():
        if options and not is_root():
            continue

        def run(options=options):
            function(options)

        run.__name__ = f"{function.__name__}_{place}"
        case(run)
    return function


# The token is followed by one more digit that says whose process it is.
WEB, DB = "1", "2"


def tree_of(lab, digit):
    """The processes of the tree of one service, by the number each carries."""
    found = {}
    for pid, command in lab.processes().items():
        if command.startswith("sleep ") and command.endswith(lab.token + digit):
            found[command.split()[1][:5]] = pid
    return found


def wait_tree(lab, digit):
    return wait_until(f"the tree of {digit} is whole",
                      lambda: (found := tree_of(lab, digit)).keys() == set(KINDS) and found)


def two_trees(options):
    lab = Lab("".join(f"[service.{name}]\nrun = ['/bin/sh', '@LAB@/{name}.sh']\n"
                      'stop = [["TERM", "300ms"], ["KILL", "10s"]]\n'
                      'restart = { when = "always", delay = "10ms" }\n' for name in ("web", "db")),
              **options)
    for name, digit in (("web", WEB), ("db", DB)):
        lab.write(f"{name}.sh", TREE.replace("@TOKEN@", lab.token + digit))
    return lab


@in_all_places
def stop_ends_the_whole_tree_and_no_other(options):
    with two_trees(options) as lab:
        lab.up()
        wait_tree(lab, WEB)
        db = wait_tree(lab, DB)
        lab.tend("stop", "web", expect=0)
        equal(tree_of(lab, WEB), {}, "what is left of web")
        equal(tree_of(lab, DB), db, "the tree of db")
        means = lab.status("web")["tree"]
        if options.get("hide_cgroup2") or not cgroup2_mount():
            check(means and means != "cgroup", f"without cgroup2 the means is not {means}")
        check(means, "status names the means")
        lab.down_and_nothing_left()


@in_all_places
def nothing_of_an_ended_run_lives_beside_the_next_one(options):
    with two_trees(options) as lab:
        lab.up()
        db = wait_tree(lab, DB)
        for _ in range(3):
            old = wait_tree(lab, WEB)
            lab.kill(old["1000."])
            wait_until("the next run has its whole tree",
                       lambda: not set(old.values()) & set(tree_of(lab, WEB).values())
                       and tree_of(lab, WEB).keys() == set(KINDS))
            equal([pid for pid in old.values() if not is_gone(pid)], [], "left of the old run")
        equal(tree_of(lab, DB), db, "the tree of db")
        lab.down_and_nothing_left()


@in_all_places
def down_ends_everything(options):
    with two_trees(options) as lab:
        lab.up()
        wait_tree(lab, WEB)
        wait_tree(lab, DB)
        lab.down_and_nothing_left()


@case
def a_service_that_ignores_term_is_killed():
    with Lab("""
[service.web]
run = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
stop = [["TERM", "200ms"], ["KILL", "10s"]]
""") as lab:
        lab.up()
        lab.wait_log("web", "ready")
        lab.tend("stop", "web", expect=0)
        web = lab.status("web")
        equal((web["state"], web["last_exit"]["signal"]), ("stopped", "SIGKILL"))
        lab.down_and_nothing_left()


@case
def the_signals_come_in_the_configured_order():
    with Lab("""
[service.web]
run = '''for s in INT HUP USR1 TERM; do trap "echo $s >> @LAB@/signals" $s; done; echo ready
while :; do sleep 0.02; done'''
stop = [["INT", "200ms"], ["USR1", "200ms"], ["TERM", "200ms"], ["HUP", "200ms"], ["KILL", "10s"]]
""") as lab:
        lab.up()
        lab.wait_log("web", "ready")
        lab.tend("stop", "web", expect=0)
        equal(lab.text("signals").split(), ["INT", "USR1", "TERM", "HUP"])
        equal(lab.status("web")["last_exit"]["signal"], "SIGKILL")
        lab.down_and_nothing_left()


@case
def a_clean_end_on_term_is_not_a_failure():
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        lab.up()
        lab.tend("stop", "web", expect=0)
        web = lab.status("web")
        equal((web["state"], web["last_exit"]["signal"], web["restarts"]), ("stopped", "SIGTERM", 0))
        lab.down_and_nothing_left()


@case
def a_stopped_service_can_be_stopped():
    with Lab("""
[service.web]
run = "trap 'echo asked > @LAB@/asked; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "30s"], ["KILL", "10s"]]
""") as lab:
        lab.up()
        lab.wait_log("web", "ready")
        pid = lab.status("web")["pid"]
        lab.kill(pid, signal.SIGSTOP)
        wait_until("it is stopped", lambda: stat_of(pid)[0] == "T")
        lab.tend("stop", "web", expect=0)
        equal(lab.text("asked"), "asked\n")
        equal(lab.status("web")["last_exit"]["code"], 0)
        lab.down_and_nothing_left()


BOMB = r"""
import os, sys, time
for level in range(9):  # 512 processes, each level in sessions of its own.
    if os.fork() == 0:
        os.setsid()
open("@LAB@/grown", "a").write("x")
while True:
    time.sleep(1000)
"""

# Two generations that replace each other as fast as they can, a thousand times.
RUNNER = r"""
import os, sys, time
end = time.monotonic() + 50
while time.monotonic() < end:
    if os.fork() != 0:
        os._exit(0)
    os.setsid()
    trace = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(trace, b".")
    os.close(trace)
    time.sleep(0.002)
"""


@in_all_places
def a_bounded_fork_bomb_is_gone(options):
    with Lab("""
[service.bomb]
run = ["@PYTHON@", "@LAB@/bomb.py", "@TOKEN@"]
stop = [["TERM", "50ms"], ["KILL", "20s"]]
[service.clock]
run = "exec sleep 1000.@TOKEN@"
""", **options) as lab:
        lab.write("bomb.py", BOMB.replace("@LAB@", lab.dir))
        lab.up()
        wait_until("all have grown", lambda: len(lab.text("grown")) == 512, pause_s=0.1)
        lab.tend("stop", "bomb", expect=0)
        equal(lab.with_token("bomb.py"), [], "what is left of the bomb")
        equal(lab.status("clock")["state"], "up")
        lab.down_and_nothing_left()


@in_all_places
def a_tree_that_forks_faster_than_it_is_read_is_gone(options):
    with Lab("""
[service.runner]
run = "@PYTHON@ @LAB@/runner.py @TOKEN@ @LAB@/trace & @PYTHON@ @LAB@/runner.py @TOKEN@ @LAB@/trace & exec sleep 1000.@TOKEN@"
stop = [["TERM", "20ms"], ["KILL", "20s"]]
[service.clock]
run = "exec sleep 1001.@TOKEN@"
""", **options) as lab:
        lab.write("runner.py", RUNNER)
        lab.up()
        # Each generation lives too short to be seen for certain, but leaves a trace.
        wait_until("they run", lambda: lab.exists("trace") and len(lab.text("trace")) > 20)
        lab.tend("stop", "runner", expect=0)
        generations = len(lab.text("trace"))
        equal(lab.with_token("runner.py"), [], "what is left of the runners")
        lab.down_and_nothing_left()
        equal(len(lab.text("trace")), generations, "generations after the stop")


@case
def down_names_what_it_is_waiting_for():
    with Lab("""
[service.slow]
run = "trap 'while [ ! -e @LAB@/leave ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "40s"], ["KILL", "10s"]]
[service.quick]
run = "exec sleep 1000.@TOKEN@"
""") as lab:
        lab.up()
        lab.wait_log("slow", "ready")
        down = lab.start("down")
        said = ""
        while "slow" not in said:
            line = down.stdout.readline()
            check(line, f"`tend down` names slow while it waits; it said: {said!r}")
            said += line
        equal(down.poll(), None, "`tend down` is still waiting")
        lab.write("leave", "")
        equal(down.wait(), 0)
        lab.assert_nothing_left()


@case
def the_whole_stop_ends_within_its_time_in_order_as_far_as_that_goes():
    # web, which goes at once, is in front of two that would take an hour each, one after the other.
    with Lab("""stop-within = "1s"
[service.db]
run = "trap 'echo -db >> @LAB@/order' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "10s"]]
[service.app]
run = "trap 'echo -app >> @LAB@/order' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "10s"]]
requires = ["db"]
[service.web]
run = "trap 'echo -web >> @LAB@/order; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
requires = ["app"]
""") as lab:
        lab.up()
        for name in ("db", "app", "web"):
            lab.wait_log(name, "ready")
        down = lab.tend("down", expect=0)
        said = down.stdout + down.stderr
        check("the 1s for the whole stop are over; killed: db, app" in said, f"it is said: {said!r}")
        order = lab.text("order").split()
        equal(order[:2], ["-web", "-app"], "what was stopped in order")
        lab.assert_nothing_left()


@case
def the_time_of_the_whole_stop_goes_on_under_the_next_director():
    with Lab("""stop-within = "3s"
[service.web]
run = "trap 'echo asked' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "10s"]]
""") as lab:
        lab.up()
        lab.wait_log("web", "ready")
        began = time.monotonic()
        lab.kill(lab.project()["keeper_pid"], signal.SIGTERM)
        lab.wait_log("web", "asked")
        lab.kill_and_wait(lab.project()["director_pid"])
        lab.assert_nothing_left()
        check(time.monotonic() - began >= 2.5, "the first stages had their time")


STUBBORN = """
[service.web]
run = "trap 'echo asked' INT TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "10s"]]
"""

GENTLE = """
[service.web]
run = "trap 'echo asked; while [ ! -e @LAB@/leave ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "1h"], ["KILL", "10s"]]
"""


@case
def the_end_of_the_viewer_is_the_end_of_the_project():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        with Lab('[service.web]\nrun = "echo ready; exec sleep 1000.@TOKEN@"') as lab:
            viewer = lab.start("up")
            lab.wait_log("web", "ready")
            viewer.send_signal(number)
            viewer.wait()
            lab.assert_nothing_left()


@case
def a_second_interrupt_hurries():
    with Lab(STUBBORN) as lab:
        viewer = lab.start("up")
        lab.wait_log("web", "ready")
        viewer.send_signal(signal.SIGINT)
        lab.wait_log("web", "asked")
        lab.wait_state("web", "stopping")
        viewer.send_signal(signal.SIGINT)
        viewer.wait()
        lab.assert_nothing_left()


class Terminal:
    """`tend up` on a terminal of its own, where Ctrl-C is a key."""

    def __init__(self, lab):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            command = lab.command("up")
            os.chdir(lab.dir)
            os.execvpe(command[0], command, {**lab.environment, "TERM": "xterm"})

    def press_control_c(self):
        os.write(self.fd, b"\x03")

    def wait(self):
        """Reads until the other side is closed, so that nobody blocks on us; then the exit status."""
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@case
def one_control_c_on_a_terminal_stops_gently():
    with Lab(GENTLE) as lab:
        terminal = Terminal(lab)
        lab.wait_log("web", "ready")
        terminal.press_control_c()
        lab.wait_log("web", "asked")
        lab.wait_state("web", "stopping")
        lab.write("leave", "")
        terminal.wait()
        equal(lab.log("web").decode().split(), ["ready", "asked"])
        lab.assert_nothing_left()


@case
def two_control_c_on_a_terminal_hurry():
    with Lab(STUBBORN) as lab:
        terminal = Terminal(lab)
        lab.wait_log("web", "ready")
        terminal.press_control_c()
        lab.wait_log("web", "asked")
        terminal.press_control_c()
        terminal.wait()
        lab.assert_nothing_left()


@case
def term_to_the_keeper_is_an_ordered_stop():
    with Lab("""
[service.db]
run = "trap 'echo -db >> @LAB@/order; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
[service.web]
run = "trap 'echo -web >> @LAB@/order; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
requires = ["db"]
""") as lab:
        lab.up()
        lab.wait_log("web", "ready")
        lab.wait_log("db", "ready")
        lab.kill(lab.project()["keeper_pid"], signal.SIGTERM)
        lab.assert_nothing_left()
        equal(lab.text("order").split(), ["-web", "-db"])


run_cases()
