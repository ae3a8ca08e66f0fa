// std::process of Rust: answers the requests of bench/support/contender.hpp.

use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

#[repr(C)]
struct Usage {
    times: [i64; 4],
    others: [i64; 14],
}

#[repr(C)]
struct Limit {
    soft: u64,
    hard: u64,
}

extern "C" {
    fn getrusage(who: i32, usage: *mut Usage) -> i32;
    fn setrlimit(resource: i32, limit: *const Limit) -> i32;
    fn getrlimit(resource: i32, limit: *mut Limit) -> i32;
    fn sched_getaffinity(pid: i32, bytes: usize, mask: *mut u64) -> i32;
    fn sched_setaffinity(pid: i32, bytes: usize, mask: *const u64) -> i32;
}

const LIMIT_OF_DESCRIPTORS: i32 = 7;

fn processor_ns() -> i64 {
    let mut total = 0;
    for who in [0, -1] {
        let mut usage = Usage { times: [0; 4], others: [0; 14] };
        unsafe { getrusage(who, &mut usage) };
        total += (usage.times[0] + usage.times[2]) * 1_000_000_000;
        total += (usage.times[1] + usage.times[3]) * 1000;
    }
    total
}

fn timed(work: impl FnOnce()) -> String {
    let cpu = processor_ns();
    let begin = Instant::now();
    work();
    format!("{} {}", begin.elapsed().as_nanos(), processor_ns() - cpu)
}

fn spawn(count: usize, program: &str) {
    for _ in 0..count {
        assert!(Command::new(program).status().unwrap().success());
    }
}

fn collect(program: &str, arguments: &[&str]) -> usize {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout.len()
}

fn through_cat(input: Vec<u8>) {
    let wanted = input.len();
    let mut child =
        Command::new("/bin/cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    assert_eq!(child.wait_with_output().unwrap().stdout.len(), wanted);
    writer.join().unwrap();
}

struct Held {
    memory: Vec<Vec<u8>>,
    files: Vec<std::fs::File>,
    processors: [u64; 16],
}

impl Held {
    fn pin(&self, wish: &str) {
        let mut mask = self.processors;
        if wish == "yes" {
            let word = (0..mask.len()).rev().find(|&index| mask[index] != 0).unwrap();
            let bit = 63 - mask[word].leading_zeros();
            mask = [0; 16];
            mask[word] = 1 << bit;
        }
        unsafe { sched_setaffinity(0, 128, mask.as_ptr()) };
    }

    fn set(&mut self, verb: &str, argument: &str) {
        match verb {
            "pin" => self.pin(argument),
            "hold" => {
                let mut memory = vec![0u8; argument.parse().unwrap()];
                memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
                self.memory.push(memory);
            }
            "open" => {
                for _ in 0..argument.parse().unwrap() {
                    self.files.push(std::fs::File::open("/dev/null").unwrap());
                }
            }
            _ => {
                let mut limit = Limit { soft: 0, hard: 0 };
                unsafe { getrlimit(LIMIT_OF_DESCRIPTORS, &mut limit) };
                limit.soft = argument.parse().unwrap();
                limit.hard = limit.hard.max(limit.soft);
                assert_eq!(unsafe { setrlimit(LIMIT_OF_DESCRIPTORS, &limit) }, 0);
            }
        }
    }
}

fn answer(held: &mut Held, words: &[&str]) -> String {
    match words {
        ["hold" | "open" | "limit" | "pin", argument] => {
            held.set(words[0], argument);
            "ok".to_string()
        }
        ["spawn", count, program] => timed(|| spawn(count.parse().unwrap(), program)),
        ["threads", threads, count, program] => timed(|| {
            std::thread::scope(|scope| {
                for _ in 0..threads.parse().unwrap() {
                    scope.spawn(|| spawn(count.parse().unwrap(), program));
                }
            })
        }),
        ["output", count, program] => timed(|| {
            for _ in 0..count.parse().unwrap() {
                collect(program, &[]);
            }
        }),
        ["capture", bytes, producer] => timed(|| {
            assert_eq!(collect(producer, &[bytes]), bytes.parse().unwrap());
        }),
        ["cat", bytes] => {
            let input = vec![b'x'; bytes.parse().unwrap()];
            timed(|| through_cat(input))
        }
        _ => "no".to_string(),
    }
}

fn main() {
    let mut held = Held { memory: Vec::new(), files: Vec::new(), processors: [0; 16] };
    unsafe { sched_getaffinity(0, 128, held.processors.as_mut_ptr()) };
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        println!("{}", answer(&mut held, &words));
        std::io::stdout().flush().unwrap();
    }
}
