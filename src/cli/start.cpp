// `tend start`: wish services up, with what they require.

#include "cli/commands.hpp"
#include "cli/wish.hpp"

namespace tend::cli {

Outcome<int> run_start(const Invocation& invocation) {
  return wish(invocation, service::Verb::start);
}

}  // namespace tend::cli
