// Row 7: where things live. test: plain builds only (sanitizers move them elsewhere)
//
// Asks the memory map what the addresses of a program's own things mean;
// `07_where_things_live PID ADDRESS` asks the same about any address of any process.
//
// output:
// a function          code
// a constant          constants
// an initialised one  data
// a zeroed one        bss
// a local one         stack
// a small new         heap
// a large new         anonymous
// a thread's local    thread stack
// a null pointer      a null pointer, <any>: below <any> nothing can be mapped

#include <tend/inspect/snapshot.hpp>
#include <tend/thread.hpp>

#include <unistd.h>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "or_exit.hpp"

namespace {

using namespace tend::inspect;

const int constant = 1;
int initialised = 1;
std::array<char, 1 << 20> zeroed{};

void say(const char* what, const void* address) {
  const MemoryMap map =
      *or_exit(read_process(::getpid(), Fields::memory_map | Fields::threads)).memory_map;
  const auto explanation = explain(map, reinterpret_cast<std::uintptr_t>(address));
  std::printf("%-19s %s\n", what,
              explanation.region
                  ? std::string(name_of(map.regions[*explanation.region].kind)).c_str()
                  : explanation.text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    const Process process = or_exit(read_process(std::atoi(argv[1]), Fields::memory_map));
    const std::uint64_t address = std::strtoull(argv[2], nullptr, 0);
    std::puts(process.memory_map ? explain(*process.memory_map, address).text.c_str()
                                 : std::string(name_of(process.memory_map.why())).c_str());
    return 0;
  }
  const int local = 1;
  const auto small = std::make_unique<int>(1);
  const std::vector<char> large(64 << 20);
  say("a function", reinterpret_cast<const void*>(&say));
  say("a constant", &constant);
  say("an initialised one", &initialised);
  say("a zeroed one", &zeroed[zeroed.size() / 2]);  // Its first bytes share a page with the data.
  say("a local one", &local);
  say("a small new", small.get());
  say("a large new", large.data());
  or_exit(or_exit(tend::start_thread({}, [] {
            const int of_the_thread = 1;
            say("a thread's local", &of_the_thread);
          })).join());
  say("a null pointer", nullptr);
}
