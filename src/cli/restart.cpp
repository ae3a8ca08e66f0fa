// `tend restart`: stop services and start them anew.

#include "cli/commands.hpp"
#include "cli/wish.hpp"

namespace tend::cli {

Outcome<int> run_restart(const Invocation& invocation) {
  return wish(invocation, service::Verb::restart);
}

}  // namespace tend::cli
