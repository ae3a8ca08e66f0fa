#!/usr/bin/env python3
# label: fast
# timeout: 300
"""The life of one service: ends, restarts, back-off, limits, and never a second copy."""

import os
import time

from tendlab import Lab, case, check, equal, is_gone, run_cases, wait_until

# A service that notices a second copy of itself: the lock is held as long as it lives.
ALONE = ('exec 9>>@LAB@/@NAME@.lock; flock -n 9 || echo twice >> @LAB@/twice; '
         'echo $$ >> @LAB@/@NAME@.runs; ')


def alone(name, rest, **keys):
    lines = [f"[service.{name}]", f"run = '''{ALONE.replace('@NAME@', name)}{rest}'''"]
    return "\n".join(lines + [f"{key.replace('_', '-')} = {value}" for key, value in keys.items()])


def runs_of(lab, name):
    return len(lab.text(f"{name}.runs").split())


def starts_of(lab, name="web"):
    """The times in seconds at which the runs began, as they wrote them."""
    return [int(text) / 1e9 for text in lab.text(f"{name}.starts").split()]


def core_flag_of(command):
    """Whether this machine dumps core for such an end."""
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", command], os.environ)
    return os.WCOREDUMP(os.waitpid(pid, 0)[1])


@case
def exit_0_with_never_is_stopped_and_the_code_is_shown():
    with Lab('[service.web]\nrun = "exit 0"\nrestart = { when = "never" }') as lab:
        lab.tend("up", "-d")
        web = lab.wait_state("web", "stopped")
        equal(web["last_exit"]["code"], 0)
        equal((web["pid"], web["ready"], web["restarts"]), (None, False, 0))
        lab.down_and_nothing_left()


@case
def a_failure_with_never_is_failed_and_the_code_is_shown():
    with Lab('[service.web]\nrun = "exit 7"\nrestart = { when = "never" }') as lab:
        lab.tend("up", "-d")
        web = lab.wait_state("web", "failed")
        equal(web["last_exit"]["code"], 7)
        check("7" in web["reason"], f"the reason tells the code: {web['reason']}")
        lab.down_and_nothing_left()


@case
def exit_3_is_restarted_and_told():
    with Lab("""
[service.web]
run = "if [ -e @LAB@/once ]; then exec sleep 1000.@TOKEN@; fi; touch @LAB@/once; exit 3"
restart = { delay = "10ms" }
""") as lab:
        lab.tend("up", "-d")
        wait_until("it was restarted", lambda: lab.status("web")["restarts"] == 1)
        web = lab.wait_state("web", "up")
        equal(web["last_exit"]["code"], 3)
        check("3" in lab.tend("why", "web", expect=0).stdout, "`tend why` tells the exit code")
        lab.down_and_nothing_left()


@case
def the_first_restart_comes_at_once_and_the_second_waits():
    with Lab("""
[service.web]
run = "date +%s%N >> @LAB@/web.starts; exit 1"
restart = { factor = 100, max-delay = "1h", jitter = 0 }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        wait_until("the second restart has come, and the third waits",
                   lambda: len(starts_of(lab)) == 3 and lab.status("web")["state"] == "backoff")
        web = lab.status("web")
        equal(web["restarts"], 2)
        starts = starts_of(lab)
        check(starts[2] - starts[1] >= 0.095, f"the second waits for 100 ms: {starts}")
        check(web["next_attempt_ms"] > 1000, "the third for 10 s")
        lab.down_and_nothing_left()


@case
def a_segmentation_fault_shows_the_signal_and_the_core_flag():
    crash = "ulimit -c unlimited; kill -SEGV $$"
    with Lab(f'[service.web]\nrun = "{crash}"\nrestart = {{ when = "never" }}') as lab:
        os.chdir(lab.dir)
        dumps = core_flag_of(crash)
        os.chdir("/")
        lab.tend("up", "-d")
        web = lab.wait_state("web", "failed")
        equal(web["last_exit"]["signal"], "SIGSEGV")
        equal(web["last_exit"]["core"], dumps)
        lab.down_and_nothing_left()


@case
def always_restarts_after_success_and_failure_does_not():
    with Lab("""
[service.again]
run = "echo run >> @LAB@/again.runs"
restart = { when = "always", delay = "10ms", factor = 1, limit = "60 in 1m" }
[service.once]
run = "echo run >> @LAB@/once.runs"
""") as lab:
        lab.tend("up", "-d")
        wait_until("five runs", lambda: runs_of(lab, "again") >= 5)
        equal(lab.wait_state("once", "stopped")["restarts"], 0)
        equal(runs_of(lab, "once"), 1)
        lab.down_and_nothing_left()


@case
def the_gaps_of_a_crash_loop_grow_by_the_factor_up_to_the_cap():
    with Lab("""
[service.web]
run = "date +%s%N >> @LAB@/web.starts; exit 1"
restart = { delay = "100ms", factor = 3, jitter = 0.1, max-delay = "900ms", limit = "60 in 1m" }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        wait_until("seven runs", lambda: len(starts_of(lab)) >= 7)
        starts = starts_of(lab)
        gaps = [later - earlier for earlier, later in zip(starts, starts[1:])]
        least = [0.1, 0.3, 0.9, 0.9, 0.9, 0.9]
        for number, (gap, bound) in enumerate(zip(gaps, least)):
            check(gap >= bound * 0.9 - 0.005, f"gap {number} is {gap:.3f} s, delay {bound} s")
        # Without the cap the sixth gap would be 24.3 s.
        check(gaps[5] < 10, f"the cap holds: {gaps}")
        lab.down_and_nothing_left()


@case
def a_healthy_run_forgives_what_was_before():
    with Lab("""
[service.web]
run = '''date +%s%N >> @LAB@/web.starts
[ $(wc -l < @LAB@/web.starts) = 4 ] && sleep 0.6 && date +%s%N > @LAB@/healthy.end
exit 1'''
restart = { delay = "50ms", factor = 10, max-delay = "1h", reset-after = "400ms", limit = "60 in 1m" }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")  # Gaps: 50 ms, 500 ms, 5 s, then 50 ms again, not 50 s.
        wait_until("the run after the healthy one", lambda: len(starts_of(lab)) >= 5)
        gap = starts_of(lab)[4] - int(lab.text("healthy.end")) / 1e9
        check(gap < 5, f"the back-off began anew: {gap:.3f} s")
        lab.down_and_nothing_left()


@case
def too_many_ends_cool_down_and_are_tried_again():
    with Lab("""
[service.web]
run = "echo $$ >> @LAB@/web.runs; exit 1"
restart = { delay = "5ms", factor = 1, limit = "3 in 1m", cool-down = "700ms" }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("web", "cooling-down")
        wait_until("it is tried again", lambda: runs_of(lab, "web") > 4)
        lab.down_and_nothing_left()


@case
def start_clears_cooling_down():
    with Lab("""
[service.web]
run = "[ -e @LAB@/fixed ] || exit 1; exec sleep 1000.@TOKEN@"
restart = { delay = "5ms", factor = 1, limit = "3 in 1m", cool-down = "1h" }
""") as lab:
        lab.tend("up", "-d", "--wait", "0s")
        web = lab.wait_state("web", "cooling-down")
        check(web["next_attempt_ms"] and web["next_attempt_ms"] > 60_000, "it tells when: next_attempt_ms")
        lab.write("fixed", "")
        lab.tend("start", "web", expect=0)
        equal(lab.status("web")["state"], "up")
        lab.down_and_nothing_left()


@case
def a_missing_program_fails_at_once_with_path_step_and_errno():
    with Lab('[service.web]\nrun = ["/nonexistent/web-server"]\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        lab.up("clock")
        began = time.monotonic()
        done = lab.tend("start", "web", expect=1)
        took = time.monotonic() - began
        for word in ("web", "exec", "/nonexistent/web-server", "No such file"):
            check(word in done.stderr, f"{word!r} is in the message: {done.stderr}")
        check(took < 5, f"the answer came after {took:.1f} s")
        equal(lab.status("web")["last_exit"]["not_started"], True)
        equal(lab.status("clock")["state"], "up")
        lab.down_and_nothing_left()


@case
def a_bad_interpreter_line_names_the_interpreter():
    with Lab('[service.web]\nrun = ["@LAB@/script"]\n[service.clock]\nrun = "sleep 1000.@TOKEN@"') as lab:
        lab.write("script", "#!/nonexistent/interpreter\n", mode=0o755)
        lab.up("clock")
        done = lab.tend("start", "web", expect=1)
        check("/nonexistent/interpreter" in done.stderr, done.stderr)
        lab.down_and_nothing_left()


@case
def a_missing_folder_is_named_and_the_program_is_not():
    with Lab('[service.web]\nrun = ["true"]\ncwd = "@LAB@/nowhere"\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        done = lab.tend("up", "-d")
        check(done.returncode in (1, 78), f"exit code {done.returncode}")
        check("nowhere" in done.stdout + done.stderr, f"the folder is named: {done}")
        lab.tend("down")
        lab.assert_nothing_left()


@case
def eight_concurrent_starts_make_one_copy():
    with Lab(alone("web", "exec sleep 1000.@TOKEN@") +
             '\n[service.clock]\nrun = "exec sleep 1001"') as lab:
        lab.up("clock")
        for count in range(5):
            clients = [lab.start("start", "web") for _ in range(8)]
            equal([client.wait() for client in clients], [0] * 8)
            wait_until("it says that it runs", lambda: runs_of(lab, "web") == count + 1)
            equal(len(lab.copies("1000.")), 1, "copies of web")
            lab.tend("stop", "web", expect=0)
            equal(len(lab.with_token("1000.")), 0, "processes of web")
        equal(runs_of(lab, "web"), 5)
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def starts_stops_and_restarts_at_once_end_in_at_most_one_copy():
    with Lab(alone("web", "exec sleep 1000.@TOKEN@") +
             '\n[service.clock]\nrun = "exec sleep 1001"') as lab:
        lab.up()
        for _ in range(10):
            verbs = [lab.random.choice(("start", "stop", "restart")) for _ in range(6)]
            for client in [lab.start(verb, "web") for verb in verbs]:
                client.wait()
        lab.tend("start", "web", expect=0)
        equal(len(lab.copies("1000.")), 1, "copies of web")
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def start_during_a_slow_stop_waits_for_the_old_copy_to_end():
    slow = "trap 'touch @LAB@/asked; while [ ! -e @LAB@/leave ]; do sleep 0.01; done; exit 0' TERM; " \
           "while :; do sleep 0.05; done"
    with Lab(alone("web", slow)) as lab:
        lab.up()
        old = lab.status("web")["pid"]
        stopping = lab.start("stop", "web")
        wait_until("the old copy was asked", lambda: lab.exists("asked"))
        starting = lab.start("start", "web")
        equal(lab.wait_state("web", "stopping")["pid"], old)
        lab.write("leave", "")
        equal(starting.wait(), 0)
        stopping.wait()
        web = lab.wait_ready("web", not_pid=old)
        check(is_gone(old), "the old copy has ended")
        equal(web["state"], "up")
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def stop_during_back_off_starts_nothing_any_more():
    with Lab('[service.web]\nrun = "echo $$ >> @LAB@/web.runs; exit 1"\n'
             'restart = { delay = "600ms", factor = 1 }\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("web", "backoff")
        lab.tend("stop", "web", expect=0)
        runs = runs_of(lab, "web")
        equal(lab.status("web")["state"], "stopped")
        # The next attempt would have come after 660 ms at most.
        later = time.monotonic() + 1
        wait_until("the attempt would have come", lambda: time.monotonic() > later)
        equal((runs_of(lab, "web"), lab.status("web")["state"]), (runs, "stopped"))
        lab.down_and_nothing_left()


@case
def restart_while_waiting_for_a_dependency_makes_one_copy():
    with Lab("""
[service.db]
run = "exec sleep 1000.@TOKEN@"
ready = { exec = ["test", "-e", "@LAB@/db.ready"], every = "20ms" }
""" + alone("web", "exec sleep 1002.@TOKEN@", requires='["db"]')) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        equal(lab.wait_state("web", "waiting")["pid"], None)
        restarting = lab.start("restart", "web")
        equal(lab.wait_state("web", "waiting")["waiting_for"], ["db"])
        lab.write("db.ready", "")
        equal(restarting.wait(), 0)
        equal(lab.wait_ready("web")["state"], "up")
        wait_until("it says that it runs", lambda: runs_of(lab, "web") >= 1)
        equal(runs_of(lab, "web"), 1, "runs of web")
        check(not lab.exists("twice"), "never two copies")
        lab.down_and_nothing_left()


@case
def restart_gives_a_new_process_and_keeps_the_others():
    with Lab('[service.web]\nrun = "exec sleep 1000.@TOKEN@"\n'
             '[service.clock]\nrun = "exec sleep 1001.@TOKEN@"') as lab:
        lab.up()
        web, clock = lab.status("web")["pid"], lab.status("clock")["pid"]
        lab.tend("restart", "web", expect=0)
        check(lab.status("web")["pid"] != web, "web has a new pid")
        check(is_gone(web), "the old process of web has ended")
        equal(lab.status("clock")["pid"], clock)
        lab.down_and_nothing_left()


@case
def an_essential_service_ends_the_project_with_its_code():
    with Lab('[service.web]\nrun = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; exit 42"\n'
             'essential = true\nrestart = { when = "never" }\n'
             '[service.clock]\nrun = "exec sleep 1000.@TOKEN@"') as lab:
        viewer = lab.start("up")
        lab.wait_state("clock", "up")
        lab.write("go", "")
        equal(viewer.wait(), 42)
        lab.assert_nothing_left()


run_cases()
