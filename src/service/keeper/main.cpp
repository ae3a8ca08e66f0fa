// tend-keeper supervise STATE_FD      the parent of a project (started by `tend up`)
// tend-keeper resume TABLE_FD         the same, after an upgrade in place
// tend-keeper check STATE_FD VERSION  whether an upgrade to this program would work
// tend-keeper init -- COMMAND...      PID 1 for one program (started by `tend init`)

#include "os/raw/calls.hpp"
#include "service/keeper/keeper.hpp"
#include "service/keeper/say.hpp"
#include "service/keeper/upgrade.hpp"

namespace keeper = tend::service::keeper;

namespace {

constexpr int exit_usage = 2;

bool equal(const char* a, const char* b) noexcept { return __builtin_strcmp(a, b) == 0; }

}  // namespace

int main(int argc, char** argv, char** environment) {
  if (argc == 3 && equal(argv[1], "supervise")) {
    if (const long fd = keeper::number_in(argv[2]); fd >= 0) {
      return keeper::supervise(static_cast<int>(fd), environment);
    }
  }
  if (argc == 3 && equal(argv[1], "resume")) {
    if (const long fd = keeper::number_in(argv[2]); fd >= 0) {
      return keeper::resume(static_cast<int>(fd), environment);
    }
  }
  if (argc == 4 && equal(argv[1], "check")) {
    if (const long fd = keeper::number_in(argv[2]); fd >= 0) {
      return keeper::check(static_cast<int>(fd), keeper::number_in(argv[3]));
    }
  }
  if (argc >= 4 && equal(argv[1], "init") && equal(argv[2], "--")) {
    return keeper::init(argv + 3, environment);
  }
  keeper::say("this program is started by `tend up` and `tend init`; see tend --help");
  return exit_usage;
}
