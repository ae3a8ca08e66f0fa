#!/usr/bin/env python3
# label: ci
# timeout: 400
"""A real stack, run for real: up, kill -9 each, watch it return, stop, nothing left behind."""

from stacklab import SERVICES, StackLab
from tendlab import case, check, equal, need_root, run_cases, wait_until


def run_through(lab):
    lab.up()
    for name in SERVICES:
        equal((lab.status(name)["state"], lab.status(name)["ready"]), ("up", True), name)
    lab.all_answer()
    lab.kill_each_and_watch_it_return()
    lab.kill_again_without_growing(lab.project()["keeper_pid"])
    lab.down_and_nothing_left()
    check(b"Ready to accept connections" in lab.log("redis"), "redis logged")
    check(b"GET /health" in lab.log("nginx"), "nginx logged through /dev/stdout")


@case(watchdog_s=120)
def the_stack_comes_up_returns_after_kill_9_and_leaves_nothing():
    with StackLab() as lab:
        run_through(lab)


@case(watchdog_s=120)
def the_same_without_cgroup2():
    need_root()
    with StackLab(hide_cgroup2=True) as lab:
        run_through(lab)


@case(watchdog_s=120)
def the_same_as_a_user():
    need_root()
    with StackLab(uid=1000) as lab:
        run_through(lab)


@case(watchdog_s=120)
def the_stack_survives_the_death_of_director_and_recorder():
    with StackLab() as lab:
        lab.up()
        pids = {name: lab.status(name)["pid"] for name in SERVICES}
        for _ in range(5):
            project = lab.project()
            lab.kill(project["director_pid"])
            lab.kill(project["recorder_pid"])
            lab.all_answer()
            wait_until("both are back", lambda: (now := lab.project()).get("director_pid")
                       not in (None, 0, project["director_pid"])
                       and now["recorder_pid"] not in (0, project["recorder_pid"]))
        equal({name: lab.status(name)["pid"] for name in SERVICES}, pids)
        lab.down_and_nothing_left()


run_cases()
