#!/usr/bin/env python3
# label: ci
# timeout: 600
"""The keeper is killed, and the next `tend up` takes over what it left: the same processes, the same
counters, never a second copy, no byte of output lost or doubled."""

import os
import signal
import time

from numbered import check_log, copies_of, services_that_write
from tendlab import Lab, case, check, equal, is_alive, is_gone, need_root, run_cases, wait_until

KEPT = """
[service.web]
run = '''exec 9>>@LAB@/web.lock; flock -n 9 || echo twice >> @LAB@/twice; echo $$ >> @LAB@/web.runs
exec sleep 1000.@TOKEN@'''
[service.lines]
run = ["@PROGRAMS@/numbered_lines", "lines", "1"]
restart = { when = "never" }
log = { max-size = "1MiB", keep = 500 }
"""

LEAVING = """
[service.stay]
run = "exec sleep 1000.@TOKEN@"
[service.job]
run = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exit 17"
restart = { when = "never" }
"""


WITH_REQUIREMENT = """
[service.stay]
run = "exec sleep 1000.@TOKEN@"
[service.db]
run = "exec sleep 1000.@TOKEN@"
[service.web]
run = "exec sleep 1000.@TOKEN@"
requires = ["db"]
"""


def kill_keeper(lab):
    """Kills it, and waits until its director is gone with it."""
    project = lab.project()
    lab.kill_and_wait(project["keeper_pid"])
    wait_until("the director ends with its keeper", lambda: not is_alive(project["director_pid"]))
    return project


def kill_keeper_and_recorder(lab):
    project = lab.project()
    # Stopped first, so that it has no instant in which to do anything about the death of the keeper.
    lab.kill(project["recorder_pid"], signal.SIGSTOP)
    lab.kill_and_wait(project["keeper_pid"])
    lab.kill_and_wait(project["recorder_pid"])
    wait_until("the director ends with its keeper", lambda: not is_alive(project["director_pid"]))
    return project


def tells_exit_codes():
    """Linux 6.15 tells how a process ended that somebody else has reaped."""
    release = os.uname().release.split(".")
    return (int(release[0]), int(release[1])) >= (6, 15)


def known(exit_as):
    return exit_as if tells_exit_codes() else {"unknown": True}


def without_text(last_exit):
    return {key: value for key, value in (last_exit or {}).items() if key not in ("text", "core")}


# --- taking over -----------------------------------------------------------------------------------

@case
def up_takes_over_the_same_processes_with_the_same_counters():
    with Lab(KEPT) as lab:
        lab.up()
        lab.kill(lab.status("web")["pid"])
        wait_until("web was restarted once", lambda: lab.status("web")["restarts"] == 1)
        web, lines = lab.wait_ready("web"), lab.status("lines")
        old = kill_keeper(lab)
        told = lab.up().stderr
        check("taken over" in told and "web" in told and "lines" in told, f"it says what it did: {told}")
        for before in (web, lines):
            now = lab.status(before["name"])
            equal((now["state"], now["pid"], now["restarts"], now["run"], now["since"][:-8]),
                  ("up", before["pid"], before["restarts"], before["run"], before["since"][:-8]))
            check(now["uptime_ms"] >= before["uptime_ms"], "the uptime goes on")
            whom = lab.tend("kill", "--dry-run", "@" + before["name"], expect=0).stdout
            check(str(before["pid"]) in whom, f"the other commands know its leader too: {whom}")
        check(lab.project()["keeper_pid"] != old["keeper_pid"], "there is a new keeper")
        wait_until("the old recorder has gone", lambda: not is_alive(old["recorder_pid"]))
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines["pid"]])


@case(watchdog_s=200)
def ten_killed_keepers_in_a_row_lose_and_double_no_line():
    names = [f"s{number}" for number in range(5)]
    with Lab(services_that_write(names)) as lab:
        print(f"      seed {lab.seed}", flush=True)
        lab.up()
        runs = {name: [lab.status(name)["pid"]] for name in names}
        for kill in range(10):
            time.sleep(lab.random.random() * 0.05)  # "At a random moment" is meant so.
            project = lab.project()
            victims = [project["keeper_pid"]]
            if lab.random.random() < 0.3:
                victims.insert(0, project["director_pid"])
            for victim in victims:
                lab.kill_and_wait(victim)
            lab.up()
            for name in names:
                seen = lab.status(name)
                equal((seen["state"], seen["pid"], seen["restarts"]), ("up", runs[name][-1], 0),
                      f"{name} after kill {kill}")
                equal(len(copies_of(lab, name)), 1, f"copies of {name}")
            # A run that is not adopted among those that are.
            anew = lab.random.choice(names)
            lab.tend("restart", anew, expect=0)
            runs[anew].append(lab.status(anew)["pid"])
        lab.down_and_nothing_left()
        for name in names:
            equal([pid for pid, _ in check_log(name, lab.log(name))], runs[name], f"the runs of {name}")


@case
def a_keeper_that_crashes_is_taken_over_and_it_is_said():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            project = lab.project()
            lab.kill_and_wait(project["keeper_pid"], number)
            wait_until("the director ends with its keeper", lambda: not is_alive(project["director_pid"]))
            told = lab.up().stderr
            check("its keeper was killed; taken over" in told, told)
            equal((lab.status("web")["pid"], lab.status("web")["restarts"]), (web, 0), f"after {number!r}")
        lab.down_and_nothing_left()


@case
def an_adopted_service_that_is_killed_comes_back_and_the_signal_is_known():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        kill_keeper(lab)
        lab.up()
        lab.kill(web)
        now = lab.wait_ready("web", not_pid=web)
        equal(without_text(now["last_exit"]), known({"signal": "SIGKILL"}))
        equal(now["restarts"], 1)
        # The new run is a child of the new keeper, and nothing special any more.
        lab.kill(now["pid"], signal.SIGTERM)
        equal(lab.wait_ready("web", not_pid=now["pid"])["last_exit"]["signal"], "SIGTERM")
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def an_end_while_there_is_no_keeper_is_known_where_the_kernel_tells():
    with Lab(LEAVING) as lab:
        lab.up()
        job = lab.status("job")["pid"]
        kill_keeper(lab)
        lab.write("go", "")
        wait_until("the job has ended", lambda: not is_alive(job))
        lab.tend("up", "-d")
        equal(without_text(lab.wait_state("job", "failed")["last_exit"]), known({"code": 17}))
        lab.down_and_nothing_left()


@case
def an_end_after_the_adoption_is_known_also_by_the_next_director():
    with Lab(LEAVING) as lab:
        lab.up()
        job = lab.status("job")["pid"]
        kill_keeper(lab)
        lab.up()
        director = lab.project()["director_pid"]
        lab.kill(director, signal.SIGSTOP)
        lab.write("go", "")
        wait_until("the job has ended", lambda: not is_alive(job))
        lab.kill(director)
        equal(without_text(lab.wait_state("job", "failed")["last_exit"]), known({"code": 17}))
        lab.down_and_nothing_left()


@case
def what_nobody_saw_end_is_unknown_and_counts_as_a_failure():
    with Lab(LEAVING + '\n[service.again]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exec sleep 1001.@TOKEN@"\n') as lab:
        lab.up()
        again = lab.status("again")["pid"]
        job = lab.status("job")["pid"]
        kill_keeper_and_recorder(lab)
        lab.kill_and_wait(again)
        lab.write("go", "")
        wait_until("both have ended, and somebody has reaped them", lambda: is_gone(job) and is_gone(again))
        lab.tend("up", "-d")
        equal(without_text(lab.wait_state("job", "failed")["last_exit"]), {"unknown": True})
        seen = lab.wait_ready("again")
        equal((without_text(seen["last_exit"]), seen["restarts"]), ({"unknown": True}, 1))
        lab.down_and_nothing_left()


@case
def output_is_found_again_when_the_recorder_was_killed_too():
    with Lab(KEPT) as lab:
        lab.up()
        lines = lab.status("lines")["pid"]
        wait_until("there is output", lambda: len(lab.log("lines")) > 10_000)
        kill_keeper_and_recorder(lab)
        told = lab.up().stderr
        check("goes nowhere" not in told, told)
        size = len(lab.log("lines"))
        wait_until("the log goes on", lambda: len(lab.log("lines")) > size + 10_000)
        equal(lab.status("lines")["pid"], lines)
        lab.down_and_nothing_left()


@case
def output_that_cannot_be_found_again_is_said_in_words():
    # This one keeps its pipe only in a child that is another user's to look at: nobody's here.
    with Lab("""
[service.web]
run = "exec sleep 1000.@TOKEN@ > /dev/null 2>&1"
""") as lab:
        lab.up()
        kill_keeper_and_recorder(lab)
        told = lab.up().stderr
        check("web: its output goes nowhere until it is restarted" in told, told)
        check("goes nowhere" in lab.status("web")["reason"], lab.status("web")["reason"])
        lab.tend("restart", "web", expect=0)
        check("goes nowhere" not in lab.status("web")["reason"], "the new run has a pipe")
        lab.down_and_nothing_left()


@case
def a_stopped_recorder_is_named_and_nothing_is_lost():
    with Lab(KEPT) as lab:
        lab.up()
        recorder, lines = lab.project()["recorder_pid"], lab.status("lines")["pid"]
        lab.kill(recorder, signal.SIGSTOP)
        kill_keeper(lab)
        refused = lab.tend("up", "-d", expect=1).stderr
        check("recorder" in refused and "stopped" in refused, refused)
        check(is_alive(lines), "the service lives on")
        lab.kill(recorder, signal.SIGCONT)
        lab.up()
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


@case
def notifications_reach_the_next_keeper():
    say = "import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); " \
          "a = os.environ['NOTIFY_SOCKET']; s.connect('\\0' + a[1:] if a[0] == '@' else a); " \
          "s.send(b'READY=1')"
    with Lab('[service.web]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; @PYTHON@ @LAB@/say.py; '
             'exec sleep 1000.@TOKEN@"\nready = "notify"') as lab:
        lab.write("say.py", say)
        lab.tend("up", "-d", "--wait", "0s")
        web = wait_until("web has a process", lambda: lab.status("web")["pid"])
        kill_keeper(lab)
        lab.tend("up", "-d", "--wait", "0s")
        equal(lab.status("web")["pid"], web)
        lab.write("go", "")
        equal(lab.wait_ready("web")["pid"], web)
        lab.down_and_nothing_left()


TREE = """
[service.web]
run = '''setsid sleep 1001.@TOKEN@ & (setsid env -i sleep 1002.@TOKEN@ &) ; trap "" TERM
echo ready; while :; do sleep 0.05; done'''
stop = [["TERM", "100ms"], ["KILL", "10s"]]
"""


def an_adopted_tree_is_stopped_whole(lab):
    lab.up()
    lab.wait_log("web", "ready")
    wait_until("its tree is there", lambda: len(lab.copies("100")) >= 2)
    kill_keeper(lab)
    lab.up()
    lab.tend("stop", "web", expect=0)
    equal(lab.with_token("1001"), [])
    equal(lab.with_token("1002"), [])
    lab.down_and_nothing_left()


@case
def the_whole_tree_of_an_adopted_service_is_stopped():
    with Lab(TREE) as lab:
        an_adopted_tree_is_stopped_whole(lab)


@case
def without_cgroups_too():
    need_root()
    with Lab(TREE, hide_cgroup2=True) as lab:
        an_adopted_tree_is_stopped_whole(lab)


@case
def an_ordinary_user_too():
    with Lab(TREE, uid=1000) as lab:
        an_adopted_tree_is_stopped_whole(lab)


@case
def who_was_stopped_by_hand_stays_stopped_unless_named():
    with Lab(KEPT) as lab:
        lab.up()
        lab.tend("stop", "web", expect=0)
        kill_keeper(lab)
        lab.up()
        equal(lab.status("web")["state"], "stopped")
        kill_keeper(lab)
        lab.up("web")
        lab.wait_ready("web")
        lab.down_and_nothing_left()


@case
def a_service_that_is_named_brings_what_it_requires():
    with Lab(WITH_REQUIREMENT) as lab:
        lab.up()
        lab.tend("stop", "db", expect=0)
        kill_keeper(lab)
        lab.up("web")
        for name in ("db", "web"):
            lab.wait_ready(name)
        lab.down_and_nothing_left()


@case
def a_name_means_the_same_service_also_where_the_file_has_changed():
    with Lab(WITH_REQUIREMENT) as lab:
        lab.up()
        lab.tend("stop", "web", expect=0)
        kill_keeper(lab)
        others = "".join(f"[service.new{i}]\nrun = 'exec sleep 1000.@TOKEN@'\n" for i in range(9))
        lab.config(others + WITH_REQUIREMENT)
        told = lab.tend("up", "-d", "new8", "web", expect=1).stderr
        check("has changed" in told, told)
        lab.wait_ready("web")
        equal([one["name"] for one in lab.objects() if "state" in one], ["stay", "db", "web"])
        lab.down_and_nothing_left()


@case
def a_down_that_was_cut_short_is_taken_back_by_up():
    with Lab(KEPT + """
[service.slow]
run = "trap 'while [ ! -e @LAB@/leave ]; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
stop = [["TERM", "40s"], ["KILL", "5s"]]
""") as lab:
        lab.up()
        lab.wait_log("slow", "ready")
        slow = lab.status("slow")["pid"]
        down = lab.start("down")
        lab.wait_state("slow", "stopping")
        lab.wait_state("web", "stopped")
        kill_keeper(lab)
        down.wait()
        lab.write("leave", "")
        lab.up("--wait", "30s")
        for name in ("web", "slow"):
            lab.wait_ready(name, not_pid=slow)
        lab.down_and_nothing_left()


@case
def up_in_the_foreground_takes_over_and_its_end_stops_the_project():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        kill_keeper(lab)
        up = lab.start("up")
        wait_until("there is a keeper", lambda: lab.project().get("keeper_pid"))
        equal(lab.status("web")["pid"], web)
        up.send_signal(signal.SIGINT)
        up.wait()
        lab.assert_nothing_left()


@case
def a_changed_file_does_not_keep_the_services_from_being_looked_after():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        kill_keeper(lab)
        lab.config(KEPT.replace("1000.", "2000."))
        told = lab.tend("up", "-d", expect=1).stderr
        check("has changed" in told and "tend down" in told, told)
        equal((lab.status("web")["state"], lab.status("web")["pid"]), ("up", web))
        lab.down_and_nothing_left()


@case
def a_killed_tend_up_leaves_everything_to_the_next_one():
    """kill -9 of `tend up` at many moments of the adoption."""
    with Lab(KEPT) as lab:
        print(f"      seed {lab.seed}", flush=True)
        lab.up()
        web, lines = lab.status("web")["pid"], lab.status("lines")["pid"]
        for _ in range(15):
            kill_keeper(lab)
            for _ in range(3):
                up = lab.start("up", "-d")
                time.sleep(lab.random.random() * 0.03)  # "At a random moment" is meant so.
                up.kill()
                up.wait()
            wait_until("it runs, or can be taken over", lambda: lab.tend("up", "-d").returncode == 0)
            equal((lab.status("web")["pid"], lab.status("lines")["pid"]), (web, lines))
            equal((len(lab.copies("1000.")), len(copies_of(lab, "lines"))), (1, 1))
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()
        equal([pid for pid, _ in check_log("lines", lab.log("lines"))], [lines])


# --- not taking over -------------------------------------------------------------------------------

@case
def down_ends_what_a_dead_keeper_left_behind():
    with Lab(KEPT) as lab:
        lab.up()
        lab.kill_and_wait(lab.project()["keeper_pid"])
        lab.tend("down")
        lab.assert_nothing_left()


@case
def the_death_of_the_keeper_is_told_by_status():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        lab.kill_and_wait(lab.project()["keeper_pid"])
        told = lab.tend("status", expect=4).stderr
        check("keeper" in told and str(web) in told, told)
        check("tend up" in told and "tend down" in told, "it says what to try")


def state_path(lab):
    return next(os.path.join(root, name) for root, _, names in os.walk(f"{lab.state}/run")
                for name in names if name == "state")


@case
def state_of_another_boot_is_not_believed():
    """The machine has restarted: the pids in the state file belong to strangers."""
    with Lab(KEPT) as lab:
        lab.up()
        kill_keeper_and_recorder(lab)
        stranger = int(lab.text("web.runs").split()[-1])
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot_id = file.read().strip()
        with open(state_path(lab), "r+b") as file:
            data = file.read()
            at = data.index(boot_id)
            file.seek(at)
            file.write(boot_id[::-1])
        lab.up()
        check(is_alive(stranger), "a process from before is a stranger now, and left alone")
        check(lab.status("web")["pid"] != stranger, "web was started afresh")
        lab.kill(stranger)
        lab.down()


@case
def a_state_file_cut_or_of_a_newer_version_is_told_in_words_and_makes_no_second_copy():
    with Lab(KEPT) as lab:
        lab.up()
        web = lab.status("web")["pid"]
        kill_keeper_and_recorder(lab)
        path = state_path(lab)
        with open(path, "rb") as file:
            whole = file.read()
        for bytes_left in (0, 1, 8, 100, len(whole) // 2, len(whole) - 1):
            with open(path, "wb") as file:
                file.write(whole[:bytes_left])
            refused = lab.tend("up", "-d", expect=1).stderr
            check(str(web) in refused and "tend down" in refused, f"cut to {bytes_left}: {refused}")
        newer = bytearray(whole)
        newer[8] += 1
        with open(path, "wb") as file:
            file.write(newer)
        refused = lab.tend("up", "-d", expect=1).stderr
        check("a newer version of tend" in refused, refused)
        with open(path, "rb") as file:
            equal(file.read(), bytes(newer), "it is left as it is")
        equal((len(lab.copies("1000.")), len(copies_of(lab, "lines"))), (1, 1))
        # Whole again, everything is as it was.
        with open(path, "wb") as file:
            file.write(whole)
        lab.up()
        equal(lab.status("web")["pid"], web)
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def down_ends_what_belongs_to_a_damaged_state_file():
    with Lab(KEPT) as lab:
        lab.up()
        kill_keeper_and_recorder(lab)
        path = state_path(lab)
        os.truncate(path, 1000)
        lab.tend("down")
        lab.assert_nothing_left()
        with open(path, "wb") as file:
            file.write(b"garbage" * 1000)
        told = lab.up().stderr
        check("state.damaged" in told, told)
        check(os.path.exists(path + ".damaged"), "nothing is thrown away")
        lab.down_and_nothing_left()


run_cases()
