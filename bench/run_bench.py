#!/usr/bin/env python3
"""tend run beside xargs, make, GNU parallel, moreutils' parallel and xjobs, in alternating rounds of
one run. What is not installed is left out, and it is said so.

    bench/run_bench.py [--quick] [--write FILE] [SECTION...]

Prints tables; --write renews the generated part of docs/run-performance.md; --quick only looks whether
everything works. Sections: nothing many one output waiting queued."""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from supervisors.document import heading, write_document  # noqa: E402
from supervisors.figures import Figures, table  # noqa: E402
from supervisors.targets import Target, ratio, value, verdicts  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("TEND_BUILD", f"{SOURCE}/build/release")
TEND, PROGRAMS = f"{BUILD}/tend", f"{BUILD}/bench-programs"
XARGS = "xargs -P2"

TARGETS = (
    Target("nothing", "wall time, ÷ floor", 1.7, ratio("wall ms", "tend run")),
    Target("nothing", "processor time, ÷ floor", 1.5, ratio("CPU ms", "tend run")),
    Target("many", "wall time, ÷ xargs", 1.0, ratio("wall ms", "tend run", XARGS)),
    Target("many", "wall time, ÷ floor", 1.1, ratio("wall ms", "tend run")),
    Target("one", "ms", 5, value("wall ms", "tend run")),
    Target("output", "wall time, ÷ xargs", 1.5, ratio("wall ms", "tend run", XARGS)),
    Target("output", "with --tag, ÷ xargs", 2.0, ratio("wall ms", "tend run --tag", XARGS)),
    Target("waiting", "memory, KiB", 64 * 1024, value("held back: KiB", "tend run")),
    Target("queued", "memory, KiB", 4 * 1024, value("10,000 queued: KiB", "tend run")),
)


class Extent(NamedTuple):
    """How much is measured."""
    jobs: int = 2000
    rounds: int = 5
    starts: int = 51
    outputs: int = 200
    output_bytes: int = 5_000_000
    output_rounds: int = 3
    waiting: int = 400
    waiting_bytes: int = 500_000
    first_s: float = 6
    queued: int = 10_000


QUICK = Extent(jobs=20, rounds=1, starts=2, outputs=4, output_bytes=50_000, output_rounds=1, waiting=10,
               waiting_bytes=5000, first_s=0.3, queued=100)


# --- who -------------------------------------------------------------------------------------------

def is_gnu_parallel(path):
    said = subprocess.run([path, "--version"], capture_output=True, check=False).stdout
    return b"GNU parallel" in said


def contenders():
    """({name: {kind of work: shell command}}, what is left out). Items come from standard input."""
    noop = f"{PROGRAMS}/noop"
    found = {
        "floor": {"nothing": f"{PROGRAMS}/minipar 2 {noop}", "many": f"{PROGRAMS}/minipar 2 /bin/true",
                  "one": f"{PROGRAMS}/minipar 1 /bin/true"},
        XARGS: {"nothing": f"xargs -P2 -n1 {noop}", "many": "xargs -P2 -n1 /bin/true",
                "one": "xargs -n1 /bin/true", "output": "xargs -P2 -n1 sh -c 'exec cat data' | cat"},
        "tend run": {"nothing": f"{TEND} run -j2 --log log {noop}",
                     "many": f"{TEND} run -j2 --log log /bin/true", "one": f"{TEND} run /bin/true",
                     "output": f"{TEND} run -j2 sh -c 'exec cat data' x | cat"},
        "tend run --tag": {"output": f"{TEND} run -j2 --tag sh -c 'exec cat data' x | cat"},
    }
    absent = []

    def add(name, is_there, package, commands):
        if is_there:
            found[name] = commands
        else:
            absent.append(f"{name} (package {package})")

    add("make -j2", shutil.which("make"), "make",
        {"nothing": f"make -sj2 -f jobs.mk PROGRAM={noop}", "many": "make -sj2 -f jobs.mk PROGRAM=/bin/true"})
    gnu = shutil.which("parallel")
    parallel = "parallel --will-cite -k -j2"
    add("GNU parallel -k", gnu and is_gnu_parallel(gnu), "parallel",
        {"nothing": f"{parallel} --joblog log {noop}", "many": f"{parallel} --joblog log /bin/true",
         "one": "parallel --will-cite -k /bin/true", "output": f"{parallel} 'cat data; true' | cat"})
    add("moreutils' parallel", shutil.which("parallel.moreutils"), "moreutils",
        {"nothing": f"xargs parallel.moreutils -j2 {noop} --",
         "many": "xargs parallel.moreutils -j2 /bin/true --",
         "one": "parallel.moreutils /bin/true -- 1"})
    add("xjobs", shutil.which("xjobs"), "xjobs",
        {"nothing": f"xjobs -v0 -j2 {noop}", "many": "xjobs -v0 -j2 /bin/true",
         "one": "xjobs -v0 /bin/true"})
    return found, absent


# --- how -------------------------------------------------------------------------------------------

def lines(count):
    return b"".join(b"%d\n" % number for number in range(count))


def measure(command, items, folder):
    """(wall, processor time) of a command that must succeed, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    ended = subprocess.run(["sh", "-c", command], input=items, cwd=folder, check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != 0:
        raise SystemExit(f"{command}: exit code {ended.returncode}: {ended.stderr.decode()[:500]}")
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def peak_kib(words, items, folder):
    """The most memory that the process itself (not its children) has had at once."""
    with open(os.path.join(folder, "items"), "wb") as file:
        file.write(items)
    with open(os.path.join(folder, "items"), "rb") as file, \
            subprocess.Popen(words, cwd=folder, stdin=file, stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL) as process:
        peak = None
        while process.poll() is None:
            # Not ru_maxrss: that counts what this interpreter had before the exec (getrusage(2)).
            with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:
                peak = next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), peak)
            time.sleep(0.02)
        return peak


class Bench:
    def __init__(self, extent, folder):
        self.extent, self.folder = extent, folder
        self.found, self.absent = contenders()
        with open(os.path.join(folder, "data"), "wb") as data:
            data.write((b"x" * 99 + b"\n") * (extent.output_bytes // 100))
        with open(os.path.join(folder, "jobs.mk"), "w", encoding="ascii") as makefile:
            makefile.write(f"JOBS := $(shell seq {extent.jobs})\n.PHONY: all $(JOBS)\nall: $(JOBS)\n"
                           "$(JOBS):\n\t$(PROGRAM) $@\n")

    def contest(self, title, kind, items, rounds):
        """All who can do it, in turns; the order is reversed each round."""
        figures = Figures(title)
        who = [name for name, commands in self.found.items() if kind in commands]
        for name in who:
            figures.add(name, "wall ms", None)
        for turn in range(rounds):
            for name in who if turn % 2 == 0 else reversed(who):
                wall, cpu = measure(self.found[name][kind], items, self.folder)
                figures.add(name, "wall ms", wall * 1000)
                figures.add(name, "CPU ms", cpu * 1000)
        for name in who:
            for row in ("wall ms", "CPU ms"):
                figures.add(name, f"{row[:-3]} ÷ {who[0]}", figures.ratio(row, name, who[0]))
        return figures

    def nothing(self):
        return self.contest(f"{self.extent.jobs} x a program that does nothing, two at a time", "nothing",
                            lines(self.extent.jobs), self.extent.rounds)

    def many(self):
        return self.contest(f"{self.extent.jobs} x /bin/true, two at a time", "many",
                            lines(self.extent.jobs), self.extent.rounds)

    def one(self):
        return self.contest("One job", "one", b"1\n", self.extent.starts)

    def output(self):
        each = self.extent.output_bytes // 1_000_000
        return self.contest(f"{self.extent.outputs} x {each} MB into a pipe", "output",
                            lines(self.extent.outputs), self.extent.output_rounds)

    def waiting(self):
        figures = Figures("Output that waits for a slow first job")
        script = (f'if [ "$1" = 0 ]; then sleep {self.extent.first_s}; '
                  f'else head -c {self.extent.waiting_bytes} /dev/zero; fi')
        figures.add("tend run", "held back: KiB",
                    peak_kib([TEND, "run", "-j2", "--sh", script], lines(self.extent.waiting + 1),
                             self.folder))
        return figures

    def queued(self):
        figures = Figures("Items that wait for a slot")
        for count in (1, self.extent.queued):
            row = f"{count:,} queued: KiB"
            tend = [TEND, "run", "-j1", "--halt", "soon,done=1", "--sh", "sleep .3"]
            figures.add("tend run", row, peak_kib(tend, lines(count), self.folder))
            # It stops at the first job that ends with 255.
            xargs = ["xargs", "-n1", "sh", "-c", "sleep .3; exit 255"]
            figures.add(XARGS, row, peak_kib(xargs, lines(count), self.folder))
        return figures


SECTIONS = ("nothing", "many", "one", "output", "waiting", "queued")


def be_favoured():
    """Foreign work disturbs less."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except PermissionError:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only whether everything works")
    parser.add_argument("--write", metavar="FILE", help="renew the generated part of this document")
    parser.add_argument("section", nargs="*", choices=[[], *SECTIONS], help="only these")
    options = parser.parse_args()
    be_favoured()
    found = {}
    with tempfile.TemporaryDirectory(prefix="tend-run-bench-") as folder:
        bench = Bench(QUICK if options.quick else Extent(), folder)
        for section in options.section or SECTIONS:
            found[section] = getattr(bench, section)()
            print(f"\n## {found[section].title}\n\n{table(found[section])}", flush=True)
    targets = f"\n## Targets\n\n{verdicts(found, TARGETS)}"
    print(targets)
    if options.write:
        text = heading(options.quick, [f"{name}: not installed" for name in bench.absent]) + targets
        for measured in found.values():
            text += f"\n## {measured.title}\n\n{table(measured)}"
        write_document(options.write, text)


if __name__ == "__main__":
    main()
