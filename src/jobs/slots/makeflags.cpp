#include "jobs/slots/makeflags.hpp"

#include <array>
#include <cstddef>

#include "base/number.hpp"
#include "base/scan.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

// make 4.2 and later; before that.
constexpr std::array<std::string_view, 2> keys = {"--jobserver-auth=", "--jobserver-fds="};
constexpr std::string_view fifo_word = "fifo:";

/// What stands behind one of the keys; absent: another word.
std::optional<std::string_view> address_in(std::string_view word) {
  for (const std::string_view key : keys) {
    if (word.starts_with(key)) {
      return word.substr(key.size());
    }
  }
  return std::nullopt;
}

std::optional<JobserverAddress> parse_address(std::string_view text) {
  if (text.starts_with(fifo_word)) {
    text.remove_prefix(fifo_word.size());
    return text.empty() ? std::nullopt : std::optional(JobserverAddress{.fifo = std::string(text)});
  }
  const auto read_end = parse_integer<int>(next_part(text, ','));
  const auto write_end = parse_integer<int>(text);
  // make writes -2,-2 where a recipe is not to have it.
  if (!read_end || !write_end || *read_end < 0 || *write_end < 0) {
    return std::nullopt;
  }
  return JobserverAddress{.read_end = *read_end, .write_end = *write_end};
}

/// `-j` or `-jN`. The first word of all may be letters without a dash, of which none takes a value.
bool is_job_count(std::string_view word) {
  return word.starts_with("-j") &&
         word.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

/// Where variables begin: `-- CFLAGS=-O2`; its end when there are none.
std::size_t variables_begin(std::string_view makeflags) {
  std::string_view rest = makeflags;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (word == "--") {
      return makeflags.size() - rest.size() - word.size();
    }
  }
  return makeflags.size();
}

}  // namespace

std::optional<JobserverAddress> find_jobserver(std::string_view makeflags) {
  std::optional<JobserverAddress> found;
  for (std::string_view word = next_word(makeflags); !word.empty(); word = next_word(makeflags)) {
    if (word == "--") {
      break;  // Variables follow: `CFLAGS=-O2`.
    }
    if (const auto address = address_in(word)) {
      found = parse_address(*address);
    }
  }
  return found;
}

std::string makeflags_without_jobserver(std::string_view makeflags) {
  std::string kept;
  while (!makeflags.empty()) {
    std::string_view rest = makeflags;
    const std::string_view word = next_word(rest);
    if (word == "--") {
      kept += makeflags;  // Values of variables may have spaces of their own.
      break;
    }
    const std::string_view part = makeflags.substr(0, makeflags.size() - rest.size());
    if (!address_in(word) && !is_job_count(word)) {
      kept += part;
    }
    makeflags = rest;
  }
  return kept;
}

std::string makeflags_with_jobserver(std::string_view makeflags, const JobserverAddress& address,
                                     unsigned slots) {
  const std::string kept = makeflags_without_jobserver(makeflags);
  const std::size_t at = variables_begin(kept);
  const std::string where = address.fifo.empty()
                                ? text::format("{},{}", address.read_end, address.write_end)
                                : text::format("{}{}", fifo_word, address.fifo);
  // The first word of all may be letters without a dash (`kw`): ours goes behind it.
  std::string flags =
      text::format("{} -j{} {}{}", text::trimmed(kept.substr(0, at)), slots, keys.front(), where);
  return at < kept.size() ? flags + " " + kept.substr(at) : flags;
}

}  // namespace tend::jobs
