"""The output of the test program numbered_lines, checked byte by byte."""

import collections
import re

from tendlab import check, equal


def services_that_write(names):
    """A tend.toml of services that write numbered lines for ever, each run into the same log."""
    return "".join(f'[service.{name}]\nrun = ["@PROGRAMS@/numbered_lines", "{name}", "2"]\n'
                   'restart = { when = "never" }\nlog = { max-size = "1MiB", keep = 500 }\n'
                   for name in names)


def copies_of(lab, name):
    """The processes of a service that writes numbered lines."""
    return [pid for pid, command in lab.processes().items() if f"/numbered_lines {name} " in command]


FILLING = "." * 48


def expected_line(name, pid, number):
    return f"{name} {pid} {number:09d} {FILLING[:number % 48]}\n"


def check_set(name, lines):
    """Each line of each run is there once, in whatever order: nothing is lost and nothing doubled."""
    ends = {int(line.split()[2]): int(line.split()[3]) for line in lines if line.startswith("end ")}
    expected = collections.Counter()
    for pid, count in ends.items():
        expected.update([f"begin {name} {pid}\n", f"end {name} {pid} {count}\n"])
        expected.update(expected_line(name, pid, number) for number in range(1, count + 1))
    seen = collections.Counter(lines)
    lost, doubled = expected - seen, seen - expected
    check(not lost and not doubled, f"{name}: lost {list(lost)[:3]}, doubled or foreign {list(doubled)[:3]}")


def check_log(name, data):
    """Every run from `begin` to `end`, each line once and whole. Returns [(pid, lines)]."""
    runs = []
    lines = data.decode().splitlines(keepends=True)
    check_set(name, lines)
    position = 0
    while position < len(lines):
        begin = re.fullmatch(rf"begin {name} (\d+)\n", lines[position])
        check(begin, f"{name}, line {position}: expected the beginning of a run, not {lines[position]!r}")
        pid, number = int(begin[1]), 0
        position += 1
        while position < len(lines) and not lines[position].startswith("end "):
            number += 1
            if lines[position] != expected_line(name, pid, number):
                raise AssertionError(f"{name}, line {position}: expected number {number} of {pid}, "
                                     f"not {lines[position]!r}")
            position += 1
        check(position < len(lines), f"{name}: the run of {pid} has no end; last number {number}")
        equal(lines[position], f"end {name} {pid} {number}\n", f"the end of {name}")
        position += 1
        runs.append((pid, number))
    return runs
