#include "cli/environment.hpp"

#include <cstdlib>

namespace tend::cli {

std::optional<std::string> variable(const char* name) {
  // tend has one thread, and nothing in it calls setenv.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace tend::cli
