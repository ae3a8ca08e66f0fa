#!/usr/bin/env python3
# label: ci
# timeout: 240
"""What signals do to `tend run`, and what is left when it is killed: nothing."""

import os
import signal
import subprocess

from joblab import JobLab, case, check, equal, is_alive, read_text, run_cases, stat_of, wait_until

TREE = 'echo "$$" >> pids; sleep 1000 & echo "$!" >> pids; setsid sleep 1000 & echo "$!" >> pids; ' \
       'echo "begun $1"; wait'


def begin(lab, *words, count=2, **options):
    """A run whose jobs each are a tree with a detached process; returns when all of it is there."""
    run = lab.start("-j", count, *words, "--sh", TREE, ":::", *range(count + 2), **options)
    wait_until("all processes run", lambda: len(read_text(lab.file("pids")).split()) == 3 * count)
    return run


@case
def ctrl_c_stops_the_jobs_and_starts_no_new_ones():
    with JobLab() as lab:
        run = begin(lab)
        run.signal(signal.SIGINT)
        run.result().prints("begun 0\nbegun 1\n", code=130).says("SIGINT", "unfinished")
        equal([pid for pid in lab.pids_in("pids") if is_alive(pid)], [])


@case
def a_second_ctrl_c_kills_at_once():
    with JobLab() as lab:
        script = 'trap "echo stubborn" TERM; echo ready; while :; do sleep 1000 & wait; done'
        run = lab.start("--live", "--grace", "1000s", "--sh", script, ":::", 1)
        equal(run.line(), b"ready\n")
        run.signal(signal.SIGINT)
        equal(run.line(), b"stubborn\n")
        run.signal(signal.SIGINT)
        run.result().ends_with(130)


@case
def sigterm_leaves_no_process():
    with JobLab() as lab:
        run = begin(lab)
        run.signal(signal.SIGTERM)
        run.result().ends_with(143)
        equal([pid for pid in lab.pids_in("pids") if is_alive(pid)], [])


@case
def kill_9_of_the_front_end_leaves_no_process():
    with JobLab() as lab:
        run = begin(lab)
        run.signal(signal.SIGKILL)
        run.process.wait()
        wait_until("nobody is left", lambda: not lab.ours())


@case
def who_clears_the_environment_does_not_survive_either():
    with JobLab() as lab:
        run = lab.start("--sh", 'env -i sleep 1000 & echo "$!" >> pids; echo ready; wait', ":::", 1)
        equal(run.line(), b"ready\n")
        wait_until("it has cleared it", lambda: read_text(f"/proc/{lab.pids_in('pids')[0]}/comm") == "sleep\n")
        run.signal(signal.SIGKILL)
        run.process.wait()
        wait_until("it is gone", lambda: not is_alive(lab.pids_in("pids")[0]))


@case
def sighup_lets_those_finish_that_run():
    with JobLab() as lab:
        lab.fifo("gate")
        run = lab.start("-j1", "--sh", 'echo "begin $1"; read x < gate; echo "end $1"', ":::", 1, 2)
        equal(run.line(), b"begin 1\n")
        run.signal(signal.SIGHUP)
        wait_until("it was heard", lambda: b"SIGHUP" in os.read(run.process.stderr.fileno(), 4096))
        lab.open_fifo("gate")
        run.result().prints("end 1\n", code=129)


@case
def ctrl_z_stops_jobs_and_their_clocks():
    with JobLab() as lab:
        script = 'echo "$$" >> pids; echo ready; read x < gate; echo end'
        lab.fifo("gate")
        run = lab.start("-t", "3s", "--sh", script, ":::", 1)
        equal(run.line(), b"ready\n")
        run.signal(signal.SIGTSTP)
        wait_until("tend has stopped", lambda: (stat_of(run.pid) or "?")[0] == "T")
        job = lab.pids_in("pids")[0]
        wait_until("the job has stopped", lambda: (stat_of(job) or "?")[0] == "T")
        # Longer than the timeout: the clock stands still meanwhile.
        subprocess.run(["sleep", "3.1"], check=True)
        run.signal(signal.SIGCONT)
        lab.open_fifo("gate")
        run.result().prints("end\n")


@case
def what_is_ignored_at_the_start_stays_ignored():
    with JobLab() as lab:
        lab.fifo("gate")
        run = lab.start("--sh", 'echo ready; read x < gate', ":::", 1,
                        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        equal(run.line(), b"ready\n")
        run.signal(signal.SIGHUP)
        lab.open_fifo("gate")
        run.result().prints("")


@case
def jobs_have_no_descriptors_but_their_own_three():
    with JobLab() as lab:
        read_end, write_end = os.pipe()
        seen = lab.run("ls", "/proc/self/fd", ":::", "/proc/self/fd", pass_fds=(read_end, write_end))
        os.close(read_end)
        os.close(write_end)
        numbers = {int(word) for word in seen.ends_with(0).out.split() if word.isdigit()}
        check(numbers <= {0, 1, 2, 3}, f"{numbers}")  # 3 is the folder that ls reads.


run_cases()
