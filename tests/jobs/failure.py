#!/usr/bin/env python3
# label: ci
# timeout: 300
"""Slots, timeouts, retries, halts and exit codes of `tend run`."""

import os
import resource
import subprocess

from joblab import OPTIONS, TEND, JobLab, Skip, case, check, equal, need, need_root, read_text, \
    run_cases, seconds_left, wait_until


@case
def no_more_than_j_jobs_run_at_once_and_slots_are_unique():
    with JobLab() as lab:
        script = 'mkdir "slot-$TEND_SLOT" || echo "slot $TEND_SLOT twice"; ls -d slot-* | wc -l; ' \
                 'rmdir "slot-$TEND_SLOT"; [ "$TEND_SLOT" = "$2" ] || echo "slot differs"'
        seen = lab.run("-j3", "sh", "-c", script, "x", "{}", "{%}", ":::", *range(60)).ends_with(0)
        counts = [int(line) for line in seen.out.split()]
        equal(len(counts), 60)
        check(max(counts) <= 3, f"at most 3 at once: {max(counts)}")


@case(local_only="the slots of a worker are a number: its processors are not known here")
def slots_are_a_number_or_a_share_of_the_processors():
    with JobLab() as lab:
        for word in ("50%", "+1", "-1", "3"):
            lab.run("-j", word, "echo", ":::", "a").prints("a\n")
        for word in ("0", "x", ""):
            lab.run("-j", word, "echo", ":::", "a").prints("", code=2).says("--jobs")


@case(local_only="the slots of workers stay as they are; remote.py shows that it is said")
def sigusr1_and_sigusr2_change_the_number_of_slots():
    with JobLab() as lab:
        for number in range(1, 5):
            lab.fifo(f"gate{number}")
        run = lab.start("-j1", "--live", "--sh", 'echo "$1"; read x < "gate$1"', ":::", 1, 2, 3, 4)
        equal(run.line(), b"1\n")
        run.signal(10)
        equal(run.line(), b"2\n")
        run.signal(12)
        lab.open_fifo("gate1")  # One slot again, and job 2 has it.
        lab.open_fifo("gate2")
        equal(run.line(), b"3\n")
        lab.open_fifo("gate3")
        equal(run.line(), b"4\n")
        lab.open_fifo("gate4")
        run.result().prints("")


@case
def more_jobs_than_descriptors_raise_the_soft_limit_and_jobs_keep_theirs():
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 1024:
        raise Skip("the hard limit of open files is low")
    with JobLab() as lab:
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        script = 'ulimit -n; echo x >> begun; while [ $(wc -l < begun) -lt 60 ]; do sleep .05; done'
        lab.run("-j60", "--sh", script, ":::", *range(60), preexec_fn=limit).prints("64\n" * 60)


@case
def running_out_of_processes_is_waited_out():
    need_root()
    if any("slurm" in word for word in OPTIONS):
        raise Skip("it runs as another user than this Slurm's, whom its daemons refuse")
    with JobLab() as lab:
        os.chmod(lab.path, 0o777)
        uid = 61_000 + os.getpid() % 1000  # Nobody else's.

        def become_limited():
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            resource.setrlimit(resource.RLIMIT_NPROC, (5, 5))
        seen = lab.run("-j20", "sleep", ":::", *[".02"] * 40, preexec_fn=become_limited)
        seen.prints("")
        if not OPTIONS:  # A worker waits as well, without a word.
            seen.says("waiting until there are some again")


@case
def a_timeout_ends_the_whole_tree_and_keeps_what_was_written():
    with JobLab() as lab:
        script = 'echo before; sleep 1000 & setsid sh -c "sleep 1000 & sleep 1000" & sleep 1000'
        seen = lab.run("-t", "1s", "--sh", script, ":::", 1).prints("before\n", code=1)
        seen.says("timed out")
        equal(lab.ours(), [], "left behind")


@case
def who_ignores_sigterm_is_killed_after_the_grace_time():
    with JobLab() as lab:
        script = 'trap "echo no" TERM; echo ready; while :; do sleep 1000 & wait; done'
        lab.run("-t", "1s", "--grace", "1s", "--sh", script, ":::", 1) \
            .prints("ready\nno\n", code=1).says("timed out")
        equal(lab.ours(), [], "left behind")


@case
def a_timeout_of_0_is_none():
    with JobLab() as lab:
        lab.run("-t", "0", "sh", "-c", "sleep .1; echo done", ":::", 1).prints("done\n")


@case
def a_timeout_can_be_a_share_of_the_median():
    with JobLab() as lab:
        seen = lab.run("-j1", "-t", "8000%", "--sh", 'sleep "$1"', ":::", *[".02"] * 6, "1000")
        seen.ends_with(1).says("1 of 7 jobs failed", "job 7", "timed out")


@case
def a_job_is_tried_so_often_and_only_its_last_output_is_shown():
    with JobLab() as lab:
        script = 'echo "$TEND_ATTEMPT" >> attempts; echo "attempt $TEND_ATTEMPT"; exit 1'
        lab.run("--retries", 3, "--log", "log", "--sh", script, ":::", 1) \
            .prints("attempt 3\n", code=1).says("attempt 3")
        equal(read_text(lab.file("attempts")).split(), ["1", "2", "3"])
        equal(len(read_text(lab.file("log")).splitlines()), 3, "lines of the log")
        script = 'echo "attempt $TEND_ATTEMPT"; [ "$TEND_ATTEMPT" = 2 ]'
        lab.run("-r", "3,backoff=10ms..1s", "--sh", script, ":::", 1).prints("attempt 2\n")


@case
def halting_now_ends_the_others():
    with JobLab() as lab:
        script = 'case "$1" in 1) while [ ! -e two ]; do sleep .02; done; exit 4;; *) : > two; sleep 1000;; esac'
        lab.run("-j2", "--halt", "now,fail=1", "--sh", script, ":::", 1, 2, 3) \
            .prints("", code=3).says("stopped by --halt", "1 unfinished")
        os.unlink(lab.file("two"))
        lab.run("-j2", "--halt", "now,fail=1", "--exit=job", "--sh", script, ":::", 1, 2, 3).ends_with(4)


@case
def halting_soon_starts_no_more():
    with JobLab() as lab:
        lab.run("-j1", "--halt", "soon,fail=1", "--sh", 'echo "$1"; exit 1', ":::", 1, 2, 3) \
            .prints("1\n", code=3)


@case
def halting_on_success_is_a_success():
    with JobLab() as lab:
        lab.run("-j2", "--halt", "now,success=1", "--sh", '[ "$1" = 2 ] || sleep 1000', ":::", 1, 2, 3) \
            .prints("", code=0)


@case
def a_job_that_a_signal_ends_has_failed_and_the_log_says_so():
    with JobLab() as lab:
        lab.run("--log", "log", "--sh", "kill -9 $$", ":::", 1).ends_with(1).says("SIGKILL")
        check('"signal":9' in read_text(lab.file("log")) or '"SIGKILL"' in read_text(lab.file("log")),
              read_text(lab.file("log")))


@case
def a_command_that_is_not_there_is_named_once():
    with JobLab() as lab:
        seen = lab.run("no-such-command", ":::", "a").prints("", code=1)
        equal(seen.err.count(b"not found"), 1, seen.err)
        lab.run("--exit=job", "no-such-command", ":::", "a").ends_with(127)


@case
def the_exit_code_says_whether_all_went_well():
    with JobLab() as lab:
        lab.run("--sh", 'exit "$1"', ":::", 0, 0).ends_with(0)
        lab.run("--sh", 'exit "$1"', ":::", 0, 7, 0).ends_with(1)
        many = lab.run("-q", "--sh", "exit 1", ":::", *range(150)).ends_with(1)
        many.says("150 of 150 jobs failed", "and 140 more")
        lab.run("--exit=count", "--sh", "exit 1", ":::", *range(150)).ends_with(101)
        lab.run("--exit=count", "--sh", 'exit "$1"', ":::", 1, 0, 1).ends_with(2)


@case
def the_summary_has_the_last_words_of_those_that_failed():
    with JobLab() as lab:
        script = 'for i in 1 2 3 4 5 6 7; do echo "line $i" >&2; done; exit 3'
        seen = lab.run("-q", "--sh", script, ":::", "a").ends_with(1)
        seen.says("exited with 3", "      line 3\n      line 4\n", "      line 7\n")
        check(b"line 2" not in seen.err, "five lines")


@case
def jobs_get_what_was_asked_for():
    with JobLab() as lab:
        os.mkdir(lab.file("there"))
        lab.run("--cwd", "there", "--env", "A=b c", "--nice", 3, "--sh",
                'echo "${PWD##*/} $A $(nice) $TEND_SEQ $TEND_ATTEMPT $TEND_SLOT"; cat', ":::", 1) \
            .prints(f"there b c {os.nice(0) + 3} 1 1 1\n")
        seen = lab.run("--mem-max", "64MiB", "--sh", "ulimit -v", ":::", 1)
        seen.prints("65536\n")


@case
def below_make_tokens_are_taken_and_all_given_back():
    need("make")
    with JobLab() as lab:
        # Six jobs on three tokens, counted; then a second run needs the same tokens again.
        script = 'mkdir "run-$$$$"; ls -d run-* | wc -l; sleep .05; rmdir "run-$$$$"'
        words = " ".join([TEND, "run", "-j6", "--sh", f"'{script}'", ":::", "1 2 3 4 5 6"])
        lab.write("Makefile", f"all:\n\t+@{words}\n\t+@{words}\n")
        seen = subprocess.run(["make", "-s", "-j3"], cwd=lab.path, env=lab.environment,
                              capture_output=True, timeout=seconds_left(), check=False)
        equal(seen.returncode, 0, seen.stderr)
        counts = [int(line) for line in seen.stdout.split()]
        equal(len(counts), 12)
        check(max(counts) <= 3, f"at most three at once: {counts}")
        check(b"jobserver" not in seen.stderr, seen.stderr)


@case(local_only="workers are no jobs of a make")
def a_killed_run_gives_make_its_tokens_back():
    with JobLab() as lab:
        # The test is the make: two tokens besides the one that starting us is.
        read_end, write_end = os.pipe()
        os.write(write_end, b"ab")
        run = lab.start("-j3", "--sh", "echo >> begun; exec sleep 1000", ":::", 1, 2, 3, 4,
                        env={"MAKEFLAGS": f" -j3 --jobserver-auth={read_end},{write_end}"},
                        pass_fds=(read_end, write_end))
        wait_until("three jobs run", lambda: os.path.exists(lab.file("begun"))
                   and len(read_text(lab.file("begun"))) == 3)
        run.signal(15)
        run.result().prints("", code=143)
        os.set_blocking(read_end, False)
        equal(sorted(os.read(read_end, 9)), sorted(b"ab"))
        os.close(read_end)
        os.close(write_end)


@case(local_only="gates are about this machine, and refused")
def a_closed_gate_only_delays():
    with JobLab() as lab:
        lab.run("-j2", "--load", "1000000", "--mem-free", "1B", "echo", ":::", 1, 2).prints("1\n2\n")
        run = lab.start("--mem-free", "1000TiB", "echo", ":::", 1)
        wait_until("it says what it waits for", lambda: b"memory" in os.read(run.process.stderr.fileno(), 4096))
        run.signal(15)
        run.result().prints("", code=143)


run_cases()
