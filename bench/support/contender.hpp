#pragma once
// A contender: a program that starts processes in one certain way, each in a process of its own, so
// that no library meets another's signal handlers. The driver (library_bench.cpp) asks by lines on
// stdin, and gets one line for each on stdout:
//
//   hold BYTES               touches so much memory                      ok
//   open COUNT               opens so many close-on-exec descriptors     ok
//   limit COUNT              sets the soft limit of descriptors          ok
//   pin yes|no               to one processor, or to all                 ok
//   spawn N PROGRAM          N times: start it and wait for its end      WALL_NS CPU_NS
//   threads T N PROGRAM      the same by T threads at once, N each       WALL_NS CPU_NS
//   output N PROGRAM         N times: run it and collect its output      WALL_NS CPU_NS
//   capture BYTES PRODUCER   collects what `PRODUCER BYTES` writes       WALL_NS CPU_NS
//   discard BYTES PRODUCER   reads it and throws it away                 WALL_NS CPU_NS
//   file BYTES PRODUCER      has it in a file                            WALL_NS CPU_NS
//   cat BYTES                sends it through `cat` and collects it      WALL_NS CPU_NS
//   growth N PROGRAM         bytes on the heap, after 1,000 and after N more spawns
//
// What a contender cannot do it answers with `no`. CPU is that of the contender with its children.

#include <cstddef>
#include <functional>
#include <string>

namespace tend::bench {

/// The ways of one contender; an empty one is `no`. Each ends the program when something fails, or
/// returns the number of bytes that came.
struct Ways {
  std::function<void(const std::string& program)> spawn{};
  std::function<std::size_t(const std::string& program)> output{};
  std::function<std::size_t(const std::string& producer, const std::string& bytes)> capture{};
  std::function<std::size_t(const std::string& producer, const std::string& bytes)> discard{};
  std::function<void(const std::string& producer, const std::string& bytes,
                     const std::string& file)>
      to_file{};
  std::function<std::size_t(const std::string& input)> through_cat{};
};

/// Answers requests until stdin ends.
int serve(const Ways& ways);

/// Says what went wrong and ends the program.
[[noreturn]] void give_up(const char* what);

}  // namespace tend::bench
