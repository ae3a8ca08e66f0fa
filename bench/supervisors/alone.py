"""Figures of tend that have no counterpart: its parts die, and there are very many services."""

import os
import signal
import time

from supervisors import processes
from supervisors.contenders import Tend
from supervisors.figures import Figures
from supervisors.laboratory import Run
from supervisors.services import MIB


def losing_its_director(laboratory, count, deaths, pause_s, say):
    """kill -9 of the director and of a service: until the new director has started that again. Each
    director lives for `pause_s` first: one that dies young again and again is given a pause."""
    figures = Figures("Death of the director", f"{count} services that restart without delay.")
    with Run(laboratory, Tend, count, fast=True) as run:
        run.start()
        say(f"{deaths} deaths")
        for _ in range(deaths):
            time.sleep(pause_s)
            director = run.supervisor.ask()["director_pid"]
            begin = time.monotonic_ns()
            os.kill(director, signal.SIGKILL)
            os.kill(run.services.pop(), signal.SIGKILL)
            arrival = run.arrivals.expect(1, 20)[0]
            figures.add("tend", "next decision, ms", (arrival.at_ns - begin) / 1e6)
        figures.add("tend", "deaths", deaths)
        figures.add("tend", "slowest, ms", max(figures.values("next decision, ms", "tend")))
        run.supervisor.stop()
        run.arrivals.wait_all_ended(30)
        processes.wait_gone(run.supervisor.roots + run.supervisor.helpers)
    return figures


def very_many(laboratory, count, say):
    figures = Figures(f"{count:,} services")
    say(f"starting {count:,}")
    kernel_before = processes.kernel_kib()
    with Run(laboratory, Tend, count) as run:
        seconds, processor_s = run.start()
        figures.add("tend", "start s", seconds)
        figures.add("tend", "start CPU s", processor_s)
        figures.add("tend", "own processes", len(run.own()))
        pss = processes.pss_kib(run.own())
        figures.add("tend", "PSS MiB", None if pss is None else pss / MIB)
        figures.add("tend", "kernel MiB", (processes.kernel_kib() - kernel_before) / MIB)
        say("stopping")
        seconds, processor_s = run.stop()
        figures.add("tend", "stop s", seconds)
        figures.add("tend", "stop CPU s", processor_s)
    return figures
