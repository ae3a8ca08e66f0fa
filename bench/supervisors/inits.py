"""Being PID 1 of a pid namespace: what it weighs, what it adds to a start, how it reaps orphans."""

import os
import shutil
import statistics
import subprocess
import time

from supervisors import processes
from supervisors.arrivals import Arrivals
from supervisors.contenders import SBIN
from supervisors.figures import Figures
from supervisors.services import in_turn

NAMESPACE = ["unshare", "-pf", "--mount-proc", "--kill-child"]


def inits(laboratory):
    """{name: words in front of a command}, the floor first."""
    found = {
        "floor": [laboratory.program("miniinit")],
        "tend init": [f"{laboratory.build}/tend", "init", "--"],
        "tend-keeper init": [f"{laboratory.build}/tend-keeper", "init", "--"],
    }
    for name in ("tini", "dumb-init", "catatonit"):
        if shutil.which(name, path=SBIN):
            found[name] = [name, "--"]
    return found


def missing():
    absent = [name for name in ("tini", "dumb-init", "catatonit")
              if not shutil.which(name, path=SBIN)]
    return [f"{name}: not installed" for name in absent]


def no_namespace():
    """Why no pid namespace can be made here; empty when it can."""
    probe = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True)
    return "" if probe.returncode == 0 else f"no pid namespace here: {probe.stderr.strip()}"


def being_init(laboratory, starts, orphans, rounds, say):
    figures = Figures("PID 1", f"{starts} starts, {orphans:,} orphans.")
    contenders = inits(laboratory)
    say("weighing")
    for name, words in contenders.items():
        weigh(laboratory, name, words, figures)
    say(f"{starts} starts")
    overheads(laboratory, contenders, starts, figures)
    for number in range(rounds):
        say(f"orphans, round {number + 1} of {rounds}")
        for name in in_turn(list(contenders), number):
            leave_orphans(laboratory, name, contenders[name], orphans, figures)
    return figures


def weigh(laboratory, name, words, figures):
    with Arrivals(f"{laboratory.new_path()}.fifo") as arrivals:
        outer = subprocess.Popen([*NAMESPACE, *words, laboratory.program("service"), arrivals.path])
        arrivals.expect(1, 20)
        init = processes.children_of(outer.pid).pop()
        pss = processes.pss_kib([init])
        figures.add(name, "RSS KiB", processes.rss_kib(init))
        figures.add(name, "PSS KiB", pss)
        outer.kill()
        outer.wait()
        arrivals.wait_all_ended(20)


def overheads(laboratory, contenders, starts, figures):
    """What the init adds to a start, against the same command as PID 1 itself."""
    with_init = {name: [*NAMESPACE, *words, laboratory.program("noop")]
                 for name, words in contenders.items()}
    commands = {"": [*NAMESPACE, laboratory.program("noop")], **with_init}
    times = {name: [] for name in commands}
    for number in range(starts):
        for name in in_turn(list(commands), number):
            begin = time.monotonic_ns()
            pid = os.posix_spawnp(commands[name][0], commands[name], os.environ)
            os.waitpid(pid, 0)
            times[name].append((time.monotonic_ns() - begin) / 1e6)
    for name in contenders:
        more = sorted(ours - bare for ours, bare in zip(times[name], times[""]))
        figures.add(name, "start: median ms more", statistics.median(more))


def leave_orphans(laboratory, name, words, orphans, figures):
    told = subprocess.run([*NAMESPACE, *words, laboratory.program("orphans"), str(orphans)],
                          capture_output=True, text=True, timeout=120)
    if told.returncode != 0:
        raise RuntimeError(f"{name}: {told.stderr.strip()}")
    whole, tail, processor = (int(word) for word in told.stdout.split())
    figures.add(name, "orphans s", whole / 1e9)
    figures.add(name, "last one, ms", tail / 1e6)
    figures.add(name, "PID 1 CPU s", processor / 1e9)
