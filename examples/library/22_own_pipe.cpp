// Row 22: pipes of one's own between any two parties: here from one child into another, and from a
// thread into this one. Both ends close by themselves, none leaks into a child that was not given
// it, and writing where nobody reads is an error instead of a deadly signal.
//
// output:
// child to child: 3
// thread to us: from a thread
// nobody reads: write <any>: Broken pipe<any>
// it holds 1 MiB, or says why it cannot: yes

#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>
#include <tend/thread.hpp>

#include <cstdio>

#include "or_exit.hpp"

int main() {
  tend::Pipe pipe = or_exit(tend::Pipe::make());
  auto writer = or_exit(tend::Command::shell("echo 1; echo 2; echo 3")
                            .out(tend::Stdio::descriptor(pipe.write.get()))
                            .spawn());
  pipe.write.reset();  // The end comes when nobody has it any more.
  const auto counted = or_exit(tend::Command("wc")
                                   .arg("-l")
                                   .in(tend::Stdio::descriptor(pipe.read.get()))
                                   .checked()
                                   .capture());
  or_exit(writer.wait());
  std::printf("child to child: %s", counted.out.c_str());

  tend::Pipe other = or_exit(tend::Pipe::make());
  auto thread = or_exit(tend::start_thread({}, [end = std::move(other.write)] {
    return tend::write_to(end, "from a thread");
  }));  // The end that it owns is closed when it is done.
  std::printf("thread to us: %s\n", or_exit(tend::read_to_end(other.read, 100)).c_str());
  or_exit(thread.join());

  tend::Pipe big = or_exit(tend::Pipe::make({.buffer_bytes = 1 << 20}));
  const bool is_big = big.buffer_bytes >= 1 << 20 || big.less_because;
  big.read.reset();
  const auto written = tend::write_to(big.write, "anybody?");
  std::printf("nobody reads: %s\n", written ? "written" : written.error().message().c_str());
  std::printf("it holds 1 MiB, or says why it cannot: %s\n", is_big ? "yes" : "no");
}
