#!/usr/bin/env python3
# label: soak
# timeout: 7200
"""`tend run` on real input and for long: a tree of files, a sweep that is killed and resumed, and a
million jobs. TEND_SOAK_JOBS makes the last one shorter."""

import gzip
import os
import random
import signal

from joblab import JobLab, Skip, case, check, equal, read_bytes, read_text, run_cases, wait_until


@case(watchdog_s=900)
def compressed_files_are_what_a_sequential_run_makes_of_them():
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk("/usr/share/doc")
                   for name in names if os.path.isfile(os.path.join(folder, name)))[:2000]
    if not files:
        raise Skip("there is nothing in /usr/share/doc")
    with JobLab() as lab:
        lab.write("files", b"".join(os.fsencode(name) + b"\0" for name in files))
        seen = lab.run("-0", "-a", "files", "-j2", "--log", "log", "gzip", "-c", "{}").ends_with(0)
        expected = b"".join(read_bytes(name) for name in files)
        # All members in a row are one file again: any byte out of order would show.
        equal(gzip.decompress(seen.out) == expected, True, "what was compressed comes back")
        equal(len(read_text(lab.file("log")).splitlines()), len(files))


@case(watchdog_s=600)
def a_sweep_that_is_killed_half_way_is_resumed_with_exactly_what_is_missing():
    jobs, seed = 10_000, random.randrange(1 << 30)
    print(f"seed {seed}")
    with JobLab() as lab:
        # One in ten fails; each that runs leaves its number.
        script = 'echo "$1" >> ran; [ "$(( ($1 * 7919 + $2) % 10 ))" != 0 ]'
        words = ("-j4", "--log", "log", "--sh", script, ":::", *range(jobs), ":::", seed % 1000)
        run = lab.start(*words)
        wait_until("half of it is done",
                   lambda: read_bytes(lab.file("log")).count(b"\n") > jobs // 2, pause_s=0.1)
        run.signal(signal.SIGKILL)
        run.process.wait()
        wait_until("nobody is left", lambda: not lab.ours())
        log = read_bytes(lab.file("log"))
        check(log.endswith(b"\n"), "whole lines")
        logged = log.count(b"\n")
        before = read_text(lab.file("ran")).split()
        lab.run("--resume", *words).ends_with(1)
        ran = read_text(lab.file("ran")).split()
        equal(sorted(set(map(int, ran))), list(range(jobs)), "each job ran")
        # Twice: only those that ran when tend was killed and could not be logged any more.
        check(len(ran) - jobs <= len(before) - logged, f"{len(ran)} starts, {len(before)} before")
        equal(read_bytes(lab.file("log")).count(b"\n"), jobs, "lines of the log")
        failed = sum(1 for number in range(jobs) if (number * 7919 + seed % 1000) % 10 == 0)
        os.unlink(lab.file("ran"))
        lab.run("--resume=failed", *words).ends_with(1)
        equal(len(read_text(lab.file("ran")).split()), failed, "only those that failed run again")


@case(watchdog_s=7000)
def a_million_jobs_need_no_more_memory_than_a_thousand():
    jobs = int(os.environ.get("TEND_SOAK_JOBS", "1000000"))
    with JobLab() as lab:
        with open(lab.file("items"), "w", encoding="ascii") as file:
            file.writelines(f"{number}\n" for number in range(jobs))
        run = lab.start("-j2", "-a", "items", "true")
        peaks = []

        def is_over():
            status = read_text(f"/proc/{run.pid}/status")
            if "VmRSS:" in status:
                peaks.append(int(status.split("VmRSS:")[1].split()[0]))
            return run.process.poll() is not None
        wait_until("all have run", is_over, pause_s=0.5)
        run.result().prints("")
        early = max(peaks[:max(3, len(peaks) // 20)])
        check(max(peaks) < early + 1024, f"{early} KiB early, {max(peaks)} KiB at most")


run_cases()
