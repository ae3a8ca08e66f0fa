#!/usr/bin/env python3
# label: soak
# timeout: 14400
"""The cases of kill_at_calls.py with every call instead of a few."""

import os

os.environ["TEND_EVERY_CALL"] = "1"
import kill_at_calls  # noqa: E402, F401
