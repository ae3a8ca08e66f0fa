// tend-keeper supervise STATE_FD      the parent of a project (started by `tend up`)
// tend-keeper init -- COMMAND...      PID 1 for one program (started by `tend init`)

#include "os/raw/calls.hpp"
#include "service/keeper/keeper.hpp"
#include "service/keeper/say.hpp"

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
  if (argc >= 4 && equal(argv[1], "init") && equal(argv[2], "--")) {
    return keeper::init(argv + 3, environment);
  }
  keeper::say("this program is started by `tend up` and `tend init`; see tend --help");
  return exit_usage;
}
