#!/usr/bin/env python3
"""tend run beside xargs, GNU parallel, moreutils' parallel and xjobs, in alternating rounds of one run.
What is not installed is left out, and it is said so.

    bench/run_bench.py [--quick]
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from supervisors.figures import Figures, table  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TEND = os.path.join(os.environ.get("TEND_BUILD", f"{SOURCE}/build/release"), "tend")


def is_gnu_parallel(path):
    said = subprocess.run([path, "--version"], capture_output=True, check=False).stdout
    return b"GNU parallel" in said


def contenders():
    """Name to {kind: shell command}. The program is $1..., items come from standard input."""
    found = {
        "xargs -P2": {"many": "xargs -P2 -n1 /bin/true", "one": "xargs -n1 /bin/true",
                      "output": "xargs -P2 -n1 sh -c 'exec cat data' | cat"},
        "tend run": {"many": f"{TEND} run -j2 --log log /bin/true", "one": f"{TEND} run /bin/true",
                     "output": f"{TEND} run -j2 sh -c 'exec cat data' x | cat"},
        "tend run --tag": {"output": f"{TEND} run -j2 --tag sh -c 'exec cat data' x | cat"},
    }
    gnu = shutil.which("parallel")
    if gnu and is_gnu_parallel(gnu):
        found["GNU parallel -k"] = {
            "many": "parallel --will-cite -k -j2 --joblog log /bin/true",
            "one": "parallel --will-cite -k /bin/true",
            "output": "parallel --will-cite -k -j2 'cat data; true' | cat"}
    else:
        print("GNU parallel is left out: it is not installed (package parallel)")
    if shutil.which("parallel.moreutils"):
        found["moreutils"] = {"many": "xargs parallel.moreutils -j2 /bin/true --"}
    else:
        print("moreutils is left out: there is no parallel.moreutils")
    if shutil.which("xjobs"):
        found["xjobs -j2"] = {"many": "xjobs -v0 -j2 /bin/true", "one": "xjobs -v0 /bin/true"}
    else:
        print("xjobs is left out: it is not installed")
    return found


def measure(command, items, folder):
    """(wall, processor time) in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    subprocess.run(["sh", "-c", command], input=items, cwd=folder, check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def contest(title, kind, items, rounds, folder):
    figures = Figures(title)
    ratios = {}
    for _ in range(rounds):
        base = None
        for name, commands in contenders_found.items():
            if kind not in commands:
                continue
            wall, cpu = measure(commands[kind], items, folder)
            figures.add(name, "wall ms", wall * 1000)
            figures.add(name, "CPU ms", cpu * 1000)
            base = base or (wall, cpu)
            ratios.setdefault(name, []).append((wall / base[0], cpu / base[1]))
    for name, pairs in ratios.items():
        figures.add(name, "wall : xargs", statistics.median(pair[0] for pair in pairs))
        figures.add(name, "CPU : xargs", statistics.median(pair[1] for pair in pairs))
    print(f"\n## {title}\n\n{table(figures)}", flush=True)


def memory(folder, queued):
    """The largest memory of the front end while so many items wait behind one."""
    items = "".join(f"{number}\n" for number in range(queued))
    with open(os.path.join(folder, "items"), "w", encoding="ascii") as file:
        file.write(items)
    process = subprocess.Popen([TEND, "run", "-j1", "--halt", "soon,done=1", "-a", "items", "--sh", "sleep .3"],
                               cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    peak = "?"
    while process.poll() is None:
        # Not ru_maxrss: that counts what this interpreter had before the exec (getrusage(2)).
        with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:
            peak = next((line.split()[1] for line in status if line.startswith("VmHWM")), peak)
        time.sleep(0.02)
    print(f"\n{queued} items queued: {peak} KiB at most\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only look whether everything works")
    quick = parser.parse_args().quick
    contenders_found = contenders()
    rounds_wanted = 1 if quick else 5
    with tempfile.TemporaryDirectory(prefix="tend-run-bench-") as workshop:
        jobs = 20 if quick else 2000
        with open(os.path.join(workshop, "data"), "wb") as data:
            data.write((b"x" * 99 + b"\n") * (500 if quick else 50_000))
        contest(f"{jobs} x /bin/true, two at a time; tend and GNU parallel with order and log", "many",
                b"".join(b"%d\n" % number for number in range(jobs)), rounds_wanted, workshop)
        contest("One job", "one", b"1\n", 3 if quick else 51, workshop)
        contest("200 x 5 MB into a pipe; xargs mixes lines", "output",
                b"".join(b"%d\n" % number for number in range(4 if quick else 200)),
                1 if quick else 3, workshop)
        memory(workshop, 100 if quick else 10_000)
