// Row 24: how many processes and threads there can be, and what it means when one cannot be
// started: which limit, how much of it is used, and what to do. Limits are asked and set, of this
// process and of others.
//
// output:
// ...
// <n> of <n>: threads of the machine (threads-max)
// <n> of <n>: numbers of processes and threads (pid_max)
// ...
// EAGAIN in such a case means: <any>threads of user 1000 (RLIMIT_NPROC)<any>
// a child may open 64 files: RLIMIT_NOFILE 64
// and after we have changed it: RLIMIT_NOFILE 32

#include <tend/command.hpp>
#include <tend/limits.hpp>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

constexpr auto files = tend::Resource::descriptors;

void show(const char* what, std::int32_t pid) {
  std::printf("%s: %s %" PRIu64 "\n", what, std::string(tend::name_of(files)).c_str(),
              or_exit(tend::limit_of(files, pid)).soft);
}

}  // namespace

int main() {
  for (const tend::StartLimit& limit : or_exit(tend::start_limits()).limits) {
    std::printf("%" PRIu64 " of %" PRIu64 ": %s\n", limit.used, limit.most, limit.what.c_str());
  }
  const tend::StartLimits full{
      .user = 1000,
      .user_processes = 90,
      .user_threads = 4096,
      .limits = {{.what = "threads of user 1000 (RLIMIT_NPROC)", .used = 4096, .most = 4096}}};
  std::printf("EAGAIN in such a case means: %s\n",
              tend::explain_start_failure(EAGAIN, full).c_str());

  auto child = or_exit(tend::Command("cat").in(tend::Stdio::pipe()).limit(files, 64, 64).spawn());
  show("a child may open 64 files", child.pid());
  or_exit(tend::set_limit(files, {.soft = 32, .hard = 64}, child.pid()));
  show("and after we have changed it", child.pid());
  child.in().reset();
  or_exit(child.wait());
}
