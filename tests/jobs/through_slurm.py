#!/usr/bin/env python3
# label: soak
# timeout: 900
"""The black-box suites of `tend run` with the jobs on a worker that a real Slurm starts."""

import sys

from slurmlab import NoSlurm, SlurmLab
from suites import run_suites

try:
    # As many processors as a case has jobs side by side: Slurm gives a worker one for each slot.
    with SlurmLab(nodes=1, cpus=64) as slurm:
        run_suites("--on slurm --workers 1", slurm.environment)
except NoSlurm as reason:
    print(f"skipped: {reason}")
    sys.exit(77)
