#pragma once
// One value of an option of `tend run`: read, or refused with the name of the option; and errors
// that are no job's.

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

/// For what has to do with no job: 1 would mean that a job failed.
template <typename T>
[[nodiscard]] Outcome<T> or_tend_failed(Result<T> result) {
  if (!result) {
    return fail(exit_tend_failed, "run: " + result.error().message());
  }
  return *std::move(result);
}

}  // namespace tend::cli
