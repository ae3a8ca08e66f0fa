#!/usr/bin/env python3
# label: soak
# timeout: 3600
"""Director, recorder and keeper are killed at random moments, again and again, under load."""

import os
import signal
import time

from numbered import check_log, copies_of
from tendlab import Lab, case, check, equal, is_alive, run_cases, wait_until

KILLS = int(os.environ.get("TEND_KILLS", "200"))
SERVICES = int(os.environ.get("TEND_SERVICES", "50"))
SEED = int(os.environ["TEND_SEED"]) if "TEND_SEED" in os.environ else None


def living(project):
    return [name for name in ("keeper", "director", "recorder")
            if project.get(f"{name}_pid") and is_alive(project[f"{name}_pid"])]


def kill_some(lab, victims, leaving, runs):
    """The victims and the leaving services end in a random order."""
    moments = [lambda pid=pid: lab.kill(pid) for pid in victims]
    moments += [lambda name=name, code=code: lab.kill(runs[name][-1], signal.SIGRTMIN + code)
                for name, code in leaving.items()]
    lab.random.shuffle(moments)
    time.sleep(lab.random.random() * 0.05)  # "At a random moment" is meant so.
    for moment in moments:
        try:
            moment()
        except ProcessLookupError:
            pass  # The director ends with its keeper.


@case(watchdog_s=3500)
def two_hundred_random_kills_beside_fifty_services():
    names = [f"s{number}" for number in range(SERVICES)]
    toml = "".join(f'[service.{name}]\nrun = ["@PROGRAMS@/numbered_lines", "{name}", "1"]\n'
                   'restart = { when = "never" }\nlog = { max-size = "1MiB", keep = 500 }\n'
                   for name in names)
    with Lab(toml, seed=SEED) as lab:
        print(f"      seed {lab.seed}", flush=True)
        lab.up()
        runs = {seen["name"]: [seen["pid"]] for seen in lab.objects() if "state" in seen}
        deaths, unknown = {"keeper": 0, "director": 0, "recorder": 0}, 0
        for kill in range(KILLS):
            project = lab.project()
            chosen = lab.random.choice((["director"], ["recorder"], ["director", "recorder"], ["keeper"]))
            leaving = {name: lab.random.randrange(30) for name in lab.random.sample(names, 3)}
            kill_some(lab, [project[f"{name}_pid"] for name in chosen], leaving, runs)
            for name in chosen:
                deaths[name] += 1
            if chosen == ["keeper"]:
                wait_until("the director ends with its keeper", lambda: not is_alive(project["director_pid"]))
                lab.up(expect=None)  # Those that have ended are told by exit code 1.
            wait_until("all three live", lambda: len(living(lab.project())) == 3)
            for name, code in leaving.items():
                last = lab.wait_state(name, "failed")["last_exit"]
                is_unknown = bool(last.get("unknown"))
                unknown += is_unknown
                check(last.get("code") == 100 + code or is_unknown and chosen == ["keeper"],
                      f"{name} after kill {kill} of {chosen}: ended with {100 + code}, told is {last}")
            seen = {entry["name"]: entry for entry in lab.objects() if "state" in entry}
            for name in names:
                if name not in leaving:
                    equal((seen[name]["state"], seen[name]["pid"], seen[name]["restarts"]),
                          ("up", runs[name][-1], 0), f"{name} after kill {kill} of {chosen}")
            lab.tend("start", *leaving, expect=0)
            for name in leaving:
                runs[name].append(lab.status(name)["pid"])
                equal(copies_of(lab, name), runs[name][-1:], f"copies of {name} after kill {kill}")
        lab.down_and_nothing_left()
        lines = 0
        for name in names:
            found = check_log(name, lab.log(name))
            equal([pid for pid, _ in found], runs[name], f"the runs of {name}")
            lines += sum(count for _, count in found)
        print(f"      deaths {deaths}, {sum(map(len, runs.values()))} runs, {unknown} ends unknown, "
              f"{lines} lines, none lost or doubled", flush=True)


run_cases()
