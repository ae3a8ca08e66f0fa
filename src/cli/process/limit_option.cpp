#include "cli/process/limit_option.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::cli {

namespace {

enum class Unit : std::uint8_t { bytes, count, seconds, microseconds };

struct KnownLimit {
  std::string_view name{};
  Resource resource = Resource::cpu_seconds;
  Unit unit = Unit::count;
};

constexpr std::array known_limits = {
    KnownLimit{"as", Resource::address_space, Unit::bytes},
    KnownLimit{"core", Resource::core, Unit::bytes},
    KnownLimit{"cpu", Resource::cpu_seconds, Unit::seconds},
    KnownLimit{"data", Resource::data, Unit::bytes},
    KnownLimit{"fsize", Resource::file_size, Unit::bytes},
    KnownLimit{"locks", Resource::locks, Unit::count},
    KnownLimit{"memlock", Resource::locked_memory, Unit::bytes},
    KnownLimit{"msgqueue", Resource::message_queues, Unit::bytes},
    KnownLimit{"nice", Resource::nice, Unit::count},
    KnownLimit{"nofile", Resource::descriptors, Unit::count},
    KnownLimit{"nproc", Resource::processes, Unit::count},
    KnownLimit{"rss", Resource::resident, Unit::bytes},
    KnownLimit{"rtprio", Resource::realtime_priority, Unit::count},
    KnownLimit{"rttime", Resource::realtime_us, Unit::microseconds},
    KnownLimit{"sigpending", Resource::pending_signals, Unit::count},
    KnownLimit{"stack", Resource::stack, Unit::bytes},
};

std::string_view example_of(Unit unit) {
  switch (unit) {
    case Unit::bytes: return "a size such as 64MiB";
    case Unit::count: return "a number";
    case Unit::seconds: return "a time such as 10s";
    case Unit::microseconds: return "a time such as 200ms";
  }
  return "";
}

std::optional<std::uint64_t> parse_time(std::string_view word, Unit unit) {
  const auto time = parse_duration(word);
  if (!time) {
    return std::nullopt;
  }
  constexpr std::uint64_t us_per_ms = 1'000;
  constexpr std::uint64_t ms_per_s = 1'000;
  const auto ms = static_cast<std::uint64_t>(time->count());
  if (unit == Unit::microseconds) {
    return ms * us_per_ms;
  }
  return ms % ms_per_s == 0 ? std::optional(ms / ms_per_s) : std::nullopt;
}

Outcome<std::uint64_t> parse_value(const KnownLimit& known, std::string_view word) {
  if (word == "unlimited") {
    return unlimited;
  }
  if (const auto plain = parse_integer<std::uint64_t>(word)) {
    return *plain;  // In the kernel's own unit, as ulimit has it for most of them.
  }
  std::optional<std::uint64_t> value;
  if (known.unit == Unit::bytes) {
    const auto size = parse_size(word);
    value = size ? std::optional(*size) : std::nullopt;
  } else if (known.unit != Unit::count) {
    value = parse_time(word, known.unit);
  }
  if (!value) {
    return fail(exit_usage, text::format("--limit: {} must be {} or unlimited, not {}", known.name,
                                         example_of(known.unit), text::quoted(word)));
  }
  return *value;
}

}  // namespace

Outcome<LimitOption> parse_limit_option(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    return fail(exit_usage, text::format("--limit: {} is not of the form NAME=SOFT or "
                                         "NAME=SOFT:HARD",
                                         text::quoted(word)));
  }
  const std::string_view name = word.substr(0, equals);
  const auto* const known = std::ranges::find(known_limits, name, &KnownLimit::name);
  if (known == known_limits.end()) {
    std::vector<std::string_view> names;
    std::ranges::transform(known_limits, std::back_inserter(names), &KnownLimit::name);
    const auto meant = text::nearest(name, names);
    return fail(exit_usage,
                text::format("--limit: there is no limit {}{}; there are {}", text::quoted(name),
                             meant ? text::format(" (did you mean {}?)", *meant) : "",
                             text::join(names, ", ")));
  }
  const std::string_view values = word.substr(equals + 1);
  const std::size_t colon = values.find(':');
  LimitOption option{.resource = known->resource};
  option.soft = TEND_TRY(parse_value(*known, values.substr(0, colon)));
  option.hard = colon == std::string_view::npos
                    ? option.soft
                    : TEND_TRY(parse_value(*known, values.substr(colon + 1)));
  if (option.soft > option.hard) {
    return fail(exit_usage,
                text::format("--limit: {}: the soft limit is above the hard one", known->name));
  }
  return option;
}

}  // namespace tend::cli
