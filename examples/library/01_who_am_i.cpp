// Row 1: pid, parent, and the memory map of any process, line by line, with what each region is.
// test: plain builds only (sanitizers have a heap of their own)
//
// Run without arguments it looks at itself; `01_who_am_i PID` looks at that process.
//
// output:
// pid <pid>, child of <pid>: 01_who_am_i
// ...
// <hex>-<hex> r-x  code            <path>/01_who_am_i
// ...
// <hex>-<hex> rw-  heap            [heap]
// ...
// <hex>-<hex> rw-  stack           [stack]
// ...
// heap: what small allocations come from, grown by brk(2)

#include <tend/inspect/snapshot.hpp>

#include <unistd.h>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace tend::inspect;

void print(const Region& region) {
  std::printf("%012" PRIx64 "-%012" PRIx64 " %c%c%c  %-15s %s\n", region.begin, region.end,
              region.is_readable ? 'r' : '-', region.is_writable ? 'w' : '-',
              region.is_executable ? 'x' : '-', std::string(name_of(region.kind)).c_str(),
              region.name.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::int32_t pid = argc > 1 ? std::atoi(argv[1]) : ::getpid();
  const Process process = or_exit(read_process(pid, Fields::memory_map));
  std::printf("pid %d, child of %d: %s\n", process.identity.pid, process.parent.pid,
              process.name.c_str());
  if (!process.memory_map) {  // Of a process of others, or a thread of the kernel.
    std::printf("memory map: %s\n", std::string(name_of(process.memory_map.why())).c_str());
    return 0;
  }
  for (const Region& region : process.memory_map->regions) {
    print(region);
  }
  std::printf("heap: %s\n", std::string(meaning_of(RegionKind::heap)).c_str());
}
