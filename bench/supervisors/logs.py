"""How fast loggers are: lines of 100 bytes from one writer, times kept, files rotated."""

import contextlib
import os
import shutil
import subprocess
import time

from supervisors import processes
from supervisors.contenders import SBIN, Tend
from supervisors.figures import Figures
from supervisors.services import in_turn

LINE = 100
FILE_BYTES = 64 << 20
KEEP = 40  # Files: nothing is thrown away while we count.
WRITES = {"64 KiB at once": 655, "a write per line": 1}  # Lines in a write.


class Logger:
    """A program that takes lines from its standard input."""

    def __init__(self, name, program, make_command):
        self.name, self.program, self.make_command = name, program, make_command

    def missing(self):
        return "" if shutil.which(self.program, path=SBIN) else f"{self.program} not installed"

    def take(self, laboratory, lines, per_write):
        """(seconds from the first byte to the last one in a file, its processor seconds)."""
        folder = laboratory.new_path()
        os.mkdir(folder)
        with gate_of(folder) as gate:
            producer = subprocess.Popen(
                [laboratory.program("lines"), str(lines), str(per_write), gate],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            logger = subprocess.Popen(self.make_command(laboratory, folder), stdin=producer.stdout,
                                      stderr=subprocess.DEVNULL)
            producer.stdout.close()
            time.sleep(0.05)  # For the logger to be there.
            begin = open_gate(gate)
            _, status, usage = os.wait4(logger.pid, 0)
            seconds = time.monotonic() - begin
            producer.wait()
        logger.returncode = status
        if status != 0 or producer.returncode != 0:
            raise RuntimeError(f"{self.name}: ended with {status}, its writer {producer.returncode}")
        shutil.rmtree(folder)
        return seconds, usage.ru_utime + usage.ru_stime


class TendWithLog(Tend):
    """One service: a writer that waits for its gate."""

    def __init__(self, build, folder, lines, per_write):
        self.lines, self.per_write = lines, per_write
        super().__init__(build, folder, 1, f"{build}/bench-programs/lines", None)

    def prepare(self):
        os.mkfifo(self.path("gate"))
        self.write("tend.toml", f"""[service.writer]
run = ["{self.program}", "{self.lines}", "{self.per_write}", "{self.path("gate")}"]
log = {{ max-size = "{FILE_BYTES}", keep = {KEEP} }}
""")

    def written(self):
        """Bytes in its log files, without their indexes."""
        sizes = 0
        for folder, _, names in os.walk(self.path("state/log")):
            for name in names:
                if ".log" in name and not name.endswith(".idx"):
                    with contextlib.suppress(FileNotFoundError):  # Renamed this instant.
                        sizes += os.stat(f"{folder}/{name}").st_size
        return sizes


class Recorder:
    """tend, from the pipe of a service to its files."""

    name = "tend"

    def missing(self):
        return ""

    def take(self, laboratory, lines, per_write):
        tend = TendWithLog(laboratory.build, laboratory.new_path(), lines, per_write)
        tend.begin()
        tend.settle()
        own = tend.own()
        before_ns = processes.processor_ns(own)
        begin = open_gate(tend.path("gate"))
        processes.wait_until("all lines are in files",
                             lambda: tend.written() == lines * LINE, 120, pause_s=0.002)
        seconds = time.monotonic() - begin
        processor_ns = processes.processor_ns(own) - before_ns
        tend.stop()
        processes.wait_gone(own + tend.helpers)
        shutil.rmtree(tend.folder)
        return seconds, processor_ns / 1e9


@contextlib.contextmanager
def gate_of(folder):
    gate = f"{folder}/gate"
    os.mkfifo(gate)
    yield gate


def open_gate(gate):
    """Lets the writer go, as soon as it is there; when that was."""
    writer = os.open(gate, os.O_WRONLY)
    begin = time.monotonic()
    os.close(writer)
    return begin


def svlogd(laboratory, folder):
    with open(f"{folder}/config", "w") as file:
        file.write(f"s{FILE_BYTES}\nn{KEEP}\n")
    return ["svlogd", "-tt", "-b", "65536", folder]


LOGGERS = (
    Logger("floor, no times", "sh",
           lambda laboratory, folder: [laboratory.program("minilog"), f"{folder}/log",
                                       str(FILE_BYTES)]),
    Recorder(),
    Logger("svlogd -tt", "svlogd", svlogd),
    Logger("s6-log t", "s6-log",
           lambda _, folder: ["s6-log", f"n{KEEP}", f"s{FILE_BYTES}", "t", f"{folder}/log"]),
    Logger("multilog t", "multilog",
           lambda _, folder: ["multilog", "t", f"s{FILE_BYTES}", f"n{KEEP}", f"{folder}/log"]),
)


def logging(laboratory, total_bytes, rounds, say):
    figures = Figures(f"Logging {total_bytes >> 20} MiB of lines of {LINE} bytes")
    loggers = [logger for logger in LOGGERS if not logger.missing()]
    for logger in loggers:
        for how in WRITES:
            figures.add(logger.name, f"{how}: GB/s", None)
            figures.add(logger.name, f"{how}: CPU s/GB", None)
    lines = total_bytes // LINE
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for logger in in_turn(loggers, number):
            for how, per_write in WRITES.items():
                seconds, processor_s = logger.take(laboratory, lines, per_write)
                gigabytes = lines * LINE / 1e9
                figures.add(logger.name, f"{how}: GB/s", gigabytes / seconds)
                figures.add(logger.name, f"{how}: CPU s/GB", processor_s / gigabytes)
    return figures
