#!/usr/bin/env python3
# label: fast
# timeout: 300
"""Who starts after whom, who stops before whom, and what is said while somebody waits."""

from tendlab import Lab, case, check, equal, run_cases, wait_until

# Writes `+name` when it can be stopped and `-name` when it is told to, into one file for all.
SERVICE = """
[service.{name}]
run = '''trap 'echo -{name} >> @LAB@/order; exit 0' TERM; echo +{name} >> @LAB@/order
while :; do sleep 0.05; done'''
"""


def service(name, *keys):
    return SERVICE.format(name=name) + "\n".join(keys) + "\n"


def order(lab):
    return lab.text("order").split()


def wait_order(lab, *entries):
    """Waits until these and no other lines were written, in this order."""
    wait_until(f"the order is {entries}", lambda: len(order(lab)) >= len(entries))
    equal(order(lab), list(entries))


def wait_all(lab, *entries):
    """The same, in any order."""
    wait_until(f"there are {entries}", lambda: len(order(lab)) >= len(entries))
    equal(sorted(order(lab)), sorted(entries))


READY_FILE = 'ready = {{ exec = ["test", "-e", "@LAB@/{0}.ready"], every = "20ms" }}'


@case
def b_starts_after_a_is_ready_and_stops_before_it():
    with Lab(service("b", 'requires = ["a"]') + service("a", READY_FILE.format("a"))) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        b = lab.wait_state("b", "waiting")
        equal(b["waiting_for"], ["a"])
        check("a" in b["reason"].split() or "a" in b["reason"], f"the reason names a: {b['reason']}")
        wait_order(lab, "+a")
        lab.write("a.ready", "")
        wait_order(lab, "+a", "+b")
        lab.down_and_nothing_left()
        equal(order(lab), ["+a", "+b", "-b", "-a"])


@case
def a_that_is_never_ready_holds_b_back_and_is_named():
    with Lab(service("a", 'ready = { exec = ["false"], every = "20ms", timeout = "300ms" }',
                     'restart = { when = "never" }')
             + service("b", 'requires = ["a"]')) as lab:
        equal(lab.tend("up", "-d").returncode, 1)
        a = lab.wait_state("a", "failed")
        check("ready" in a["reason"], f"the reason of a: {a['reason']}")
        b = lab.status("b")
        equal((b["state"], b["waiting_for"]), ("waiting", ["a"]))
        check("a" in b["reason"], f"the reason of b names a: {b['reason']}")
        check("+b" not in order(lab), "b was never started")
        check("a" in lab.tend("why", "b", expect=0).stdout, "`tend why b` names a")
        lab.down_and_nothing_left()


@case
def a_fails_and_recovers_and_b_starts_by_itself():
    with Lab("""
[service.a]
run = "[ -e @LAB@/fixed ] || exit 1; exec sleep 1000.@TOKEN@"
restart = { delay = "20ms", factor = 1, limit = "60 in 1m" }
ready = { exec = ["test", "-e", "@LAB@/fixed"], every = "20ms" }
""" + service("b", 'requires = ["a"]')) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        wait_until("a has failed twice", lambda: lab.status("a")["restarts"] >= 2)
        equal(lab.status("b")["state"], "waiting")
        lab.write("fixed", "")
        lab.wait_ready("b")
        lab.down_and_nothing_left()


@case
def stopping_a_stops_b_first():
    with Lab(service("a") + service("b", 'requires = ["a"]') + service("c")) as lab:
        lab.up()
        wait_all(lab, "+a", "+b", "+c")
        lab.tend("stop", "a", expect=0)
        equal(order(lab)[3:], ["-b", "-a"])
        equal([lab.status(name)["state"] for name in "abc"], ["stopped", "stopped", "up"])
        lab.down_and_nothing_left()


@case
def starting_b_starts_what_it_requires():
    with Lab(service("a") + service("b", 'requires = ["a"]') + service("c")) as lab:
        lab.up("c")
        wait_order(lab, "+c")
        lab.tend("start", "b", expect=0)
        wait_all(lab, "+c", "+a", "+b")
        lab.down_and_nothing_left()


@case
def a_crash_of_a_dependency_leaves_its_dependents_alone():
    with Lab(service("a", 'restart = { delay = "10ms" }') + service("b", 'requires = ["a"]')) as lab:
        lab.up()
        a, b = lab.status("a")["pid"], lab.status("b")["pid"]
        lab.kill(a)
        lab.wait_ready("a", not_pid=a)
        equal(lab.status("b")["pid"], b)
        lab.down_and_nothing_left()


@case
def with_restart_true_a_dependent_is_started_anew():
    with Lab(service("a", 'restart = { delay = "10ms" }')
             + service("b", 'requires = [{ name = "a", restart = true }]')) as lab:
        lab.up()
        a, b = lab.status("a")["pid"], lab.status("b")["pid"]
        lab.kill(a)
        lab.wait_ready("a", not_pid=a)
        lab.wait_ready("b", not_pid=b)
        lab.down_and_nothing_left()


@case
def after_orders_but_does_not_need():
    with Lab("""
[service.soft]
run = "exit 1"
restart = { when = "never" }
""" + service("b", 'after = ["soft"]')) as lab:
        lab.tend("up", "-d", "--wait", "20s")
        lab.wait_state("soft", "failed")
        lab.wait_ready("b")
        lab.down_and_nothing_left()


@case
def before_is_after_turned_round():
    with Lab(service("b") + service("a", 'before = ["b"]', READY_FILE.format("a"))) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("b", "waiting")
        wait_order(lab, "+a")
        lab.write("a.ready", "")
        wait_order(lab, "+a", "+b")
        lab.down_and_nothing_left()
        equal(order(lab), ["+a", "+b", "-b", "-a"])


@case
def a_task_must_have_completed():
    with Lab("""
[task.migrate]
run = "while [ ! -e @LAB@/go ]; do sleep 0.01; done; echo +migrate >> @LAB@/order"
""" + service("web", 'requires = ["migrate"]')) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_state("migrate", "up", "starting")
        equal(lab.wait_state("web", "waiting")["waiting_for"], ["migrate"])
        lab.write("go", "")
        lab.wait_ready("web")
        equal(lab.status("migrate")["state"], "done")
        wait_order(lab, "+migrate", "+web")
        lab.down_and_nothing_left()


@case
def a_task_that_is_done_runs_again_only_by_its_own_name():
    with Lab('[task.migrate]\nrun = "echo +migrate >> @LAB@/order"\n'
             + service("web", 'requires = ["migrate"]')) as lab:
        lab.up()
        wait_order(lab, "+migrate", "+web")
        lab.tend("stop", "web")
        equal(lab.tend("start", "web").returncode, 0)
        wait_order(lab, "+migrate", "+web", "-web", "+web")
        equal(lab.status("migrate")["state"], "done")
        equal(lab.tend("start", "migrate").returncode, 0)
        wait_order(lab, "+migrate", "+web", "-web", "+web", "+migrate")
        lab.down_and_nothing_left()


@case
def a_task_that_fails_holds_back_what_needs_it():
    with Lab('[task.migrate]\nrun = "exit 5"\nrestart = { when = "never" }\n'
             + service("web", 'requires = ["migrate"]')) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        equal(lab.wait_state("migrate", "failed")["last_exit"]["code"], 5)
        equal(lab.status("web")["state"], "waiting")
        equal(order(lab), [])
        lab.down_and_nothing_left()


@case
def until_started_does_not_wait_for_ready():
    with Lab(service("a", READY_FILE.format("a"))
             + service("b", 'requires = [{ name = "a", until = "started" }]')) as lab:
        lab.tend("up", "-d", "--wait", "0s")
        lab.wait_ready("b")
        equal(lab.status("a")["state"], "starting")
        lab.down_and_nothing_left()


@case
def independent_branches_start_side_by_side():
    # Each waits for the other's file: one after the other would never get ready.
    with Lab(service("a", 'ready = { exec = ["grep", "-q", "+b", "@LAB@/order"], every = "20ms" }')
             + service("b", 'ready = { exec = ["grep", "-q", "+a", "@LAB@/order"], every = "20ms" }')) as lab:
        lab.up()
        lab.down_and_nothing_left()


@case
def a_chain_of_thirty_starts_and_stops_in_order():
    names = [f"s{number}" for number in range(30)]
    toml = "".join(service(name, f'requires = ["{names[index - 1]}"]' if index else "")
                   for index, name in enumerate(names))
    with Lab(toml) as lab:
        lab.up()
        wait_until("all have started", lambda: len(order(lab)) == 30)
        lab.down_and_nothing_left()
        # Without a readiness means "started" is enough for the next one, so only the stop is strict.
        equal([line for line in order(lab) if line.startswith("-")],
              [f"-{name}" for name in reversed(names)])


@case
def a_cycle_is_a_config_error_that_shows_the_path():
    with Lab(service("a", 'requires = ["c"]') + service("b", 'requires = ["a"]')
             + service("c", 'requires = ["b"]')) as lab:
        done = lab.tend("up", "-d", expect=78)
        for name in "abc":
            check(f"{name}" in done.stderr, done.stderr)
        check("tend.toml:" in done.stderr, f"file and line: {done.stderr}")
        equal(lab.processes(), {})


@case
def an_unknown_name_shows_file_line_and_the_nearest_name():
    with Lab(service("database") + service("web", 'requires = ["databse"]')) as lab:
        done = lab.tend("up", "-d", expect=78)
        check("tend.toml:" in done.stderr and '"database"' in done.stderr.replace("'", '"')
              or "database" in done.stderr.replace("databse", ""), done.stderr)
        equal(lab.processes(), {})


run_cases()
