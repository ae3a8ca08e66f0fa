#!/usr/bin/env python3
# label: ci
# timeout: 300
"""`tend run --jobserver`: jobs that are makes share the slots of the run, by the real make."""

import os
import signal

from joblab import TEND, JobLab, case, check, equal, need, run_cases, wait_until

# `all` needs so many recipes side by side as there are words in NAMES: each waits for all the others.
MEET = """all: $(NAMES)
$(NAMES):
\t@: > here-$(RUN)-$@; for name in $(NAMES); do while [ ! -e here-$(RUN)-$$name ]; do sleep .02; done; done
"""

# Each recipe says how many of all makes run now.
COUNT = """all: $(NAMES)
$(NAMES):
\t@mkdir now-$(RUN)-$@; ls | grep -c now- >> counts; sleep .1; rmdir now-$(RUN)-$@
"""


def make(names, run="{}"):
    return ["make", "-s", f"RUN={run}", f"NAMES={names}"]


@case
def a_make_uses_the_slots_that_no_job_needs():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", MEET)
        lab.run("-j3", "--jobserver", *make("a b c"), ":::", 1).prints("")


@case
def all_makes_together_have_no_more_than_the_slots():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", COUNT)
        lab.run("-j3", "--jobserver", *make("a b c d"), ":::", 1, 2, 3, 4, 5).prints("")
        with open(lab.file("counts"), encoding="ascii") as file:
            counts = [int(line) for line in file]
        equal(len(counts), 20, "recipes")
        check(max(counts) <= 3, f"at most three at once: {counts}")


@case
def what_a_killed_make_had_taken_is_there_for_the_others():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", MEET + "die: die1 die2\ndie1 die2:\n"
                  "\t@: > $@; while [ ! -e die1 -o ! -e die2 ]; do sleep .02; done; kill -9 $$PPID\n")
        # The second make needs all three slots: its own, that of the first, and the one that this
        # had taken when it was killed.
        lab.run("-j3", "--jobserver", "-q", "--sh", '[ "$1" = 1 ] && exec make -s die; '
                'while [ ! -e die1 -o ! -e die2 ]; do sleep .02; done; exec make -s RUN=2 "NAMES=a b c"',
                ":::", 1, 2).prints("", code=1).says("1 of 2 jobs failed", "job 1", "SIGKILL")


@case
def a_slot_more_is_a_slot_for_makes_too():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", MEET)
        run = lab.start("-j1", "--jobserver", *make("a b"), ":::", 1)
        wait_until("the first recipe runs", lambda: os.path.exists(lab.file("here-1-a")))
        run.signal(signal.SIGUSR1)
        run.result().prints("")


@case
def a_fifo_has_tokens_and_is_gone_at_the_end():
    with JobLab() as lab:
        client = ("import os, re; path = re.search('--jobserver-auth=fifo:(.*)', os.environ['MAKEFLAGS']).group(1); "
                  "fifo = os.open(path, os.O_RDWR); tokens = b''\n"
                  "while len(tokens) < 2: tokens += os.read(fifo, 1)\n"
                  "print(tokens, os.environ['MAKEFLAGS'].split()[0]); os.write(fifo, tokens)")
        lab.run("-j3", "--jobserver=fifo", "python3", "-c", client, ":::", 1).prints("b'++' -j3\n")
        equal(os.listdir(lab.path), [])


@case
def below_a_make_its_tokens_are_handed_on():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", MEET)
        lab.write("top.mk", f"top:\n\t+@{TEND} run --jobserver make -s RUN={{}} 'NAMES=a b c' ::: 1\n")
        lab.run("--sh", "exec make -s -j3 -f top.mk", ":::", 1).prints("")


@case
def flags_of_the_user_stay():
    need("make")
    with JobLab() as lab:
        lab.write("Makefile", "all:\n\t@echo '$(COLOUR) $(findstring k,$(firstword -$(MAKEFLAGS)))'\n")
        lab.run("-j2", "--jobserver", "make", "-s", ":::", "all",
                env={"MAKEFLAGS": "k -- COLOUR=light\\ blue"}).prints("light blue k\n")


@case
def a_form_that_does_not_exist_is_refused():
    with JobLab() as lab:
        lab.run("--jobserver=socket", "true", ":::", 1).prints("", code=2).says("pipe or fifo")
        lab.run("--jobserver=fifo", "true", ":::", 1, env={"TMPDIR": "/none"}).prints("", code=125) \
            .says("/none")


run_cases()
