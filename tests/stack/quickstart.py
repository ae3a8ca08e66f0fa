#!/usr/bin/env python3
# label: ci
# timeout: 300
"""What a newcomer meets first: examples/quickstart, as it is in the checkout."""

import os
import re
import signal
import subprocess
import urllib.request

from tendlab import EXAMPLES, SOURCE, Lab, case, check, equal, run_cases, wait_until


def quickstart(**options):
    """A lab with the example: another port and our build of its programs, nothing else changed."""
    lab = Lab(**options)
    with open(f"{SOURCE}/examples/quickstart/tend.toml") as file:
        text = file.read()
    check("../../build/release/examples/" in text, "the example uses the release build")
    lab.config(text.replace("../../build/release/examples", os.path.abspath(EXAMPLES))
               .replace("7070", str(lab.port("web"))))
    return lab


@case(watchdog_s=200)
def the_quickstart_does_what_it_says():
    with quickstart() as lab:
        output = open(lab.path("output"), "wb")
        viewer = lab.start("up", stdout=output, stderr=output, text=False)
        web = lab.wait_ready("web")
        equal(lab.status("prepare")["state"], "done")
        page = urllib.request.urlopen(f"http://127.0.0.1:{lab.port('web')}/", timeout=5).read()
        check(page.startswith(b"hello, visitor "), page)
        wait_until("the hints are shown", lambda: lab.text("output").count("try: ") >= 4)
        lab.wait_log("clock", ":")
        lab.wait_log("worker", "the server says: hello, visitor")
        wait_until("the worker has crashed and returned",
                   lambda: (seen := lab.status("worker"))["restarts"] >= 1 and seen["state"] == "up")
        equal(lab.status("web")["pid"], web["pid"])
        viewer.send_signal(signal.SIGINT)
        viewer.wait()
        lab.assert_nothing_left()
        check(b"goodbye after" in lab.log("web"), "the server said goodbye")
        check(b"the clock stops" in lab.log("clock"), "the clock stopped by itself")


@case
def exactly_four_lines_say_what_to_try_and_each_works():
    with quickstart() as lab:
        lab.up()
        lab.wait_state("hints", "done")
        hints = lab.log("hints").decode().splitlines()
        equal(len(hints), 4, "lines")
        for hint in hints:
            command = re.fullmatch(r"try: (.*?)  +\S.*", hint)
            check(command, f"a command, two spaces, what it does: {hint!r}")
            words = command[1].replace("build/release/tend", lab.tend_path)
            if lab.tend_path in words:
                words += f" --state {lab.state} -p {lab.name}"
            if " -f " in words:  # Follows until it is told to stop.
                words = "timeout --preserve-status -s INT 1 " + words
            done = subprocess.run(words, shell=True, env=lab.environment, cwd=lab.dir,
                                  capture_output=True, text=True, timeout=20)
            check(done.returncode in (0, 130), f"{words}: {done}")
            check(done.stdout, f"{words} prints something")
        lab.down_and_nothing_left()


run_cases()
