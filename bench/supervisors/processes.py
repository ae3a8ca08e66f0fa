"""What the kernel tells of processes: who descends from whom, what they used, what they hold."""

import ctypes
import os
import resource
import time

PR_SET_CHILD_SUBREAPER = 36


def become_subreaper():
    """From now on whoever loses its parent below us becomes our child."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _text(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def parents():
    """{pid: parent} of all processes."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _text(f"/proc/{name}/stat").rpartition(")")[2].split()
            if len(fields) > 1:
                found[int(name)] = int(fields[1])
    return found


def descendants_of(roots):
    """All processes below these, without themselves."""
    children = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found, left = [], list(roots)
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


def children_of(pid):
    return {other for other, parent in parents().items() if parent == pid}


def name_of(pid):
    return _text(f"/proc/{pid}/comm").strip()


def _tasks(pid):
    try:
        return [f"/proc/{pid}/task/{task}" for task in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def processor_ns(pids):
    """Nanoseconds that living processes have run, all their threads (/proc/PID/schedstat)."""
    return sum(int((_text(f"{task}/schedstat").split() or ["0"])[0])
               for pid in pids for task in _tasks(pid))


def switches(pids):
    """How often they left a processor: each wake-up ends with one."""
    total = 0
    for pid in pids:
        for task in _tasks(pid):
            for line in _text(f"{task}/status").splitlines():
                if "ctxt_switches" in line:
                    total += int(line.split()[1])
    return total


def _kib(path, key):
    for line in _text(path).splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return None


def pss_kib(pids):
    """Memory of processes, shared pages divided among those who share them; None: not told."""
    sizes = [_kib(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids]
    return None if not sizes or None in sizes else sum(sizes)


def rss_kib(pid):
    return _kib(f"/proc/{pid}/status", "VmRSS:")


def kernel_kib():
    """What the kernel holds for itself and cannot drop, of the whole machine."""
    return sum(_kib("/proc/meminfo", key) or 0
               for key in ("SUnreclaim:", "KernelStack:", "PageTables:", "Percpu:"))


def reaped_ns():
    """Processor time of the children that we have reaped, and of those that they have reaped."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int((spent.ru_utime + spent.ru_stime) * 1e9)


def reap():
    """Reaps whichever child has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def wait_until(what, predicate, seconds=30, pause_s=0.0005):
    """The first true value; TimeoutError, naming `what`."""
    end = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain until {what}")
        time.sleep(pause_s)


def wait_gone(pids, seconds=30):
    """Until none of these processes is left; reaps those that are ours."""
    left = set(pids)

    def nobody():
        reap()
        left.difference_update([pid for pid in left if not os.path.exists(f"/proc/{pid}")])
        return not left

    wait_until(f"{len(left)} processes have ended", nobody, seconds)
