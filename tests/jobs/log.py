#!/usr/bin/env python3
# label: ci
"""The log of `tend run`, and what a resumed run leaves out by it."""

import base64
import json
import os

from joblab import JobLab, case, check, equal, read_text, run_cases, wait_until

# Writes down that it ran; waits at the gate named like the item, if there is one.
NOTE = 'echo "$1" >> ran; [ ! -e "gate$1" ] || read x < "gate$1"'


def logged(lab, name="log"):
    """The objects of the log; every line is whole."""
    return [json.loads(line) for line in read_text(lab.file(name)).split("\n")[:-1]]


def ran(lab):
    """The items of the jobs that ran since the last look."""
    names = read_text(lab.file("ran")).split() if os.path.exists(lab.file("ran")) else []
    if names:
        os.unlink(lab.file("ran"))
    return names


@case
def each_attempt_is_a_line_with_everything_about_it():
    with JobLab() as lab:
        lab.run("--log=log", "-r2", "sh", "-c", "echo out; echo error >&2; exit $1", "sh",
                ":::", "0", "3").ends_with(1)
        good, first, second = sorted(logged(lab), key=lambda line: (line["seq"], line["attempt"]))
        equal([good[key] for key in ("seq", "attempt", "last", "end", "exit", "signal", "items")],
              [1, 1, True, "exit", 0, None, ["0"]])
        equal(good["argv"], ["sh", "-c", "echo out; echo error >&2; exit $1", "sh", "0"])
        equal((good["output_bytes"], good["error_bytes"]), (4, 6))
        check(good["max_rss_kib"] > 0 and good["runtime_us"] > 0 and good["host"], good)
        check(good["start"].endswith("Z"), good["start"])
        equal([(line["attempt"], line["last"], line["exit"]) for line in (first, second)],
              [(1, False, 3), (2, True, 3)])
        equal(first["id"], second["id"])


@case
def signals_timeouts_and_missing_programs_are_told_apart():
    with JobLab() as lab:
        lab.run("--log=log", "sh", "-c", "kill -9 $$", "sh", ":::", "a").ends_with(1)
        equal([(line["end"], line["signal"]) for line in logged(lab)], [("signal", 9)])
        lab.run("--log=log", "-t", "100ms", "sleep", ":::", "1000").ends_with(1)
        equal([line["end"] for line in logged(lab)], ["timeout"])
        lab.run("--log=log", "/none/such", ":::", "a").ends_with(1)
        equal([(line["end"], line["exit"]) for line in logged(lab)], [("start", 127)])


@case
def the_joblog_is_that_of_gnu_parallel():
    with JobLab() as lab:
        lab.run("--joblog=log", "sh", "-c", "exit $1", "sh", ":::", "0", "3").ends_with(1)
        lines = [line.split("\t") for line in read_text(lab.file("log")).split("\n")[:-1]]
        equal(lines[0], ["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval",
                         "Signal", "Command"])
        equal(sorted((line[0], line[6], line[7], line[8]) for line in lines[1:]),
              [("1", "0", "0", "sh -c 'exit $1' sh 0"), ("2", "3", "0", "sh -c 'exit $1' sh 3")])


@case
def what_kill_9_interrupted_is_done_again_and_nothing_else():
    with JobLab() as lab:
        lab.fifo("gate3")
        words = ("--log=log", "-j1", "sh", "-c", NOTE, "sh", ":::", *"12345")
        run = lab.start(*words)
        wait_until("job 3 runs", lambda: "3\n" in read_text(lab.file("ran"))
                   if os.path.exists(lab.file("ran")) else False)
        run.signal(9)
        run.process.wait()
        wait_until("its jobs are gone", lambda: not lab.ours())
        equal([line["items"] for line in logged(lab)], [["1"], ["2"]])
        ran(lab)
        os.unlink(lab.file("gate3"))
        check(os.path.exists(lab.file("log.running")), "what ran is known")
        lab.run("--resume", *words).ends_with(0).says("1 job may have run twice", "killed", ": 3\n")
        equal(ran(lab), ["3", "4", "5"])
        equal([line["items"] for line in logged(lab) if line.get("may_have_run")], [["3"]])
        check(not os.path.exists(lab.file("log.running")), "the log knows it all")
        equal(lab.run("--resume", *words).ends_with(0).err, b"")
        equal(ran(lab), [])


@case
def what_was_stopped_or_has_failed_is_not_said_to_run_twice():
    with JobLab() as lab:
        script = 'echo "$1" >> ran; [ "$1" != 2 ] || sleep 1000; [ "$1" != 1 ]'
        run = lab.start("--log=log", "-j1", "--sh", script, ":::", *"123")
        wait_until("job 2 runs", lambda: os.path.exists(lab.file("ran"))
                   and read_text(lab.file("ran")) == "1\n2\n")
        run.signal(2)
        run.result().ends_with(130)
        check(not os.path.exists(lab.file("log.running")), "the log knows it all")
        ran(lab)
        seen = lab.run("--log=log", "--resume=failed", "-t", "100ms", "-j1", "--sh", script, ":::", *"123")
        equal(ran(lab), ["1", "2", "3"])
        check(b"twice" not in seen.err, seen.err)


@case
def bytes_that_are_no_text_are_in_the_log_as_they_are():
    with JobLab() as lab:
        words = ("--log=log", "-j1", "sh", "-c", NOTE, "sh")
        items = b"caf\xe9\ncaf\xe8\nplain\n"
        lab.run(*words, stdin=items).ends_with(0)
        exact = [base64.b64decode(line["items_base64"][0]) for line in logged(lab)[:2]]
        equal(exact, [b"caf\xe9", b"caf\xe8"])
        equal(base64.b64decode(logged(lab)[0]["argv_base64"][-1]), b"caf\xe9")
        equal(logged(lab)[0]["items"], ["caf\ufffd"])
        check("items_base64" not in logged(lab)[2], "text is text")
        os.unlink(lab.file("ran"))
        # They look the same, and are two.
        lab.run("--resume", *words, stdin=items + b"caf\xea\n").ends_with(0)
        with open(lab.file("ran"), "rb") as file:
            equal(file.read(), b"caf\xea\n")


@case
def json_has_output_that_is_no_text_as_it_is():
    with JobLab() as lab:
        seen = lab.run("--json", "printf", "\\377\\n", ":::", "a").ends_with(0)
        equal(base64.b64decode(json.loads(seen.out)["stdout_base64"]), b"\xff\n")


@case
def what_failed_is_done_again_where_that_is_wished():
    with JobLab() as lab:
        script = 'echo "$1" >> ran; [ "$1" != 2 ] || [ -e good ]'
        words = ("--log=log", "-j1", "sh", "-c", script, "sh", ":::", *"123")
        lab.run(*words).ends_with(1)
        equal(ran(lab), ["1", "2", "3"])
        lab.run("--resume", *words)
        equal(ran(lab), [])
        lab.write("good", "")
        lab.run("--resume=failed", *words).ends_with(0)
        equal(ran(lab), ["2"])
        lab.run("--resume=failed", *words).ends_with(0)
        equal(ran(lab), [])


@case
def jobs_are_known_by_what_they_are_not_by_their_place():
    with JobLab() as lab:
        words = ("--log=log", "-j1", "sh", "-c", NOTE, "sh", ":::")
        lab.run(*words, "a", "b", "a").ends_with(0)
        equal(ran(lab), ["a", "b", "a"])
        lab.run("--resume", *words, "c", "a", "a", "b", "a").ends_with(0)
        equal(ran(lab), ["c", "a"])


@case
def another_command_is_not_resumed_unless_forced():
    with JobLab() as lab:
        lab.run("--log=log", "echo", "{}", ":::", "a").ends_with(0)
        done = lab.run("--log=log", "--resume", "echo", "x", "{}", ":::", "a")
        done.prints("", code=2).says("echo '{}'", "--force")
        lab.run("--log=log", "--resume", "--force", "echo", "x", "{}", ":::", "a").prints("x a\n")
        equal(len(logged(lab)), 2)


@case
def a_torn_line_costs_its_own_job_only():
    with JobLab() as lab:
        words = ("--log=log", "-j1", "sh", "-c", NOTE, "sh", ":::", "a", "b")
        lab.run(*words).ends_with(0)
        ran(lab)
        text = read_text(lab.file("log"))
        lab.write("log", text[:-40])
        lab.run("--resume", *words).ends_with(0).says("could not be read")
        equal(ran(lab), ["b"])
        lab.run("--resume", *words).ends_with(0)
        equal(ran(lab), [])


@case
def a_log_belongs_to_one_run_at_a_time():
    with JobLab() as lab:
        lab.fifo("gate1")
        run = lab.start("--log=log", "sh", "-c", NOTE, "sh", ":::", "1")
        wait_until("job 1 runs", lambda: os.path.exists(lab.file("ran")))
        lab.run("--log=log", "echo", ":::", "a").prints("", code=125).says("another run")
        lab.open_fifo("gate1")
        run.result().ends_with(0)
        equal([line["items"] for line in logged(lab)], [["1"]])


@case
def a_log_that_cannot_be_written_is_an_error():
    with JobLab() as lab:
        lab.run("--log=/none/log", "echo", ":::", "a").prints("", code=125).says("/none/log")
        done = lab.run("--log=/dev/full", "echo", ":::", "a").says("No space left on device")
        check(done.code != 0, done.code)


@case
def a_log_of_something_else_is_not_resumed():
    with JobLab() as lab:
        lab.write("notes", "hello\n")
        done = lab.run("--log=notes", "--resume", "echo", ":::", "a").prints("", code=125)
        done.says("no log of jobs")
        equal(read_text(lab.file("notes")), "hello\n")


run_cases()
