"""One supervisor with its services, from its first process to its last: what all measurements
share."""

import os
import shutil
import signal
import tempfile
import time

from supervisors import processes
from supervisors.arrivals import Arrivals

START_S = 90  # Patience, never part of a figure.


class Laboratory:
    """Where supervisors run: a folder in memory, so that no disk is measured."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="tend-bench-", dir=in_memory)
        self._next = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return f"{self.build}/bench-programs/{name}"

    def new_path(self):
        self._next += 1
        return f"{self.folder}/{self._next}"


class Run:
    """`count` services under one supervisor. With `with`, nothing is left of it in the end."""

    def __init__(self, laboratory, kind, count, program="service", fast=False):
        self.name = f"{kind.name}, no delay" if fast else kind.name
        self.count = count
        folder = laboratory.new_path()
        self.arrivals = Arrivals(f"{folder}.fifo")
        self.supervisor = kind(laboratory.build, folder, count, laboratory.program(program),
                               self.arrivals.path, fast)
        self._reaped_ns = processes.reaped_ns()
        self._own = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end_by_force()
        self.arrivals.close()
        shutil.rmtree(self.supervisor.folder, ignore_errors=True)

    def _end_by_force(self):
        """Of an orderly end nothing is left to do here."""
        for _ in range(5):
            left = [pid for pid in self.supervisor.helpers + self._own + self.supervisor.tree()
                    if os.path.exists(f"/proc/{pid}")]
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            processes.wait_gone(left)

    def start(self, seconds=START_S):
        """(seconds until the last service began, processor seconds of all that took part)."""
        begin = time.monotonic_ns()
        self.supervisor.begin()
        try:
            came = self.arrivals.expect(self.count, seconds)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; {self.supervisor.last_words()}") from None
        self.supervisor.settle()
        self._own = self.supervisor.own()
        self.services = [arrival.pid for arrival in came]
        taken = (max(arrival.at_ns for arrival in came) - begin) / 1e9
        processor_ns = (processes.reaped_ns() - self._reaped_ns + self.processor_ns() +
                        sum(arrival.cpu_ns for arrival in came))
        self._start_ns = processor_ns
        return taken, processor_ns / 1e9

    def processor_ns(self):
        """Of its own living processes."""
        return processes.processor_ns(self._own)

    def own(self):
        return self._own

    def stop(self):
        """(seconds until nothing was left, processor seconds of all that took part)."""
        begin = time.monotonic_ns()
        self.supervisor.stop()
        self.arrivals.wait_all_ended(START_S)
        processes.wait_gone(self._own + self.supervisor.helpers, START_S)
        seconds = (time.monotonic_ns() - begin) / 1e9
        whole_ns = processes.reaped_ns() - self._reaped_ns
        return seconds, (whole_ns - self._start_ns) / 1e9
