#pragma once
// A limit as a word of the command line: `nofile=1024`, `as=1GiB:2GiB`, `core=unlimited`. Pure.

#include <tend/resource.hpp>

#include <cstdint>
#include <string_view>

#include "cli/options.hpp"

namespace tend::cli {

struct LimitOption {
  Resource resource = Resource::cpu_seconds;
  std::uint64_t soft = unlimited;
  std::uint64_t hard = unlimited;

  bool operator==(const LimitOption&) const = default;
};

/// NAME=SOFT or NAME=SOFT:HARD; one value is both. The names are those of `ulimit` and tend.toml;
/// sizes and times may have their units. Failures (code 2) say what is wrong with which part.
Outcome<LimitOption> parse_limit_option(std::string_view word);

}  // namespace tend::cli
