// libtend. build: libtend
//
// `tend kept` starts programs with what we ignore still ignored; else each of them begins with
// every standard signal but SIGHUP at its default, which costs a system call for each.

#include <tend/child.hpp>
#include <tend/command.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/support/contender.hpp"

namespace {

using tend::Command;
using tend::Stdio;

template <typename T>
T expect(tend::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(EXIT_FAILURE);
  }
  return *std::move(result);
}

void expect_success(const tend::ExitStatus& status) {
  if (!status.success()) {
    std::fprintf(stderr, "%s\n", status.description().c_str());
    std::exit(EXIT_FAILURE);
  }
}

void spawn_and_wait(const Command& command) {
  auto child = expect(command.spawn());
  expect_success(expect(child.wait()));
}

std::size_t captured(const Command& command) {
  const tend::Output output = expect(command.capture());
  expect_success(output.status);
  return output.out.size();
}

}  // namespace

int main(int argc, char**) {
  using std::string;
  if (argc > 1) {
    return tend::bench::serve({.spawn = [](const string& program) {
      spawn_and_wait(Command(program).signals({.keep_ignored = tend::SignalSet::all()}));
    }});
  }
  constexpr std::size_t no_limit = std::size_t{1} << 40;
  return tend::bench::serve(
      {.spawn = [](const string& program) { spawn_and_wait(Command(program)); },
       .output =
           [](const string& program) { return captured(Command(program).err(Stdio::inherit())); },
       .capture =
           [](const string& producer, const string& bytes) {
             return captured(Command(producer, {bytes}).output_limit(no_limit));
           },
       .discard =
           [](const string& producer, const string& bytes) {
             captured(Command(producer, {bytes}).output_limit(0));
             return std::stoul(bytes);
           },
       .to_file =
           [](const string& producer, const string& bytes, const string& file) {
             expect_success(expect(Command(producer, {bytes}).out(Stdio::truncate(file)).status()));
           },
       .through_cat =
           [](const string& input) {
             // Of bytes that somebody holds anyway no copy is made.
             auto child = expect(Command("/bin/cat")
                                     .in(Stdio::pipe())
                                     .out(Stdio::pipe())
                                     .output_limit(no_limit)
                                     .spawn());
             const tend::Output output = expect(child.wait_with_output(input));
             expect_success(output.status);
             return output.out.size();
           }});
}
