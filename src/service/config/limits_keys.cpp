#include "service/config/limits_keys.hpp"

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <optional>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/size.hpp"
#include "base/text.hpp"

namespace tend::service::config {

namespace {

enum class LimitUnit : std::uint8_t { bytes, count, seconds, microseconds };

struct KnownLimit {
  std::string_view name;
  int resource;
  LimitUnit unit;
};

// RLIMIT_LOCKS is missing on purpose: tend marks the processes of a run with it.
constexpr std::array<KnownLimit, 15> known_limits{{
    {"as", RLIMIT_AS, LimitUnit::bytes},
    {"core", RLIMIT_CORE, LimitUnit::bytes},
    {"cpu", RLIMIT_CPU, LimitUnit::seconds},
    {"data", RLIMIT_DATA, LimitUnit::bytes},
    {"fsize", RLIMIT_FSIZE, LimitUnit::bytes},
    {"memlock", RLIMIT_MEMLOCK, LimitUnit::bytes},
    {"msgqueue", RLIMIT_MSGQUEUE, LimitUnit::bytes},
    {"nice", RLIMIT_NICE, LimitUnit::count},
    {"nofile", RLIMIT_NOFILE, LimitUnit::count},
    {"nproc", RLIMIT_NPROC, LimitUnit::count},
    {"rss", RLIMIT_RSS, LimitUnit::bytes},
    {"rtprio", RLIMIT_RTPRIO, LimitUnit::count},
    {"rttime", RLIMIT_RTTIME, LimitUnit::microseconds},
    {"sigpending", RLIMIT_SIGPENDING, LimitUnit::count},
    {"stack", RLIMIT_STACK, LimitUnit::bytes},
}};

std::string_view example_of(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::bytes: return "a size such as \"64MiB\" or \"unlimited\"";
    case LimitUnit::count: return "a count or \"unlimited\"";
    case LimitUnit::seconds:
    case LimitUnit::microseconds: return "a time such as \"10s\" or \"unlimited\"";
  }
  return "";
}

/// The kernel's unit of a time limit; a time that is no whole number of them is refused.
std::optional<std::uint64_t> parse_time_limit(std::string_view text, LimitUnit unit) {
  const auto time = parse_duration(text);
  if (!time) {
    return std::nullopt;
  }
  const auto ms = static_cast<std::uint64_t>(time->count());
  if (unit == LimitUnit::microseconds) {
    return ms * 1'000;
  }
  return ms % 1'000 == 0 ? std::optional(ms / 1'000) : std::nullopt;
}

std::optional<std::uint64_t> parse_limit_text(std::string_view text, LimitUnit unit) {
  if (text == "unlimited") {
    return UINT64_MAX;
  }
  switch (unit) {
    case LimitUnit::bytes: {
      const auto size = parse_size(text);
      return size ? std::optional(*size) : std::nullopt;
    }
    case LimitUnit::count: return parse_integer<std::uint64_t>(text);
    case LimitUnit::seconds:
    case LimitUnit::microseconds: return parse_time_limit(text, unit);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_value(const Node& node, const KnownLimit& known,
                                        const Reading& reading) {
  const bool is_time = known.unit == LimitUnit::seconds || known.unit == LimitUnit::microseconds;
  if (node.type == NodeType::integer && node.integer >= 0 && !is_time) {
    return static_cast<std::uint64_t>(node.integer);
  }
  if (node.type == NodeType::text) {
    if (const auto value = parse_limit_text(node.text, known.unit)) {
      return value;
    }
    reading.wrong(node.at, text::format("{} must be {}, not {}", known.name, example_of(known.unit),
                                        text::quoted(node.text)));
    return std::nullopt;
  }
  reading.wrong_type(node, known.name, example_of(known.unit));
  return std::nullopt;
}

std::optional<Limit> read_limit(const Node& node, const KnownLimit& known, const Reading& reading) {
  if (node.type != NodeType::list) {
    const auto both = read_value(node, known, reading);
    return both ? std::optional(Limit{known.resource, *both, *both}) : std::nullopt;
  }
  if (node.items.size() != 2) {
    reading.wrong(node.at, text::format("{} must be one value or [soft, hard]", known.name));
    return std::nullopt;
  }
  const auto soft = read_value(node.items[0], known, reading);
  const auto hard = read_value(node.items[1], known, reading);
  if (!soft || !hard) {
    return std::nullopt;
  }
  if (*soft > *hard) {
    reading.wrong(node.at, text::format("{}: the soft limit is above the hard one", known.name));
    return std::nullopt;
  }
  return Limit{known.resource, *soft, *hard};
}

}  // namespace

std::vector<Limit> read_limits(const Node& node, const Reading& reading) {
  if (node.type != NodeType::table) {
    reading.wrong_type(node, "limits", "a table", "such as { nofile = 1024 }");
    return {};
  }
  KeyReader keys(node, "limits", reading);
  std::vector<Limit> limits;
  for (const KnownLimit& known : known_limits) {
    const Entry* entry = keys.find(known.name);
    if (entry == nullptr) {
      continue;
    }
    if (const auto limit = read_limit(entry->value, known, reading)) {
      limits.push_back(*limit);
    }
  }
  keys.refuse("locks", "locks cannot be limited",
              "the kernel ignores this limit; tend marks the processes of a service with it");
  keys.finish();
  return limits;
}

LogSpec read_log(const Node& node, const Reading& reading) {
  LogSpec log;
  if (node.type != NodeType::table) {
    reading.wrong_type(node, "log", "a table", "such as { max-size = \"16MiB\", keep = 5 }");
    return log;
  }
  constexpr std::array<std::string_view, 2> policy_words{"block", "drop"};
  constexpr std::uint64_t smallest = 4 * 1024;
  constexpr std::uint64_t largest = std::uint64_t{1} << 50U;
  KeyReader keys(node, "log", reading);
  if (const Entry* entry = keys.find("max-size")) {
    const auto size = reading.size(entry->value, "max-size");
    if (size && (*size < smallest || *size > largest)) {
      reading.wrong(entry->value.at, text::format("max-size must be from {} to {}",
                                                  size_text(smallest), size_text(largest)));
    }
    log.max_size_bytes = size.value_or(log.max_size_bytes);
  }
  if (const auto keep = keys.integer("keep", {0, 1'000})) {
    log.keep = static_cast<std::uint32_t>(*keep);
  }
  if (const auto policy = keys.word("policy", policy_words)) {
    log.policy = static_cast<LogPolicy>(*policy);
  }
  keys.finish();
  return log;
}

}  // namespace tend::service::config
