#!/usr/bin/env python3
# label: ci
# timeout: 600
"""The black-box suites of `tend run` once more, with the jobs on a worker that a launcher starts: the same
options, output, log and exit codes. What cannot be the same says why in its case (local_only)."""

import os
import subprocess
import sys

SUITES = ("input", "output", "failure", "signals", "log")

here = os.path.dirname(os.path.abspath(__file__))
environment = dict(os.environ, TEND_RUN_OPTIONS="--launcher env --workers 1")
failed = []
for suite in SUITES:
    print(f"--- {suite}.py", flush=True)
    done = subprocess.run([sys.executable, f"{here}/{suite}.py", *sys.argv[1:]], env=environment, check=False)
    if done.returncode not in (0, 77):
        failed.append(suite)
sys.exit(f"failed: {' '.join(failed)}" if failed else 0)
