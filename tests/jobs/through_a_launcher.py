#!/usr/bin/env python3
# label: ci
# timeout: 600
"""The black-box suites of `tend run` with the jobs on a worker that a launcher starts."""

from suites import run_suites

run_suites("--launcher env --workers 1")
