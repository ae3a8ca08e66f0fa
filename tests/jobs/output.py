#!/usr/bin/env python3
# label: ci
# timeout: 300
"""What `tend run` shows of its jobs: order, wholeness, tags, files, and what a reader's end means."""

import hashlib
import json
import os
import resource
import signal
import subprocess

from joblab import OPTIONS, JobLab, Skip, case, check, equal, is_alive, need_root, read_bytes, read_text, \
    run_cases, wait_until


@case
def results_come_in_the_order_of_the_input():
    with JobLab() as lab:
        lab.run("-j4", "--sh", 'sleep "$1"; echo "$1"', ":::", ".3", ".1", ".2").prints(".3\n.1\n.2\n")


@case
def unordered_shows_whole_jobs_as_they_end():
    with JobLab() as lab:
        lab.fifo("gate")
        run = lab.start("-u", "-j2", "--sh", '[ "$1" = 1 ] && read x < gate; echo "$1"', ":::", 1, 2)
        equal(run.line(), b"2\n")
        lab.open_fifo("gate")
        run.result().prints("1\n")


@case
def the_first_job_is_live_and_the_second_waits_for_its_end():
    with JobLab() as lab:
        lab.fifo("gate1")
        lab.fifo("gate2")
        script = 'echo $$ > "pid$1"; echo "begin $1"; read x < "gate$1"; echo "end $1"'
        run = lab.start("-j2", "--sh", script, ":::", 1, 2)
        equal(run.line(), b"begin 1\n")
        lab.open_fifo("gate2")
        wait_until("job 2 has ended", lambda: not is_alive(lab.pids_in("pid2")[0]))
        lab.open_fifo("gate1")
        run.result().prints("end 1\nbegin 2\nend 2\n")


@case
def a_silent_job_holds_nobody_back():
    with JobLab() as lab:
        lab.fifo("gate")
        script = 'case "$1" in 1) exit 0;; 3) read x < gate;; esac; echo "$1"'
        run = lab.start("-j3", "--sh", script, ":::", 1, 2, 3)
        equal(run.line(), b"2\n")
        lab.open_fifo("gate")
        run.result().prints("3\n")


def written_in_pieces(job):
    line = f"{job} " + "x" * 136
    return f'i=0; while [ $i -lt 400 ]; do printf "%s" "{line[:70]}"; printf "%s\\n" "{line[70:]}"; ' \
           f'i=$((i+1)); done'


@case
def lines_are_never_mixed():
    with JobLab() as lab:
        for mode in ((), ("-u",), ("--live",)):
            seen = lab.run("-j4", *mode, "sh", "-c", "{}", ":::", *map(written_in_pieces, "1234"))
            lines = seen.ends_with(0).out.split(b"\n")
            equal(len(lines), 4 * 400 + 1, f"lines with {mode}")
            for line in lines[:-1]:
                equal(len(line), 138, f"length of a line with {mode}")
            if not mode:
                equal(lines[:-1], sorted(lines[:-1]), "order")


@case
def standard_error_follows_standard_output_of_the_same_job():
    with JobLab() as lab:
        script = 'echo "err $1" >&2; echo "out $1"; echo "more $1" >&2'
        run = lab.start("-j2", "--sh", script, ":::", 1, 2, stderr=subprocess.STDOUT)
        run.result().prints("out 1\nerr 1\nmore 1\nout 2\nerr 2\nmore 2\n")
        seen = lab.run("-j2", "--sh", script, ":::", 1, 2).prints("out 1\nout 2\n")
        equal(seen.err, b"err 1\nmore 1\nerr 2\nmore 2\n")


@case
def much_output_that_has_to_wait_needs_little_memory():
    with JobLab() as lab:
        lab.fifo("gate")
        # Job 2 writes 100 MB while job 1 is silent: twice what is kept in memory.
        script = '[ "$1" = 1 ] && { read x < gate; exit; }; ' \
                 'yes "$1 a line of this and that" | head -c 100000000; : > done'
        run = lab.start("-j2", "--sh", script, ":::", 1, 2)
        wait_until("job 2 has written it all", lambda: os.path.exists(lab.file("done")))
        front = read_text(f"/proc/{run.pid}/status")
        peak_kib = int(front.split("VmHWM:")[1].split()[0])
        check(os.environ.get("TEND_SANITIZE") or peak_kib < (48 + 16) * 1024, f"{peak_kib} KiB")
        lab.open_fifo("gate")
        piece = b"2 a line of this and that\n"
        expected = hashlib.md5((piece * (100000000 // len(piece) + 1))[:100000000]).hexdigest()
        equal(hashlib.md5(run.result().ends_with(0).out).hexdigest(), expected)


def cpu_ticks(pid):
    """The processor time that a process has used, in clock ticks (proc(5): utime and stime)."""
    return sum(map(int, read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:13]))


@case
def a_reader_that_does_not_read_holds_the_jobs_back_and_fills_no_disk():
    with JobLab() as lab:
        script = 'yes "$1 a line" | head -c "$2"; : > "done$1"'
        # Spilled bytes would have no place to go to.
        run = lab.start("-j2", "--sh", script, ":::", 1, 2, ":::+", 1000000, 100000000,
                        env={"TMPDIR": lab.file("nowhere")})
        looks = [0] * 20

        def nothing_moves():
            looks.append(cpu_ticks(run.pid))
            return os.path.exists(lab.file("done2")) or (looks[-1] > 0 and len(set(looks[-20:])) == 1)

        wait_until("job 2 has written as much as it may", nothing_moves)
        check(not os.path.exists(lab.file("done2")), "job 2 is held back")
        out = run.result().ends_with(0).out
        for job, size in ((b"1", 1000000), (b"2", 100000000)):
            piece = job + b" a line\n"
            check(out[:size] == (piece * (size // len(piece) + 1))[:size], f"what job {job} wrote")
            out = out[size:]
        equal(out, b"")


@case
def a_full_disk_costs_the_job_that_does_not_fit_and_no_other():
    need_root()
    with JobLab() as lab:
        os.mkdir(lab.file("small"))
        if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", lab.file("small")],
                           stderr=subprocess.DEVNULL) != 0:
            raise Skip("no tmpfs can be mounted here")
        try:
            lab.fifo("gate")
            script = 'case "$1" in 1) echo first; read x < gate;; ' \
                     '2) head -c 70000000 /dev/zero;; *) echo "small $1"; : > done;; esac'
            run = lab.start("-j2", "--sh", script, ":::", 1, 2, 3, env={"TMPDIR": lab.file("small")})
            equal(run.line(), b"first\n")
            wait_until("the job after the large one has spoken", lambda: os.path.exists(lab.file("done")))
            lab.open_fifo("gate")
            seen = run.result().ends_with(1).says("job 2", lab.file("small"), "No space left")
            check(seen.out.endswith(b"small 3\n"), "later small jobs run")
            check(len(seen.out) > 40_000_000, "what fitted is shown")
        finally:
            subprocess.call(["umount", lab.file("small")])


@case
def a_tag_stands_in_front_of_every_line():
    with JobLab() as lab:
        script = 'printf "one\\ntwo"'
        lab.run("--tag", "--sh", script, ":::", "a", "b c").prints("a\tone\na\ttwo\nb c\tone\nb c\ttwo\n")
        lab.run("--tag=<{#} {/}>", "--sh", script, ":::", "x/y").prints("<1 y>\tone\n<1 y>\ttwo\n")


@case
def a_process_left_behind_with_the_pipe_does_not_hold_up_the_run():
    with JobLab() as lab:
        lab.fifo("gate")
        # The shell in the background holds the pipe until the gate opens, which is after the run.
        lab.run("--sh", '{ read x < gate; } & echo before', ":::", 1).prints("before\n")
        lab.open_fifo("gate")


@case
def output_is_passed_on_byte_for_byte():
    with JobLab() as lab:
        data = bytes(range(256)) * 50 + b"no newline at the end"
        lab.write("data", data)
        lab.run("cat", ":::", "data", "data").prints(data + data)


@case(local_only="--raw needs descriptors of this machine, and is refused")
def raw_output_is_the_jobs_own():
    with JobLab() as lab:
        data = bytes(range(256)) * 5
        lab.write("data", data)
        lab.run("--raw", "cat", ":::", "data").prints(data)


@case
def a_reader_who_leaves_stops_the_run():
    with JobLab() as lab:
        read_end, write_end = os.pipe()
        run = lab.start("-j2", "--sh", 'echo "$1" >> started; echo "$1"; echo more', ":::",
                        *range(200), stdout=write_end)
        os.close(write_end)
        os.read(read_end, 1)
        os.close(read_end)
        run.result().ends_with(141)
        check(len(read_text(lab.file("started")).split()) < 200, "no new jobs are started")


@case
def a_closed_standard_output_is_an_error():
    with JobLab() as lab:
        seen = lab.run("echo", ":::", "a", stdout=None, preexec_fn=lambda: os.close(1))
        seen.ends_with(125).says("standard output")


@case
def what_cannot_be_written_is_named():
    with JobLab() as lab:
        with open("/dev/full", "wb") as full:
            lab.run("echo", ":::", "a", stdout=full).ends_with(125) \
                .says("write standard output: No space left on device")
        lab.run("--out", "results", "-q", "true", ":::", "a").ends_with(0)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        lab.run("--out", "results", "-q", "--sh", "head -c 2000 /dev/zero", ":::", "a", preexec_fn=limit) \
            .ends_with(1).says("write results/1/stdout: File too large")


@case
def each_job_has_its_files_whatever_its_arguments_are():
    with JobLab() as lab:
        script = 'echo "out"; echo "err" >&2; exit "$2"'
        lab.run("--out", "results", "-q", "--sh", script, ":::", "../../x", "a" * 300, ":::+", 0, 3) \
            .prints("", code=1)
        for number, status in ((1, b"exit 0\n"), (2, b"exit 3\n")):
            folder = lab.file(f"results/{number}")
            equal(sorted(os.listdir(folder)), ["status", "stderr", "stdout"])
            equal([read_bytes(f"{folder}/{name}") for name in ("stdout", "stderr", "status")],
                  [b"out\n", b"err\n", status])
        equal(sorted(os.listdir(lab.file("results"))), ["1", "2"])


@case
def json_has_one_object_for_each_job_in_order():
    with JobLab() as lab:
        seen = lab.run("-j2", "--json", "--sh", 'echo "$1"; exit "$1"', ":::", 0, 4).ends_with(1)
        objects = [json.loads(line) for line in seen.out.splitlines()]
        equal([(one["seq"], one["exit"], one["stdout"], one["items"]) for one in objects],
              [(1, 0, "0\n", ["0"]), (2, 4, "4\n", ["4"])])
        quiet = lab.run("--json", "-q", "echo", ":::", "x").ends_with(0)
        check("stdout" not in json.loads(quiet.out), "-q leaves the output out")


@case
def progress_never_touches_standard_output():
    with JobLab() as lab:
        words = ("-j2", "--sh", 'echo "$1"', ":::", 1, 2, 3)
        plain = lab.run("--progress=plain", *words).prints("1\n2\n3\n").says("3 of 3 done")
        check(b"\x1b" not in plain.err and b"\r" not in plain.err, "lines only")
        equal(lab.run("--progress=none", *words).prints("1\n2\n3\n").err, b"")
        equal(lab.run("--progress=bar", *words).prints("1\n2\n3\n").err, b"", "no bar without a terminal")
        equal(lab.run(*words).prints("1\n2\n3\n").err, b"")


@case
def the_bar_is_drawn_on_a_terminal_and_gone_at_the_end():
    with JobLab() as lab:
        ours, theirs = os.openpty()
        lab.fifo("gate")
        run = lab.start("--sh", "read x < gate", ":::", 1, stderr=theirs)
        os.close(theirs)
        seen = b""
        while b"0 of 1 done, 1 running" not in seen:
            seen += os.read(ours, 4096)
        lab.open_fifo("gate")
        while True:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                break
        run.result().prints("")
        os.close(ours)
        check(seen.endswith(b"\r\x1b[K"), f"the line is erased: {seen!r}")


@case
def the_first_job_starts_before_the_input_has_ended():
    with JobLab() as lab:
        read_end, write_end = os.pipe()
        run = lab.start("-j1", "echo", stdin=read_end)
        os.close(read_end)
        os.write(write_end, b"one\n")
        equal(run.line(), b"one\n")
        os.write(write_end, b"two\n")
        equal(run.line(), b"two\n")
        os.close(write_end)
        run.result().prints("")


@case
def a_million_queued_items_cost_next_to_nothing():
    with JobLab() as lab:
        with open(lab.file("items"), "w", encoding="ascii") as file:
            file.writelines(f"{number}\n" for number in range(1_000_000))
        lab.fifo("gate")
        run = lab.start("-j1", "-a", "items", "--halt", "soon,done=1", "--sh", "echo go; read x < gate")
        equal(run.line(), b"go\n")
        resident = int(read_text(f"/proc/{run.pid}/statm").split()[1]) * resource.getpagesize()
        lab.open_fifo("gate")
        run.result().ends_with(3)
        check(OPTIONS or os.environ.get("TEND_SANITIZE") or resident < 16 << 20, f"{resident} bytes")


run_cases()
