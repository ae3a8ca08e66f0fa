#pragma once
// One value of an option of `tend run`: read, or refused with the name of the option; and errors
// that are no job's.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/size.hpp"
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

/// A size; one letter is a power of 1024, as users of dd and GNU parallel write it: `100k`, `8M`.
[[nodiscard]] inline Outcome<std::uint64_t> read_size(std::string_view option, std::string word) {
  if (!word.empty() && std::string_view("kKMGT").contains(word.back())) {
    word.back() = word.back() == 'k' ? 'K' : word.back();
    word += "iB";
  }
  return read_word(option, parse_size(word));
}

/// For what has to do with no job: 1 would mean that a job failed.
template <typename T>
[[nodiscard]] Outcome<T> or_tend_failed(Result<T> result) {
  if (!result) {
    return fail(exit_tend_failed, "run: " + result.error().message());
  }
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

}  // namespace tend::cli
