"""Figures about many services: how they start, stop, rest, come back and crash."""

import contextlib
import os
import signal
import statistics
import time

from supervisors import processes
from supervisors.contenders import Tend
from supervisors.figures import Figures
from supervisors.laboratory import Run

MIB = 1024


def in_turn(items, number):
    """The order is reversed each round, so that what else the machine does hits all alike."""
    return items if number % 2 == 0 else items[::-1]


def trouble_of(laboratory, kind):
    """Why this supervisor cannot take part here, tried with two services; empty when it can."""
    with Run(laboratory, kind, 2) as run:
        try:
            run.start(seconds=20)
            run.stop()
        except (TimeoutError, RuntimeError, OSError) as error:
            return f"does not work here: {error}"
    return ""


def starting(laboratory, kinds, count, rounds, say):
    """Start and stop of `count` services, one supervisor after the other."""
    figures = Figures(f"Starting and stopping {count:,} services", f"Medians of {rounds} rounds.")
    for kind in kinds:  # The columns in order, whoever runs first.
        figures.add(kind.name, "start s", None)
    for number in range(rounds):
        for kind in in_turn(kinds, number):
            say(f"round {number + 1} of {rounds}: {kind.name}")
            one_life(laboratory, kind, count, figures)
    return figures


def one_life(laboratory, kind, count, figures):
    kernel_before = processes.kernel_kib()
    with Run(laboratory, kind, count) as run:
        seconds, processor_s = run.start()
        figures.add(run.name, "start s", seconds)
        figures.add(run.name, "start CPU s", processor_s)
        kernel = processes.kernel_kib() - kernel_before
        seconds, processor_s = run.stop()
        figures.add(run.name, "stop s", seconds)
        figures.add(run.name, "stop CPU s", processor_s)
        figures.add(run.name, "kernel MiB", kernel / MIB)


def resting(laboratory, kinds, count, seconds, pause_s, say):
    """All of them side by side, with nothing to do: what is counted belongs to each alone."""
    figures = Figures(f"{count:,} services at rest, {seconds} s")
    with contextlib.ExitStack() as stack:
        runs = []
        for kind in kinds:
            say(f"starting {kind.name}")
            run = stack.enter_context(Run(laboratory, kind, count))
            run.start()
            runs.append(run)
        for run in runs:
            pss = processes.pss_kib(run.own())
            figures.add(run.name, "own processes", len(run.own()))
            figures.add(run.name, "PSS MiB", None if pss is None else pss / MIB)
        time.sleep(pause_s)  # Until nobody is busy with the start any more.
        say(f"watching for {seconds} s")
        before = [(processes.switches(run.own()), run.processor_ns()) for run in runs]
        time.sleep(seconds)
        for run, (switches, processor_ns) in zip(runs, before):
            figures.add(run.name, "wake-ups", processes.switches(run.own()) - switches)
            figures.add(run.name, "CPU ms", (run.processor_ns() - processor_ns) / 1e6)
        for run in runs:
            say(f"stopping {run.name}")
            run.stop()
    return figures


# --- restarts --------------------------------------------------------------------------------------

def kill_and_wait(run, pid, patience_s):
    """(ms until its successor began, the successor); (None, None) when none came."""
    begin = time.monotonic_ns()
    os.kill(pid, signal.SIGKILL)
    try:
        arrival = run.arrivals.expect(1, patience_s)[0]
    except TimeoutError:
        return None, None
    return (arrival.at_ns - begin) / 1e6, arrival.pid


def restarting(laboratory, kinds, count, samples, budget_s, pause_s, say):
    """kill -9 of one service after the other; of the same one again and again; of all of them."""
    figures = Figures("Restarts after kill -9", f"{count} services under each.")
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(Run(laboratory, kind, count)) for kind in kinds]
        runs.insert(2, stack.enter_context(Run(laboratory, Tend, count, fast=True)))
        for run in runs:
            run.start()
            figures.add(run.name, "median ms", None)
        time.sleep(pause_s)  # Some restart at once only what has lived for a while.
        say("one after the other")
        one_by_one(runs, samples, budget_s, figures)
        say("the same one again")
        for run in runs:
            figures.add(run.name, "again, ms", again_and_again(run, budget_s))
        say("each once")
        for run in runs:
            figures.add(run.name, "CPU ms each", cost_of_each(run))
        for run in runs:
            run.stop()
    return figures


def one_by_one(runs, samples, budget_s, figures):
    spent = {run.name: 0 for run in runs}
    latencies = {run.name: [] for run in runs}
    for number in range(samples):
        for run in in_turn(runs, number):
            if spent[run.name] < budget_s:
                begin = time.monotonic()
                ms, _ = kill_and_wait(run, run.services.pop(), budget_s)
                spent[run.name] += time.monotonic() - begin
                if ms is not None:
                    latencies[run.name].append(ms)
    for name, found in latencies.items():
        figures.add(name, "median ms", statistics.median(found) if found else None)
        figures.add(name, "max ms", max(found, default=None))
        figures.add(name, "kills", len(found))


def again_and_again(run, budget_s):
    """Killed 50 ms after each of its restarts: the times of the restarts that follow, in words."""
    _, pid = kill_and_wait(run, run.services.pop(), budget_s)
    times = []
    while pid is not None and len(times) < 3:
        time.sleep(0.05)
        ms, pid = kill_and_wait(run, pid, budget_s)
        times.append("gives up" if ms is None else f"{ms:.2g}" if ms < 1 else f"{ms:.0f}")
    return ", ".join(times)


def cost_of_each(run):
    """Processor milliseconds for each of many restarts, the birth of the service included."""
    before_ns = run.processor_ns()
    victims, run.services = run.services, []
    came = []
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)  # One by one, not in a heap.
        came += run.arrivals.waiting()
    came += run.arrivals.expect(len(victims) - len(came), 30)
    spent_ns = run.processor_ns() - before_ns + sum(arrival.cpu_ns for arrival in came)
    return spent_ns / len(came) / 1e6


def crashing(laboratory, kinds, count, seconds, pause_s, say):
    """Services that end as soon as they have begun, under all of them side by side."""
    figures = Figures(f"A crash loop of {count} services, {seconds} s")
    with contextlib.ExitStack() as stack:
        runs = []
        for kind in kinds:
            run = stack.enter_context(Run(laboratory, kind, count, program="crasher"))
            run.start()
            runs.append(run)
        time.sleep(pause_s)
        say(f"watching for {seconds} s")
        for run in runs:
            run.arrivals.waiting()
        before = [(run.processor_ns(), time.monotonic()) for run in runs]
        came = {run.name: [] for run in runs}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.05)
            for run in runs:
                came[run.name] += run.arrivals.waiting()
        for run, (processor_ns, begin) in zip(runs, before):
            taken = time.monotonic() - begin
            births_ns = sum(arrival.cpu_ns for arrival in came[run.name])
            used = (run.processor_ns() - processor_ns + births_ns) / 1e9 / taken
            figures.add(run.name, "restarts/s", len(came[run.name]) / taken)
            figures.add(run.name, "CPU %", 100 * used)
        for run in runs:
            run.stop()
    return figures
