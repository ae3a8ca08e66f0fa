#!/usr/bin/env python3
"""tend beside the supervisors, loggers and inits that people use, side by side in one run, each
measured against a floor: the least program that does the same (bench/programs/mini*.cpp).

    bench/supervisor_bench.py [--quick] [--write FILE] [--among NAME] [SECTION...]

Prints tables; --write renews the generated part of docs/performance.md; --quick only looks whether
everything works. Sections: services rest restarts crashes logs init director many."""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from supervisors import (alone, contenders, figures, inits, logs, processes,  # noqa: E402
                         services, targets)
from supervisors.document import heading, write_document  # noqa: E402
from supervisors.laboratory import Laboratory  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("TEND_BUILD", f"{SOURCE}/build/release")


class Bench:
    def __init__(self, laboratory, quick, among=None):
        self.laboratory, self.quick = laboratory, quick
        self.begin = time.monotonic()
        self.kinds, self.skipped = [], inits.missing()
        wanted = contenders.ALL[:2] if quick else contenders.ALL
        for kind in [kind for kind in wanted if not among or kind.name in ["floor", *among]]:
            trouble = kind.missing() or services.trouble_of(laboratory, kind)
            if trouble:
                self.skipped.append(f"{kind.name}: {trouble}")
            else:
                self.kinds.append(kind)

    def say(self, words):
        print(f"  [{time.monotonic() - self.begin:4.0f} s] {words}", file=sys.stderr, flush=True)

    def choose(self, whole, quick):
        return quick if self.quick else whole

    def services(self):
        return services.starting(self.laboratory, self.kinds, self.choose(1000, 5),
                                 self.choose(3, 1), self.say)

    def rest(self):
        return services.resting(self.laboratory, self.kinds, self.choose(1000, 5),
                                self.choose(20, 0.1), self.choose(3, 0), self.say)

    def restarts(self):
        return services.restarting(self.laboratory, self.kinds, self.choose(100, 8),
                                   self.choose(30, 1), self.choose(3, 1), self.choose(3, 0),
                                   self.say)

    def crashes(self):
        return services.crashing(self.laboratory, self.kinds[1:], self.choose(100, 3),
                                 self.choose(10, 0.2), self.choose(2, 0), self.say)

    def logs(self):
        return logs.logging(self.laboratory, self.choose(128, 1) << 20, self.choose(3, 1), self.say)

    def init(self):
        reason = inits.no_namespace()
        if reason:
            self.skipped.append(f"PID 1: {reason}")
            return None
        return inits.being_init(self.laboratory, self.choose(60, 2), self.choose(20000, 50),
                                self.choose(3, 1), self.say)

    def director(self):
        return alone.losing_its_director(self.laboratory, self.choose(100, 5), self.choose(6, 1),
                                         self.choose(1.2, 0), self.say)

    def many(self):
        return alone.very_many(self.laboratory, self.choose(10000, 20), self.say)


SECTIONS = ("services", "rest", "restarts", "crashes", "logs", "init", "director", "many")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only whether everything works")
    parser.add_argument("--write", metavar="FILE", help="renew the generated part of this document")
    parser.add_argument("--among", metavar="NAME", action="append",
                        help="only this supervisor beside the floor; may be given again")
    parser.add_argument("section", nargs="*", choices=[[], *SECTIONS], help="only these")
    options = parser.parse_args()
    processes.become_subreaper()
    with Laboratory(BUILD) as laboratory:
        bench = Bench(laboratory, options.quick, options.among)
        found = measure(bench, options.section or SECTIONS)
    text = document(bench, found)
    if options.write:
        write_document(options.write, text)
    else:
        print(text)


def measure(bench, sections):
    """{section: its Figures}, without those that cannot be measured here."""
    found = {}
    for section in sections:
        bench.say(f"{section}:")
        measured = getattr(bench, section)()
        if measured is not None:
            print(f"\n{part(measured)}", flush=True)
            found[section] = measured
    return found


def part(measured):
    about = f"{measured.about}\n\n" if measured.about else ""
    return f"## {measured.title}\n\n{about}{figures.table(measured)}"


def document(bench, found):
    text = heading(bench.quick, bench.skipped)
    text += f"\n## Targets\n\n{targets.verdicts(found)}"
    return text + "".join(f"\n{part(measured)}" for measured in found.values())


if __name__ == "__main__":
    main()
