#!/usr/bin/env python3
# label: ci
"""The input of `tend run`: what becomes of it, and that no item can do harm."""

import os
import subprocess

from joblab import JobLab, case, check, equal, run_cases

HOSTILE = "a b;$(touch pwned)`touch pwned`*\"'\\\n{}"


def lines(lab, *words, stdin=""):
    """What a run that succeeds printed, as lines."""
    return lab.run(*words, stdin=stdin).ends_with(0).out.decode().split("\n")[:-1]


@case
def sources_meet_or_go_along():
    with JobLab() as lab:
        equal(lines(lab, "echo", ":::", "a", "b", ":::", "1", "2"), ["a 1", "a 2", "b 1", "b 2"])
        equal(lines(lab, "echo", "{1}-{2}", ":::", "a", "b", "c", ":::+", "1", "2"), ["a-1", "b-2"])
        lab.write("one", "x\ny\n")
        equal(lines(lab, "echo", "-a", "one", ":::", "1"), ["-a one 1"])
        equal(lines(lab, "-a", "one", "-a", lab.write("two", "1\n2\n"), "echo"),
              ["x 1", "x 2", "y 1", "y 2"])
        equal(lines(lab, "echo", "::::", "one", "-", stdin="p\n"), ["x p", "y p"])


@case
def columns_and_tables_have_their_places():
    with JobLab() as lab:
        equal(lines(lab, "--col", ",", "echo", "{2} {1}", stdin="x,y\n"), ["y x"])
        equal(lines(lab, "--csv", "echo", "{name}:{login}:{3}",
                    stdin='login,name\r\njoe,"Doe, ""J"""\r\n\r\n'), ['Doe, "J":joe:'])
        done = lab.run("--csv", "echo", "{a}", stdin='a,b\n1,2\n3\n')
        check(done.out == b"1\n" and done.code != 0, done)
        check(b"line 3" in done.err and b"columns" in done.err, done.err)


@case
def places_show_parts_of_an_item():
    with JobLab() as lab:
        equal(lines(lab, "echo", "{}", "{.}", "{/}", "{//}", "{/.}", ":::", "d.x/f.tar.gz",
                    "sub.dir/bar"),
              ["d.x/f.tar.gz d.x/f.tar f.tar.gz d.x f.tar",
               "sub.dir/bar sub.dir/bar bar sub.dir bar"])
        equal(lines(lab, "echo", "{foo}", "{", "{}", ":::", "a"), ["{foo} { a"])
        equal(lines(lab, "sh", "-c", "echo $#", "sh", "{3}", ":::", "a"), ["1"])
        equal(lines(lab, "echo", "x", ":::", "a"), ["x a"])
        equal(lines(lab, "echo", "{#}", ":::", "a", "b"), ["1", "2"])


@case
def lines_are_items_whatever_is_in_them():
    with JobLab() as lab:
        equal(lines(lab, "echo"), [])
        equal(lines(lab, "echo", ":::"), [])
        equal(lines(lab, "sh", "-c", 'echo "[$1]"', "sh", stdin="a\n\nb\n"), ["[a]", "[]", "[b]"])
        equal(lines(lab, "echo", stdin="a\nb"), ["a", "b"])
        equal(lab.run("-0", "printf", "<%s>", stdin=b"a\0b\nc\0").out, b"<a><b\nc>")
        equal(lines(lab, "-d", r"\t", "echo", stdin="a\tb"), ["a", "b"])
        equal(lab.run("printf", "%s", stdin=b"\xff\xfe\n").out, b"\xff\xfe")
        done = lab.run("echo", stdin=b"a\nb\0c\n")
        check(done.code != 0 and b"NUL" in done.err, done)


@case
def items_can_share_a_job():
    with JobLab() as lab:
        equal(lines(lab, "-n2", "echo", ":::", "1", "2", "3"), ["1 2", "3"])
        many = "".join(f"{number:0100}\n" for number in range(30000))
        counts = lines(lab, "-X", "sh", "-c", "echo $#", "sh", stdin=many)
        equal(sum(map(int, counts)), 30000)
        check(1 < len(counts) < 100, counts)


@case
def an_item_that_is_too_long_harms_no_other():
    with JobLab() as lab:
        long = "x" * 200_000
        done = lab.run("-X", "echo", stdin=f"a\n{long}\nb\n")
        check(done.code != 0, done.code)
        equal(done.out, b"a\nb\n")
        check(b"xxxx" in done.err and b"rgument list too long" in done.err,
              done.err[:2000])
        check(len(done.err) < 10_000, "the message does not repeat the whole item")


@case
def items_can_be_commands():
    with JobLab() as lab:
        equal(lines(lab, ":::", "echo a", "echo b | tr b c"), ["a", "c"])
        equal(lines(lab, stdin="echo a; echo b\n"), ["a", "b"])


@case
def no_item_can_become_a_command():
    with JobLab() as lab:
        for words in (["printf", "%s\\0", "{}"], ["--sh", r'printf "%s\0" "$1"']):
            done = lab.run(*words, ":::", HOSTILE)
            equal((done.code, done.out), (0, HOSTILE.encode() + b"\0"), words)
        done = lab.run("-0", "--sh", r'printf "%s\0" "$@"', "x{}", stdin=HOSTILE + "\0")
        equal(done.out, f"x{HOSTILE}\0".encode())
        check(not os.path.exists(lab.file("pwned")), "nothing was executed")


@case
def a_dry_run_prints_what_a_shell_would_do():
    with JobLab() as lab:
        for words in (["printf", "%s\\0", "{}"], ["--sh", r'printf "%s\0" "$1"']):
            done = lab.run("--dry-run", *words, ":::", HOSTILE)
            pasted = subprocess.run(["sh"], input=done.out, cwd=lab.path, capture_output=True,
                                    timeout=60)
            equal(pasted.stdout, HOSTILE.encode() + b"\0", done.out)
        check(not os.path.exists(lab.file("pwned")), "nothing was executed")


@case
def places_in_a_script_are_refused_with_a_hint():
    with JobLab() as lab:
        done = lab.run("--sh", "gzip {}", ":::", "a")
        equal(done.code, 2)
        check(b'"$1"' in done.err, done.err)
        equal(lines(lab, "--sh", 'echo "${1%.gz}" ${#}', ":::", "a.gz"), ["a 1"])


@case
def what_follows_the_command_is_never_an_option():
    with JobLab() as lab:
        equal(lines(lab, "printf", "[%s]\\n", ":::", "-n", "--help", ":::", "--"),
              ["[-n]", "[--]", "[--help]", "[--]"])
        equal(lines(lab, "printf", "%s\\n", "--jobs=0", ":::", "--version"),
              ["--jobs=0", "--version"])


@case
def jobs_do_not_eat_the_list_and_get_no_descriptors_of_ours():
    with JobLab() as lab:
        equal(lines(lab, "sh", "-c", "cat; echo $1", "sh", stdin="1\n2\n3\n"), ["1", "2", "3"])
        for words in ([], ["--live"], ["--log", "fds.jsonl"], ["--out", "fds.out"]):
            done = lab.run(*words, "sh", "-c", "ls /proc/self/fd | tr '\\n' ' '", ":::", "x")
            equal(done.out.strip(), b"0 1 2 3", words)


@case
def stdin_can_be_cut_into_blocks():
    with JobLab() as lab:
        numbers = "".join(f"{number}\n" for number in range(1, 100_001))
        equal(lines(lab, "--pipe", "-n5", "wc", "-l", stdin="".join(f"{n}\n" for n in range(10))),
              ["5", "5"])
        counts = lines(lab, "--pipe", "--block", "100k", "wc", "-l", stdin=numbers)
        equal(sum(map(int, counts)), 100_000)
        check(len(counts) >= 5, counts)
        equal(lab.run("--pipe", "--block=10KiB", "cat", stdin=numbers).out.decode(), numbers)


@case
def a_job_need_not_read_its_block():
    with JobLab() as lab:
        big = "x" * 99 + "\n"
        equal(lines(lab, "--pipe", "--block=1MiB", "echo", "{#}", stdin=big * 30_000),
              ["1", "2", "3"])


@case
def mistakes_are_explained():
    with JobLab() as lab:
        for words, hint in ((["-n", "0", "echo"], "max-args"), (["-d", "", "echo"], "empty"),
                            (["echo", ":::+", "a"], ":::"), (["--pipe", "cat", "{}"], "{}"),
                            (["--pipe", "cat", ":::", "a"], "standard input"),
                            (["-j", "0", "echo"], "jobs"), (["-j", "x", "echo"], "jobs"),
                            (["echo", "::::", "/none"], "/none")):
            done = lab.run(*words)
            equal(done.code, 125 if hint == "/none" else 2, words)
            check(hint in done.err.decode(), f"{words}: {done.err.decode()}")


@case
def habits_of_kindred_programs_are_answered_with_the_word_here():
    with JobLab() as lab:
        for words, hint in ((["-k", "echo"], "always in the order"), (["--colsep", ",", "echo"], "--col"),
                            (["-P2", "echo"], "-j"), (["-I@", "echo"], "{}"), (["--shell", "echo"], "--sh"),
                            (["--header=:", "echo"], "--csv"), (["--resume-failed", "echo"], "--resume=failed")):
            done = lab.run(*words, ":::", "a").prints("", code=2)
            done.says("unknown option -", hint)
        lab.run("echo {} | tr a b", ":::", "a").prints("", code=1).says("not found", "--sh")


run_cases()
