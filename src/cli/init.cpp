// `tend init -- COMMAND`: the keeper alone, as PID 1 for one command. This process becomes it.

#include "cli/commands.hpp"
#include "os/become.hpp"
#include "service/launch.hpp"

namespace tend::cli {

Outcome<int> run_init(const Invocation& invocation) {
  const auto keeper = service::find_keeper();
  if (!keeper) {
    return fail(exit_tend_failed, keeper.error().message());
  }
  std::vector<std::string> words = {"tend-keeper", "init", "--"};
  words.insert(words.end(), invocation.arguments().begin(), invocation.arguments().end());
  return fail(exit_tend_failed, os::become(*keeper, words).message());
}

}  // namespace tend::cli
