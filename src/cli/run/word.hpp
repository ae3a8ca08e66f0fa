#pragma once
// One value of an option of `tend run`: read, or refused with the name of the option.

#include <tend/error.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "cli/options.hpp"

namespace tend::cli {

[[nodiscard]] inline std::unexpected<Failure> bad_word(std::string_view option,
                                                       std::string_view word,
                                                       std::string_view wanted) {
  return fail(exit_usage,
              text::format("run: --{}={}: not {}", option, text::printable(word), wanted));
}

/// What a parser made of the word of an option.
template <typename T>
[[nodiscard]] Outcome<T> read_word(std::string_view option, Result<T> parsed) {
  if (!parsed) {
    return fail(exit_usage, text::format("run: --{}: {}", option, parsed.error().message()));
  }
  return *std::move(parsed);
}

}  // namespace tend::cli
