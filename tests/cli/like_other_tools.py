#!/usr/bin/env python3
"""What tend says of a process is what ps, lsof, pmap and prlimit say of it, where they agree."""
# timeout: 120

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TEND_SOURCE"], "tests", "stack"))
from tendlab import PYTHON, TEND, Skip, case, check, equal, run_cases, seconds_left  # noqa: E402

folder = tempfile.TemporaryDirectory(prefix="tend-like-")

# A program with something of everything: threads, a title, files, pipes, sockets, a memory mapping.
PROGRAM = """
import mmap, os, socket, sys, tempfile, threading
os.nice(3)
stop = threading.Event()
for _ in range(3):
    threading.Thread(target=stop.wait, daemon=True).start()
read, write = os.pipe()
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
connected = socket.create_connection(listening.getsockname())
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
local = socket.socket(socket.AF_UNIX)
local.bind(sys.argv[1] + "/local")
local.listen()
file = open(sys.argv[1] + "/file", "w+b")
file.truncate(1 << 20)
mapped = mmap.mmap(file.fileno(), 0)
gone = tempfile.TemporaryFile(dir=sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""


class Subject:
    def __enter__(self):
        self.process = subprocess.Popen([PYTHON, "-c", PROGRAM, folder.name], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        cwd=folder.name)
        equal(self.process.stdout.readline(), "ready\n")
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=seconds_left())
        os.unlink(folder.name + "/local")


def objects(*words):
    done = subprocess.run([TEND, *map(str, words), "--json"], text=True, capture_output=True,
                          timeout=seconds_left())
    equal(done.returncode, 0, f"exit code of tend {words}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def printed_by(*words):
    if not shutil.which(words[0]):
        raise Skip(f"{words[0]} is not installed")
    return subprocess.run(list(map(str, words)), text=True, capture_output=True,
                          timeout=seconds_left()).stdout


@case
def like_ps():
    with Subject() as one:
        columns = ["pid", "ppid", "pgid", "sid", "uid", "gid", "nice", "nlwp", "rss", "vsz", "stat",
                   "tty", "comm", "user"]
        words = printed_by("ps", "-ww", "-o", ",".join(name + "=" for name in columns), "-p", one.pid)
        by_ps = dict(zip(columns, words.split()))
        mine = objects("ps", "-o", "pid,ppid,pgid,sid,uid,gid,nice,threads,rss,vsz,state,tty,name,user",
                       one.pid)[0]
        for key, theirs in {"pid": "pid", "ppid": "ppid", "pgid": "pgid", "sid": "sid", "uid": "uid",
                            "gid": "gid", "nice": "nice", "threads": "nlwp"}.items():
            equal(mine[key], int(by_ps[theirs]), key)
        equal(mine["rss_bytes"], int(by_ps["rss"]) * 1024, "rss")
        equal(mine["virtual_bytes"], int(by_ps["vsz"]) * 1024, "vsz")
        equal((mine["name"], mine["user"]), (by_ps["comm"], by_ps["user"]))
        equal((mine["state"], mine["tty"] is None), ("sleeping", by_ps["tty"] == "?"))
        check(by_ps["stat"].startswith("S"), by_ps["stat"])


def all_pids(objects_seen):
    return {o["pid"]: o["ppid"] for o in objects_seen}


@case
def like_ps_for_all_processes_that_last():
    """Those that both see: who is whose parent, and which are threads of the kernel."""
    first = all_pids(objects("ps", "--kernel"))
    by_ps = {int(pid): int(ppid) for pid, ppid in
             (line.split() for line in printed_by("ps", "-e", "-o", "pid=,ppid=").splitlines())}
    last = all_pids(objects("ps", "--kernel"))
    lasting = {pid for pid in first if last.get(pid) == first[pid]}
    equal({pid: by_ps.get(pid) for pid in lasting}, {pid: first[pid] for pid in lasting})


@case
def like_lsof():
    with Subject() as one:
        theirs, fd = {}, None
        for line in printed_by("lsof", "-n", "-P", "-p", one.pid, "-F", "ftnPi").splitlines():
            if line[0] == "f":
                fd = line[1:]
                theirs[fd] = {}
            elif fd:
                theirs[fd][line[0]] = line[1:]
        theirs = {int(number): of for number, of in theirs.items() if number.isdigit()}
        mine = {o["fd"]: o for o in objects("fds", one.pid)}
        equal(sorted(mine), sorted(theirs), "numbers")
        kinds = {"pipe": "FIFO", "file": "REG", "character device": "CHR"}
        for number, of in mine.items():
            if of["kind"] in kinds:
                equal(kinds[of["kind"]], theirs[number]["t"], number)
            if of["kind"] == "file" and not of["deleted"]:
                equal(of["target"], theirs[number]["n"], number)
            if of["kind"] == "socket":
                check(theirs[number]["t"] in ("IPv4", "IPv6", "unix", "sock"), theirs[number])
        # One listens, one end is connected to the other: lsof writes `a->b`.
        tcp = [of["socket"] for of in mine.values() if (of.get("socket") or {}).get("protocol") == "tcp"]
        named = " ".join(of["n"] for of in theirs.values() if of.get("P") == "TCP")
        for end in tcp:
            check(end["local"] in named, (end, named))


@case
def like_pmap():
    with Subject() as one:
        theirs = {}
        for line in printed_by("pmap", one.pid).splitlines()[1:-1]:
            begin, size, rights, *name = line.split()
            theirs[int(begin, 16)] = (int(size[:-1]) * 1024, rights[:3])
        mine = {int(region["begin"], 16): (int(region["end"], 16) - int(region["begin"], 16),
                                           "".join(letter if region[right] else "-" for letter, right in
                                                   (("r", "read"), ("w", "write"), ("x", "execute"))))
                for region in objects("maps", one.pid)}
        vsyscall = 0xffffffffff600000  # No memory of the process; not every pmap lists it.
        theirs.pop(vsyscall, None), mine.pop(vsyscall, None)
        equal(mine, theirs)


@case
def like_prlimit():
    with Subject() as one:
        theirs = {}
        for line in printed_by("prlimit", "--raw", "--noheadings", "-o", "RESOURCE,SOFT,HARD", "--pid",
                               one.pid).splitlines():
            name, soft, hard = line.split()
            theirs["RLIMIT_" + name] = tuple(None if value == "unlimited" else int(value)
                                             for value in (soft, hard))
        mine = {o["resource"]: (o["soft"], o["hard"]) for o in objects("limits", one.pid)}
        equal(mine, theirs)


if __name__ == "__main__":
    run_cases()
