"""A worker that misbehaves, for the tests of the front end: `fake_worker.py HOW [ignored words]`.

It speaks the protocol of src/jobs/remote/message.hpp in its own words, and runs nothing: each job
that it is sent "prints" its own argument and ends with 0, but for the misbehaviour asked for.
"""

import os
import struct
import sys
import time

MAGIC = b"\0tend-jobs\0"
HELLO, STARTED, OUTPUT, ENDED, FAILED, PONG = range(6)
SETTINGS, START = 6, 7
ACKNOWLEDGE, PING = 12, 15


class Stream:
    """Frames over two descriptors."""

    def __init__(self):
        self.read = os.fdopen(0, "rb", buffering=0)
        self.rest = b""

    def write(self, data):
        while data:
            data = data[os.write(1, data):]

    def send(self, kind, payload=b""):
        self.write(struct.pack("<BI", kind, len(payload)) + payload + b"\n")

    def need(self, size):
        while len(self.rest) < size:
            more = self.read.read(65536)
            if not more:
                sys.exit(0)
            self.rest += more

    def take(self, size):
        self.need(size)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def receive(self):
        kind, size = struct.unpack("<BI", self.take(5))
        payload = self.take(size)
        assert self.take(1) == b"\n"
        return kind, payload


def text(value):
    return struct.pack("<I", len(value)) + value


def argv_of(payload):
    at = 24  # id, sequence, attempt, slot
    (count,) = struct.unpack_from("<I", payload, at)
    at += 4
    words = []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", payload, at)
        words.append(payload[at + 4:at + 4 + size])
        at += 4 + size
    return words


def run_job(stream, how, payload):
    (attempt,) = struct.unpack_from("<Q", payload)
    output = argv_of(payload)[-1]
    if how == "dies at a job":
        os.write(2, b"cannot go on: the disk is gone\n")
        sys.exit(9)
    stream.send(STARTED, struct.pack("<Qq", attempt, 1) + text(b"fake") + struct.pack("<i", 1))
    if how == "hangs at a job":
        return
    stream.send(OUTPUT, struct.pack("<QB", attempt, 0) + output)
    if how == "dies after the output":
        sys.exit(0)
    if how == "writes garbage":
        stream.write(b"slurmstepd: error: something or other\n" * 4)
        time.sleep(1000)
    claimed = len(output) + (1 if how == "loses output" else 0)
    stream.send(ENDED, struct.pack("<QBBB", attempt, 0, 1, 0) + text(b"") +
                struct.pack("<qQQQQ", 5, 0, 0, 0, claimed))


def main():
    how = sys.argv[1]
    stream = Stream()
    if how == "greets late":
        stream.write(b"Welcome to the cluster\n")
    stream.write(MAGIC + struct.pack("<I", 99 if how == "is another version" else 1) + b"\n")
    if how == "says nothing":
        time.sleep(1000)
    stream.send(HELLO, text(b"0") + text(b"fake") + struct.pack("<iI", os.getpid(), 2))
    assert stream.take(len(MAGIC) + 5).startswith(MAGIC)
    while True:
        kind, payload = stream.receive()
        if kind == START:
            run_job(stream, how, payload)
        elif kind == PING and how != "falls silent":
            stream.send(PONG)
        elif kind == ACKNOWLEDGE and how == "dies when acknowledged":
            sys.exit(0)


if __name__ == "__main__":
    main()
