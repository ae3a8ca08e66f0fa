// `tend stop`: wish services down, those that require them first.

#include "cli/commands.hpp"
#include "cli/wish.hpp"

namespace tend::cli {

Outcome<int> run_stop(const Invocation& invocation) {
  return wish(invocation, service::Verb::stop);
}

}  // namespace tend::cli
