"""The black-box suites of `tend run`, run once more with its jobs elsewhere: the same options, output, log and
exit codes. What cannot be the same says why in its case (local_only)."""

import os
import subprocess
import sys

SUITES = ("input", "output", "failure", "signals", "log")


def run_suites(options, environment=None):
    """All of them with these options of `tend run`, and the words of the command line; exits with 1 where one
    failed."""
    here = os.path.dirname(os.path.abspath(__file__))
    environment = dict(environment or os.environ, TEND_RUN_OPTIONS=options)
    failed = []
    for suite in SUITES:
        print(f"--- {suite}.py", flush=True)
        done = subprocess.run([sys.executable, f"{here}/{suite}.py", *sys.argv[1:]], env=environment, check=False)
        if done.returncode not in (0, 77):
            failed.append(suite)
    sys.exit(f"failed: {' '.join(failed)}" if failed else 0)
