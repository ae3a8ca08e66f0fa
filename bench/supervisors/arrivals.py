"""The fifo on which services tell that they have begun (bench/programs/bare.hpp), each with the
time on its own clock: how soon we look does not matter."""

import fcntl
import os
import select
import struct
import time
from typing import NamedTuple

_RECORD = struct.Struct("=qqq")
F_SETPIPE_SZ = 1031


class Arrival(NamedTuple):
    at_ns: int
    cpu_ns: int  # What its birth has cost.
    pid: int


class Arrivals:
    def __init__(self, path):
        self.path = path
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        # While there is a writer of ours, the end of file does not come.
        self._writer = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        fcntl.fcntl(self._reader, F_SETPIPE_SZ, 1 << 20)

    def close(self):
        self._let_go()
        os.close(self._reader)
        os.unlink(self.path)

    def _let_go(self):
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def waiting(self):
        """Those that have come since we last looked."""
        found = []
        while True:
            try:
                block = os.read(self._reader, 1024 * _RECORD.size)
            except BlockingIOError:
                return found
            found += [Arrival(*record) for record in _RECORD.iter_unpack(block)]
            if not block:
                return found

    def expect(self, count, seconds):
        """The next `count`; TimeoutError when they do not come."""
        found = []
        end = time.monotonic() + seconds
        while len(found) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(found)} of {count} services began within {seconds} s")
            select.select([self._reader], [], [], left)
            found += self.waiting()
        return found

    def wait_all_ended(self, seconds):
        """Until every service that came here has ended; nobody may come afterwards."""
        self._let_go()
        poll = select.poll()
        poll.register(self._reader, select.POLLHUP)
        end = time.monotonic() + seconds
        while True:
            for _, events in poll.poll(max(0, end - time.monotonic()) * 1000):
                if events & select.POLLHUP:
                    return
                self.waiting()
            if time.monotonic() > end:
                raise TimeoutError(f"services still run {seconds} s after the stop")
