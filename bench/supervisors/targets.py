"""What tend wants to reach, and whether it did in this run."""

from typing import Callable, NamedTuple

from supervisors.figures import number


class Target(NamedTuple):
    section: str
    what: str
    most: float  # The bound; with `at_least` it is the other way round.
    measure: Callable  # (Figures) -> value, or None when it was not counted.
    at_least: bool = False


def ratio(row, column="tend", other="floor"):
    return lambda figures: figures.ratio(row, column, other)


def value(row, column="tend"):
    return lambda figures: figures.middle(row, column)


def above_floor(row):
    def measure(figures):
        ours, floor = figures.middle(row, "tend"), figures.middle(row, "floor")
        return None if ours is None or floor is None else ours - floor
    return measure


TARGETS = (
    Target("services", "start, ÷ floor", 2.0, ratio("start s")),
    Target("services", "processor time of the start, ÷ floor", 2.5, ratio("start CPU s")),
    Target("services", "stop, ÷ floor", 1.4, ratio("stop s")),
    Target("services", "kernel memory above the floor, MiB", 16, above_floor("kernel MiB")),
    Target("rest", "PSS, MiB", 6, value("PSS MiB")),
    Target("rest", "wake-ups", 0, value("wake-ups")),
    Target("rest", "processor ms", 0, value("CPU ms")),
    Target("restarts", "restart without delay, median ms", 1, value("median ms", "tend, no delay")),
    Target("restarts", "restart without delay, ÷ floor", 1.5, ratio("median ms", "tend, no delay")),
    Target("restarts", "restart without delay, slowest ms", 3, value("max ms", "tend, no delay")),
    Target("restarts", "processor ms for a restart", 0.10, value("CPU ms each", "tend, no delay")),
    Target("crashes", "processor %", 1, value("CPU %")),
    Target("logs", "64 KiB at once, ÷ s6-log t", 3,
           ratio("64 KiB at once: GB/s", other="s6-log t"), True),
    Target("logs", "a write per line, ÷ s6-log t", 3,
           ratio("a write per line: GB/s", other="s6-log t"), True),
    Target("init", "RSS of PID 1, KiB", 1024, value("RSS KiB", "tend init")),
    Target("init", "start, ÷ tini", 1.1, ratio("start: median ms more", "tend-keeper init", "tini")),
    Target("init", "last of the orphans, ms", 2, value("last one, ms", "tend init")),
    Target("init", "processor s for the orphans", 0.07, value("PID 1 CPU s", "tend init")),
    Target("director", "next decision, ms", 50, value("next decision, ms")),
)


def verdicts(found, targets=TARGETS):
    """A table of all targets whose section was measured; {section: Figures}."""
    lines = ["| | target | measured | |", "|---|---:|---:|---|"]
    for target in targets:
        if target.section in found:
            measured = target.measure(found[target.section])
            bound = ("≥ " if target.at_least else "≤ ") + number(target.most)
            lines.append(f"| {found[target.section].title}: {target.what} | {bound} | "
                         f"{number(measured)} | {verdict(target, measured)} |")
    return "\n".join(lines) + "\n"


def verdict(target, measured):
    if measured is None:
        return "not counted"
    is_met = measured >= target.most if target.at_least else measured <= target.most
    return "met" if is_met else "**missed**"
