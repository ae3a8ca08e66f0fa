#!/usr/bin/env python3
# label: fast
# timeout: 300
"""`tend run --on slurm --detach` and its collecting by --resume, with a Slurm whose sbatch and squeue
are played by this test: what was recorded counts and shows as in a run here, everything else runs."""

import contextlib
import json
import os
import re
import signal
import subprocess

from joblab import JobLab, case, check, equal, read_bytes, read_text, run_cases, seconds_left, wait_until

SBATCH = """\
echo "$@" > "$FAKE/asked"
. "$FAKE/sbatch-does"
"""
SQUEUE = """\
echo "$@" > "$FAKE/squeue-asked"
. "$FAKE/squeue-does"
"""

# Each is run here and through Slurm.
SAME = [
    ["echo", "{1}-{2}", ":::", "a", "b", ":::", "1", "2"],
    ["--exit=count", "--sh", 'echo $1; echo err $1 >&2; exit "$1"', ":::", "0", "1", "2", "200"],
    ["--retries", "3", "--sh", "echo try $TEND_ATTEMPT; test $TEND_ATTEMPT = 3", ":::", "x", "y"],
    ["--retries", "2", "--tag", "--sh", "echo $TEND_ATTEMPT; exit 7", ":::", "x", "y"],
    ["--timeout", "300ms", "--sh", "echo begun; sleep 1000", ":::", "x"],
    ["--sh", "kill -9 $$", ":::", "x"],
    ["there-is-no-such-program", ":::", "x", "y"],
    ["--env", "COLOUR=blue", "--sh", "echo $COLOUR $TEND_SEQ $1", ":::", "a", "b", "c"],
    ["pwd", ":::", "x"],
    ["echo", "same", ":::", "x", "x", "x"],
    ["--json", "-q", "--sh", 'exit "$1"', ":::", "0", "3"],
    ["--sh", "head -c 3000000 /dev/zero | tr '\\0' $1; printf '\\0\\377'; echo $1 >&2", ":::", "a",
     "b", "c"],
    ["-u", "--sh", "printf $1", ":::", "a"],
]

# What differs from one run of a job to the next.
VOLATILE = ("start", "runtime_us", "user_us", "system_us", "max_rss_kib", "slot")


def without_volatile(text):
    records = [json.loads(line) for line in text.splitlines()]
    return sorted(([record["seq"], record["attempt"],
                    {key: value for key, value in record.items() if key not in VOLATILE}]
                   for record in records), key=lambda record: record[:2])


class Desk(JobLab):
    """A user, and the Slurm that this test plays: sbatch says 17, squeue that there is nothing."""

    def __enter__(self):
        super().__enter__()
        os.mkdir(self.file("bin"))
        for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE)):
            with open(self.file(f"bin/{name}"), "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(self.file(f"bin/{name}"), 0o755)
        self.environment |= {"FAKE": self.path,
                             "PATH": f"{self.file('bin')}:{os.environ['PATH']}"}
        self.sbatch("echo 17")
        self.squeue(":")
        self.folder = self.file("log.detached")
        return self

    def sbatch(self, script):
        self.write("sbatch-does", script)

    def squeue(self, script):
        self.write("squeue-does", script)

    def submit(self, *words, tasks=1):
        return self.run("--on", "slurm", "--workers", tasks, "--log", "log", "--detach", *words)

    def start_task(self, number=1, before=""):
        """What a node does with the script."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", f'{before} exec /bin/sh "$0"', f"{self.folder}/script"],
            env=self.environment | {"SLURM_ARRAY_TASK_ID": str(number)}, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.tasks.append(process)
        return process

    tasks = ()

    def run_task(self, number=1, before=""):
        process = self.start_task(number, before)
        _, err = process.communicate(timeout=seconds_left())
        return process.returncode, err

    def collect(self, *words):
        return self.run("--log", "log", "--resume", *words)

    def is_collected(self):
        check(not os.path.exists(self.folder), "the folder is still there")

    def log(self):
        return [json.loads(line) for line in read_text(self.file("log")).splitlines()]

    def ran(self):
        return read_text(self.file("ran")).split()


@contextlib.contextmanager
def desk():
    with Desk() as lab:
        lab.tasks = []
        try:
            yield lab
        finally:
            for process in lab.tasks:
                if process.poll() is None:
                    process.kill()
                process.wait()
                process.stdout.close()
                process.stderr.close()


# --- nothing goes wrong ---------------------------------------------------------------------------

@case(watchdog_s=120)
def what_is_collected_is_what_a_run_here_shows():
    for words in SAME:
        with desk() as lab:
            here = lab.run("--log", "here", *words)
            lab.submit(*words, tasks=2).ends_with(0)
            for number in range(1, len(read_text(f"{lab.folder}/script").split("--array=1-")[1])):
                if os.path.exists(f"{lab.folder}/{number}.jobs"):
                    lab.run_task(number)
            there = lab.collect(*words)
            if "--json" not in words:
                equal((there.code, there.out), (here.code, here.out), f"{words}: {there.err!r}")
                equal(re.sub(rb"after [0-9.]+ ?m?s", b"after", there.err),
                      re.sub(rb"after [0-9.]+ ?m?s", b"after", here.err), f"{words}")
            else:
                equal(without_volatile(there.out.decode()), without_volatile(here.out.decode()))
            equal(without_volatile(read_text(lab.file("log"))),
                  without_volatile(read_text(lab.file("here"))), f"the log of {words}")
            lab.is_collected()
            lab.collect(*words).prints("")


@case
def who_submits_learns_what_to_do_next():
    with desk() as lab:
        said = lab.submit("echo", ":::", "a", "b", "c", tasks=2).ends_with(0).out.decode()
        for words in ("Slurm job 17: 3 jobs in 2 tasks", "squeue --job=17", "scancel 17",
                      "--resume"):
            check(words in said, said)
        check("--parsable" in read_text(lab.file("asked")), read_text(lab.file("asked")))


@case
def a_dry_run_prints_the_script_that_is_submitted():
    with desk() as lab:
        words = ("-j3", "echo", ":::", "a", "b")
        printed = lab.submit("--dry-run", *words, tasks=5).ends_with(0).out.decode()
        check(not os.path.exists(lab.folder) and not os.path.exists(lab.file("asked")), printed)
        check("#SBATCH --array=1-2\n" in printed and "--cpus-per-task=3\n" in printed, printed)
        lab.submit(*words, tasks=5)
        name = re.compile("tend-[0-9a-f]{16}")
        equal(name.sub("NAME", read_text(f"{lab.folder}/script")), name.sub("NAME", printed))


@case
def options_of_sbatch_are_passed_on():
    with desk() as lab:
        lab.run("--on", "slurm -p short --mem=2G", "--log", "log", "--detach", "true", ":::",
                "x").ends_with(0)
        check("-p short --mem=2G" in read_text(lab.file("asked")), read_text(lab.file("asked")))


@case
def a_run_that_went_on_submits_only_what_is_missing():
    with desk() as lab:
        script = ["--sh", 'echo $1 >> ran; echo out $1', ":::"]
        lab.run("--log", "log", *script, "a", "c").ends_with(0)
        lab.submit("--resume", *script, "a", "b", "c", "d", tasks=3).ends_with(0)
        equal(sorted(name for name in os.listdir(lab.folder) if name.endswith(".jobs")),
              ["1.jobs", "2.jobs"])
        lab.run_task(1), lab.run_task(2)
        lab.collect(*script, "a", "b", "c", "d").prints("out b\nout d\n")
        equal(sorted(lab.ran()), ["a", "b", "c", "d"])
        equal(lab.submit("--resume", *script, "a", "b", "c", "d").ends_with(0).err,
              b"tend: run: there is nothing to do: no job is missing in the log\n")
        lab.is_collected()


@case
def blocks_of_the_input_go_along():
    with desk() as lab:
        text = "".join(f"{number}\n" for number in range(300_000))
        words = ("--on", "slurm", "--workers", "2", "--log", "log", "--pipe", "--block", "1M", "wc",
                 "-l")
        lab.run("--detach", *words, stdin=text).ends_with(0)
        lab.run_task(1), lab.run_task(2)
        seen = lab.run("--resume", *words, stdin=text).ends_with(0)
        equal(sum(map(int, seen.out.split())), 300_000)
        lab.is_collected()


# --- tasks that do not come to their end ----------------------------------------------------------

COUNTS = ["--sh", 'echo $1 >> ran; test $1 != w || read x < fifo; echo out $1', ":::"]


@case
def what_a_killed_task_has_recorded_counts_and_what_it_had_begun_runs_again():
    with desk() as lab:
        lab.fifo("fifo")
        lab.submit("-j1", *COUNTS, "a", "w", "b").ends_with(0)
        task = lab.start_task()
        wait_until("it has begun", lambda: lab.ran() == ["a", "w"])
        task.kill()
        task.wait()
        wait_until("its jobs are gone", lambda: not lab.ours())
        run = lab.start("-j1", "--log", "log", "--resume", *COUNTS, "a", "w", "b")
        lab.open_fifo("fifo")
        run.result().prints("out a\nout w\nout b\n").says(
            "1 of 1 tasks of Slurm job 17 were lost", "job 2 runs again", "may run twice")
        equal(lab.ran(), ["a", "w", "w", "b"])
        equal([(record["seq"], record["attempt"], record["end"]) for record in lab.log()],
              [(1, 1, "exit"), (2, 1, "lost"), (2, 2, "exit"), (3, 1, "exit")])
        lab.is_collected()


@case
def a_task_that_is_ended_politely_leaves_its_jobs_unfinished():
    with desk() as lab:
        lab.fifo("fifo")
        lab.submit("-j1", *COUNTS, "a", "w").ends_with(0)
        task = lab.start_task()
        wait_until("it has begun", lambda: lab.ran() == ["a", "w"])
        task.terminate()
        _, err = task.communicate(timeout=seconds_left())
        equal(task.returncode, 143, err)
        lab.sbatch("exit 1")
        run = lab.start("-j1", "--log", "log", "--resume", *COUNTS, "a", "w")
        lab.open_fifo("fifo")
        run.result().prints("out a\nout w\n").says("may run twice")
        lab.is_collected()


@case
def a_task_that_is_started_again_goes_on():
    with desk() as lab:
        lab.fifo("fifo")
        lab.submit("-j1", *COUNTS, "a", "w", "b").ends_with(0)
        task = lab.start_task()
        wait_until("it has begun", lambda: lab.ran() == ["a", "w"])
        task.kill()
        task.wait()
        wait_until("its jobs are gone", lambda: not lab.ours())
        again = lab.start_task()
        lab.open_fifo("fifo")
        _, err = again.communicate(timeout=seconds_left())
        equal((again.returncode, lab.ran()), (0, ["a", "w", "w", "b"]), err)
        lab.run_task()  # Once more: it is through.
        equal(lab.ran(), ["a", "w", "w", "b"])
        lab.collect(*COUNTS, "a", "w", "b").prints("out a\nout w\nout b\n").says("job 2 runs again")
        equal(lab.ran(), ["a", "w", "w", "b"], "nothing runs for the collecting")
        lab.is_collected()


@case
def a_task_that_was_given_up_and_went_on_is_told():
    with desk() as lab:
        lab.fifo("fifo")
        script = ["--sh", 'echo $1 >> ran; test $TEND_ATTEMPT = 2 || read x < fifo; '
                  'echo attempt $TEND_ATTEMPT', ":::"]
        lab.submit("-j1", *script, "w").ends_with(0)
        first = lab.start_task()
        wait_until("it has begun", lambda: lab.ran() == ["w"])
        lab.run_task()
        lab.open_fifo("fifo")
        first.communicate(timeout=seconds_left())
        lab.collect(*script, "w").prints("attempt 1\n").says("job 1 has run again")
        lab.is_collected()


@case
def nothing_is_collected_while_tasks_wait_or_run():
    with desk() as lab:
        lab.submit("-j1", *COUNTS, "a", "b", "c", tasks=3).ends_with(0)
        lab.squeue("printf '2:RUNNING:None\\n3:PENDING:Resources\\n'")
        lab.run_task(1)
        lab.collect(*COUNTS, "a", "b", "c").prints("", code=125).says(
            "Slurm job 17 has not ended", "2 of 3 tasks", "1 pending (Resources), 1 running",
            "scancel 17")
        check("--name=tend-" in read_text(lab.file("squeue-asked")), "asked by its name")
        equal(lab.ran(), ["a"])
        equal(read_text(lab.file("log")), "")


@case
def a_task_that_writes_runs_whatever_squeue_says():
    with desk() as lab:
        lab.fifo("fifo")
        lab.submit("-j1", *COUNTS, "w").ends_with(0)
        task = lab.start_task()
        wait_until("it has begun", lambda: lab.ran() == ["w"])
        lab.collect(*COUNTS, "w").prints("", code=125).says("1 of 1 tasks: 1 running")
        lab.open_fifo("fifo")
        task.communicate(timeout=seconds_left())
        lab.collect(*COUNTS, "w").prints("out w\n")
        equal(lab.ran(), ["w"])


@case(watchdog_s=120)
def a_squeue_that_says_nothing_of_use_is_not_taken_for_an_end():
    for does in ("exit 1", "echo slurm_load_jobs error", "exec sleep 1000"):
        with desk() as lab:
            lab.squeue(does)
            lab.submit(*COUNTS, "a", "b", tasks=2).ends_with(0)
            lab.run_task(1)
            lab.collect(*COUNTS, "a", "b").prints("", code=125).says(
                "1 of 2 tasks", "squeue", "--force")
            lab.collect("--force", *COUNTS, "a", "b").prints("out a\nout b\n")
            equal(lab.ran(), ["a", "b"])
            lab.is_collected()


@case
def without_squeue_a_run_that_is_through_is_collected():
    with desk() as lab:
        lab.squeue("exit 127")
        lab.submit(*COUNTS, "a").ends_with(0)
        lab.run_task()
        lab.collect(*COUNTS, "a").prints("out a\n")
        equal(lab.ran(), ["a"])


# --- files that are not what they were ------------------------------------------------------------

@case
def a_record_that_is_torn_anywhere_counts_as_not_written():
    with desk() as lab:
        lab.submit("-j1", *COUNTS, "a", "b", "c").ends_with(0)
        lab.run_task()
        path = f"{lab.folder}/1.0.results"
        whole = read_bytes(path)
    for size in range(0, len(whole), max(1, len(whole) // 12)):
        with desk() as lab:
            lab.submit("-j1", *COUNTS, "a", "b", "c").ends_with(0)
            lab.run_task()
            with open(f"{lab.folder}/1.0.results", "r+b") as file:
                file.truncate(size)
            lab.collect("-j1", *COUNTS, "a", "b", "c").prints("out a\nout b\nout c\n")
            again = lab.ran()[3:]
            equal(again, ["a", "b", "c"][3 - len(again):], f"after {size} bytes")
            lab.is_collected()


@case
def a_byte_that_has_changed_is_found():
    with desk() as lab:
        lab.submit("-j1", *COUNTS, "a", "b", "c").ends_with(0)
        lab.run_task()
        with open(f"{lab.folder}/1.0.results", "r+b") as file:
            at = file.read().index(b"out b")
            file.seek(at)
            file.write(b"OUT b")
        lab.collect("-j1", *COUNTS, "a", "b", "c").prints("out a\nout b\nout c\n").says("is torn")
        equal(lab.ran(), ["a", "b", "c", "b", "c"])


@case
def a_task_that_cannot_write_its_results_does_no_more():
    with desk() as lab:
        items = [str(number) for number in range(200)]
        lab.submit("-j1", *COUNTS, *items).ends_with(0)
        code, err = lab.run_task(before="ulimit -f 8;")
        equal(code, 125, err)
        check("1.0.results" in err, err)
        check(0 < len(lab.ran()) < 200, len(lab.ran()))
        before = len(lab.ran())
        seen = lab.collect("-j1", *COUNTS, *items)
        seen.prints("".join(f"out {item}\n" for item in items))
        check(len(lab.ran()) <= 200 + 1 and before >= 1, "one more than there are at most")
        lab.is_collected()


# --- answers of sbatch ----------------------------------------------------------------------------

@case
def an_sbatch_that_refuses_hangs_or_talks_nonsense_has_submitted_nothing():
    for does, words in (("echo 'sbatch: error: Invalid partition' >&2; exit 1", "Invalid partition"),
                        ("echo Submitted batch job", "no job's number"),
                        ("", "no job's number"),
                        ("exec sleep 1000", "has not answered within")):
        with desk() as lab:
            lab.sbatch(does)
            lab.submit("--worker-wait", "500ms", *COUNTS, "a").prints("", code=125).says(
                "not submitted", words)
            lab.is_collected()
            equal(os.listdir(lab.path).count("log.detached.withdrawn"), 0)


@case
def what_has_begun_though_sbatch_failed_is_not_lost():
    with desk() as lab:
        lab.sbatch('for script; do :; done; SLURM_ARRAY_TASK_ID=1 sh "$script"; exit 1')
        lab.submit(*COUNTS, "a").prints("", code=125).says("tasks of it have begun", "--resume")
        lab.collect(*COUNTS, "a").prints("out a\n")
        equal(lab.ran(), ["a"])
        lab.is_collected()


@case
def a_task_whose_run_was_called_off_does_nothing():
    with desk() as lab:
        lab.submit(*COUNTS, "a").ends_with(0)
        script = lab.write("script", read_text(f"{lab.folder}/script"))
        os.rename(lab.folder, lab.file("elsewhere"))
        done = subprocess.run(["/bin/sh", script], capture_output=True, text=True, check=False,
                              env=lab.environment | {"SLURM_ARRAY_TASK_ID": "1"})
        equal((done.returncode, lab.ran()), (125, []), done.stderr)
        check("called off" in done.stderr, done.stderr)


@case
def without_sbatch_it_is_said_what_is_missing():
    with desk() as lab:
        os.unlink(lab.file("bin/sbatch"))
        os.symlink("/bin/sh", lab.file("bin/sh"))
        done = lab.run("--on", "slurm", "--log", "log", "--detach", "true", ":::", "x",
                       env={"PATH": lab.file("bin")})
        done.prints("", code=125).says("sbatch")
        lab.is_collected()


# --- command lines --------------------------------------------------------------------------------

@case
def a_detached_run_that_is_not_collected_is_in_the_way():
    with desk() as lab:
        lab.submit(*COUNTS, "a").ends_with(0)
        lab.run_task()
        lab.submit(*COUNTS, "a").ends_with(2).says("nobody has collected")
        lab.submit("--resume", *COUNTS, "a").ends_with(2).says("nobody has collected")
        lab.run("--log", "log", *COUNTS, "a").ends_with(2).says("--resume")
        lab.collect("echo", "other", ":::", "a").ends_with(2).says("of another command", "--force")
        lab.collect(*COUNTS, "a").prints("out a\n")
        equal(lab.ran(), ["a"])


@case
def results_of_jobs_that_are_not_asked_for_are_kept():
    with desk() as lab:
        lab.submit("-j1", *COUNTS, "a", "b", "c").ends_with(0)
        lab.run_task()
        lab.collect(*COUNTS, "c", "a").prints("out c\nout a\n").says("keeps 1 result")
        lab.collect(*COUNTS, "a", "b", "c").prints("out b\n")
        equal(lab.ran(), ["a", "b", "c"])
        lab.is_collected()


@case
def a_halt_stops_the_collecting_and_loses_nothing():
    with desk() as lab:
        words = ["--sh", 'echo $1 >> ran; exit "$1"', ":::", "0", "5", "0", "0"]
        lab.submit("-j1", *words).ends_with(0)
        lab.run_task()
        lab.collect("-j1", "--halt", "now,fail=1", *words).ends_with(3).says("keeps 2 results")
        lab.collect("-j1", *words).ends_with(0)
        equal(len(lab.ran()), 4)
        lab.is_collected()


@case
def what_makes_no_sense_is_refused():
    with desk() as lab:
        for words, hint in ((("--detach", "--log", "log"), "--on slurm"),
                            (("--detach", "--launcher", "env", "--log", "log"), "--on slurm"),
                            (("--detach", "--on", "slurm"), "--log"),
                            (("--detach", "--on", "slurm", "--log", "log", "--halt", "now,fail=1"),
                             "--halt"),
                            (("--detach", "--on", "slurm -a 1-4", "--log", "log"), "one task"),
                            (("--detach", "--on", "slurm --wrap=x", "--log", "log"), "--wrap"),
                            (("--detach", "--on", "slurm -J x", "--log", "log"), "-J")):
            lab.run(*words, "true", ":::", "x").ends_with(2).says(hint)
        check(not os.path.exists(lab.file("asked")), "sbatch was asked")
        lab.run("--detach", "--on", "slurm", "--log", "none/log", "true", ":::", "x").ends_with(125)


@case
def a_collecting_that_is_killed_goes_on():
    with desk() as lab:
        lab.fifo("fifo")
        words = ["--sh", 'echo $1 >> ran; echo out $1', ":::", *map(str, range(50))]
        lab.submit(*words).ends_with(0)
        lab.run_task()
        # A reader that does not read holds the output, and with it the run.
        big = lab.start("--log", "log", "--resume", *words, stdout=os.open(os.devnull, os.O_WRONLY))
        big.process.send_signal(signal.SIGKILL)
        big.process.wait()
        wait_until("nobody is left", lambda: not lab.ours())
        logged = len(lab.log()) if os.path.exists(lab.file("log")) else 0
        seen = lab.collect(*words)
        if os.path.exists(lab.folder) or logged < 50:
            equal(len(seen.out.splitlines()), 50 - logged)
        equal(len(lab.ran()), 50)
        equal(len(lab.log()), 50)


run_cases()
