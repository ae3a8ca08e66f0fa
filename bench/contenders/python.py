#!/usr/bin/env python3
"""subprocess of Python: answers the requests of bench/support/contender.hpp."""

import os
import resource
import subprocess
import sys
import threading
import time

held = []


def processor_ns():
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return int(total * 1e9)


def timed(work):
    cpu, begin = processor_ns(), time.monotonic_ns()
    work()
    return f"{time.monotonic_ns() - begin} {processor_ns() - cpu}"


def spawn(count, program):
    for _ in range(int(count)):
        subprocess.run([program], check=True)


def spawn_by_threads(threads, count, program):
    all_of_them = [threading.Thread(target=spawn, args=(count, program)) for _ in range(int(threads))]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()


def output(count, program):
    for _ in range(int(count)):
        subprocess.run([program], check=True, stdout=subprocess.PIPE)


def capture(size, producer):
    assert len(subprocess.run([producer, size], check=True, stdout=subprocess.PIPE).stdout) == int(size)


def cat(text):
    assert len(subprocess.run(["/bin/cat"], check=True, input=text, stdout=subprocess.PIPE).stdout) == len(text)


def hold(size):
    memory = bytearray(int(size))
    for at in range(0, len(memory), 4096):
        memory[at] = 1
    held.append(memory)


def limit(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(count), max(hard, int(count))))


def pin(wish, all_of_them=frozenset(os.sched_getaffinity(0))):
    os.sched_setaffinity(0, {max(all_of_them)} if wish == "yes" else all_of_them)


SETTINGS = {
    "hold": hold,
    "open": lambda count: held.extend(os.open("/dev/null", os.O_RDONLY) for _ in range(int(count))),
    "limit": limit,
    "pin": pin,
}
WORKS = {"spawn": spawn, "threads": spawn_by_threads, "output": output, "capture": capture}


def answer(verb, arguments):
    if verb in SETTINGS:
        SETTINGS[verb](*arguments)
        return "ok"
    if verb == "cat":
        text = b"x" * int(arguments[0])
        return timed(lambda: cat(text))
    return timed(lambda: WORKS[verb](*arguments)) if verb in WORKS else "no"


for line in sys.stdin:
    words = line.split()
    print(answer(words[0], words[1:]), flush=True)
