#!/usr/bin/env python3
# label: ci
# timeout: 600
"""tend's own processes are killed, stopped and crashed; nobody else may notice."""

import os
import signal
import time

from numbered import check_log, copies_of, services_that_write
from tendlab import (Lab, Skip, case, cgroup2_mount, check, descriptors_of, equal, is_alive, need_root,
                     read_bytes, read_text, run_cases, wait_until)

KILLS = 20


def pid_of(lab, helper):
    """The pid of a helper once it runs (the director answers for both)."""
    return wait_until(f"there is a {helper}", lambda: lab.project().get(f"{helper}_pid"))


CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)


def kill_helper(lab, helper, number=signal.SIGKILL):
    """Ends the director or the recorder, and waits for its successor."""
    old = pid_of(lab, helper)
    lab.kill(old, number)
    return wait_until(f"there is a new {helper}",
                      lambda: (new := lab.project().get(f"{helper}_pid")) not in (None, 0, old) and new)


@case(watchdog_s=400)
def twenty_kills_of_director_and_recorder_under_load_lose_and_double_nothing():
    names = [f"s{number}" for number in range(10)]
    with Lab(services_that_write(names)) as lab:
        print(f"      seed {lab.seed}", flush=True)
        lab.up()
        runs = {name: [lab.status(name)["pid"]] for name in names}
        keeper = lab.project()["keeper_pid"]
        descriptors = None
        for kill in range(KILLS):
            director, recorder = pid_of(lab, "director"), pid_of(lab, "recorder")
            # Some services end, with a code each, while nobody is there to see it.
            leaving = {name: lab.random.randrange(30) for name in lab.random.sample(names, 3)}
            victims = lab.random.choice(([director], [recorder], [director, recorder]))
            time.sleep(lab.random.random() * 0.05)  # "At a random moment" is meant so.
            moments = [(lambda v=v: lab.kill(v)) for v in victims]
            moments += [(lambda n=name, c=code: lab.kill(runs[n][-1], signal.SIGRTMIN + c))
                        for name, code in leaving.items()]
            lab.random.shuffle(moments)
            for moment in moments:
                moment()
            for name, code in leaving.items():
                seen = lab.wait_state(name, "failed")
                equal(seen["last_exit"].get("code"), 100 + code, f"exit code of {name} after kill {kill}")
            for name in names:
                seen = lab.status(name)
                if name not in leaving:
                    equal((seen["state"], seen["pid"], seen["restarts"]), ("up", runs[name][-1], 0),
                          f"{name} after kill {kill}")
                equal(len(copies_of(lab, name)), name not in leaving, f"copies of {name}")
            lab.tend("start", *leaving, expect=0)
            for name in leaving:
                runs[name].append(lab.status(name)["pid"])
            equal(lab.project()["keeper_pid"], keeper)
            if kill == 4:
                descriptors = descriptors_of(keeper)
        # Log pipes of ended runs may be on their way out, so the count is waited for.
        wait_until("the keeper holds no more descriptors than after five kills",
                   lambda: descriptors_of(keeper) <= descriptors + 2)
        lab.down_and_nothing_left()
        total = 0
        for name in names:
            found = check_log(name, lab.log(name))
            equal([pid for pid, _ in found], runs[name], f"the runs of {name}")
            total += sum(lines for _, lines in found)
        print(f"      {total} lines, {sum(map(len, runs.values()))} runs", flush=True)


# --- one at a time ---------------------------------------------------------------------------------

TWO = """
[service.web]
run = "echo $$ >> @LAB@/web.runs; exec sleep 1000.@TOKEN@"
[service.job]
run = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exit 17"
restart = { when = "never" }
"""


@case
def a_crash_of_the_director_by_any_signal_changes_nothing():
    with Lab(TWO) as lab:
        lab.up()
        before = lab.status("web")
        for number in (*CRASHES, signal.SIGKILL):
            kill_helper(lab, "director", number)
            web = lab.status("web")
            equal((web["pid"], web["restarts"], web["since"], web["run"]),
                  (before["pid"], 0, before["since"], before["run"]), f"after {number!r}")
            check(web["uptime_ms"] >= before["uptime_ms"], "the uptime goes on")
        equal(lab.text("web.runs").split(), [str(before["pid"])])
        lab.down_and_nothing_left()


@case
def a_crash_of_the_recorder_by_any_signal_changes_nothing():
    with Lab(TWO) as lab:
        lab.up()
        before = lab.status("web")
        for number in CRASHES:
            kill_helper(lab, "recorder", number)
            web = lab.status("web")
            equal((web["pid"], web["restarts"], web["run"]), (before["pid"], 0, before["run"]), f"after {number!r}")
        lab.down_and_nothing_left()


@case
def a_crash_is_said_when_the_next_one_starts():
    with Lab(TWO) as lab:
        lab.up()
        messages = f"{lab.project()['runtime_dir']}/messages"
        for helper in ("director", "recorder"):
            kill_helper(lab, helper, signal.SIGSEGV)
            check(f"the {helper} crashed and is started again; signal 11" in read_text(messages), "it is said")
        lab.down_and_nothing_left()


@case
def an_end_while_the_director_is_away_is_known_exactly():
    with Lab(TWO) as lab:
        lab.up()
        director, job = pid_of(lab, "director"), lab.status("job")["pid"]
        # Stopped first: the end of the service certainly falls into its absence.
        lab.kill(director, signal.SIGSTOP)
        lab.write("go", "")
        wait_until("the job has ended", lambda: not is_alive(job))
        lab.kill(director)
        equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


@case
def back_off_goes_on_where_it_was():
    with Lab("""
[service.web]
run = "date +%s%N >> @LAB@/web.starts; exit 1"
restart = { delay = "1500ms", factor = 1, jitter = 0 }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        for runs in range(1, 4):
            wait_until(f"run {runs}", lambda: len(lab.text("web.starts").split()) == runs)
            lab.wait_state("web", "backoff")
            kill_helper(lab, "director")
            equal(lab.wait_state("web", "backoff")["restarts"], runs - 1)
        wait_until("run 4", lambda: len(lab.text("web.starts").split()) == 4)
        starts = [int(text) / 1e9 for text in lab.text("web.starts").split()]
        for earlier, later in zip(starts, starts[1:]):
            # Not sooner, and not a second time from the beginning.
            check(1.49 <= later - earlier < 2.9, f"gap {later - earlier:.3f} s")
        lab.down_and_nothing_left()


@case
def waiting_starting_and_stopping_go_on():
    with Lab("""
[service.db]
run = "trap 'while [ ! -e @LAB@/leave ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
ready = { exec = ["test", "-e", "@LAB@/db.ready"], every = "20ms" }
stop = [["TERM", "40s"], ["KILL", "5s"]]
[service.web]
run = "exec sleep 1000.@TOKEN@"
requires = ["db"]
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_log("db", "ready")
        db = lab.status("db")["pid"]
        kill_helper(lab, "director")
        equal((lab.status("db")["state"], lab.status("web")["state"]), ("starting", "waiting"))
        lab.write("db.ready", "")
        lab.wait_ready("web")
        equal(lab.status("db")["pid"], db)
        stopping = lab.start("stop", "db")
        lab.wait_state("db", "stopping")
        kill_helper(lab, "director")
        equal(lab.status("db")["state"], "stopping")
        lab.write("leave", "")
        equal(lab.wait_state("db", "stopped")["last_exit"]["code"], 0)
        equal(lab.status("web")["state"], "stopped")
        stopping.wait()
        lab.down_and_nothing_left()


@case
def down_goes_on_when_the_director_dies_in_the_middle():
    with Lab("""
[service.slow]
run = "trap 'while [ ! -e @LAB@/leave ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "40s"], ["KILL", "5s"]]
""") as lab:
        lab.up()
        lab.wait_log("slow", "ready")
        down = lab.start("down")
        lab.wait_state("slow", "stopping")
        lab.kill(pid_of(lab, "director"))
        lab.write("leave", "")
        lab.assert_nothing_left()
        down.wait()


@case
def notify_works_after_the_director_was_replaced():
    say = "import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); " \
          "a = os.environ['NOTIFY_SOCKET']; s.connect('\\0' + a[1:] if a[0] == '@' else a); " \
          "s.send(b'READY=1')"
    with Lab('[service.web]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; @PYTHON@ @LAB@/say.py; '
             'exec sleep 1000.@TOKEN@"\nready = "notify"') as lab:
        lab.write("say.py", say)
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("web", "starting")
        kill_helper(lab, "director")
        lab.write("go", "")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_stopped_director_holds_nobody_up():
    with Lab('[service.web]\nrun = ["@PROGRAMS@/numbered_lines", "web", "2"]\n') as lab:
        lab.up()
        director, web = pid_of(lab, "director"), lab.status("web")["pid"]
        lab.kill(director, signal.SIGSTOP)
        size = len(lab.log("web"))
        wait_until("the log grows on", lambda: len(lab.log("web")) > size + 100_000)
        lab.kill(director, signal.SIGCONT)
        equal((lab.status("web")["pid"], lab.project()["director_pid"]), (web, director))
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("web", lab.log("web"))], [web])


def write_control(path, value):
    with open(path, "w") as file:
        file.write(str(value))


@case
def a_stopped_director_is_not_replaced_and_a_hung_one_is():
    need_root()
    if not cgroup2_mount():
        raise Skip("there is no cgroup2 to freeze the director in")
    with Lab(TWO, environment={"TEND_DIRECTOR_TIMEOUT_MS": "300"}) as lab:
        lab.up()
        director, job, web = pid_of(lab, "director"), lab.status("job")["pid"], lab.status("web")["pid"]
        lab.kill(director, signal.SIGSTOP)
        lab.write("go", "")
        wait_until("the job has ended", lambda: not is_alive(job))
        time.sleep(1.5)  # Five times what a hung one is given.
        check(is_alive(director), "a stopped director is left alone")
        lab.kill(director, signal.SIGCONT)
        equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
        equal(pid_of(lab, "director"), director)
        # Hung, without being stopped: frozen, which only KILL gets through to.
        group = f"{cgroup2_mount()}/hung-{lab.name}"
        os.mkdir(group)
        write_control(f"{group}/cgroup.procs", director)
        write_control(f"{group}/cgroup.freeze", 1)
        lab.kill(web)
        wait_until("the director is replaced", lambda: not is_alive(director))
        equal(lab.wait_ready("web", not_pid=web)["last_exit"]["signal"], "SIGKILL")
        wait_until("its group is empty", lambda: not read_bytes(f"{group}/cgroup.procs"))
        os.rmdir(group)
        check(pid_of(lab, "director") != director, "there is a new director")
        lab.down_and_nothing_left()


@case
def a_stopped_recorder_holds_no_decision_up():
    with Lab(TWO) as lab:
        lab.up()
        lab.kill(pid_of(lab, "recorder"), signal.SIGSTOP)
        lab.write("go", "")
        equal(lab.wait_state("job", "failed")["last_exit"]["code"], 17)
        lab.tend("restart", "web", expect=0)
        lab.kill(pid_of(lab, "recorder"), signal.SIGCONT)
        lab.down_and_nothing_left()


@case
def output_written_while_there_is_no_recorder_arrives():
    with Lab('[service.web]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; echo in between; exit 3"\n'
             'restart = { when = "never" }') as lab:
        lab.up()
        recorder = pid_of(lab, "recorder")
        lab.kill(recorder, signal.SIGSTOP)
        lab.write("go", "")
        lab.wait_state("web", "failed")
        lab.kill(recorder)
        lab.wait_log("web", "in between")
        lab.down_and_nothing_left()
        equal(lab.log("web"), b"in between\n")


run_cases()
