#include "base/duration.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend {

namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::int64_t longest_ms = 36'500 * units[0].ms;

/// The digits of a fraction as part of a unit; absent when it is finer than a millisecond.
std::optional<std::int64_t> fraction_of(std::string_view digits, std::int64_t unit_ms) {
  std::int64_t total = 0;
  std::int64_t scale = unit_ms;
  std::int64_t divisor = 1;
  for (const char digit : digits) {
    if (divisor > 1'000'000'000) {
      return std::nullopt;
    }
    divisor *= 10;
    const std::int64_t part = (digit - '0') * scale;
    if (part % divisor != 0) {
      return std::nullopt;
    }
    total += part / divisor;
  }
  return total;
}

/// Takes the longest run of the given letters off the front.
std::string_view take(std::string_view& text, std::string_view letters) {
  const std::size_t end = std::min(text.find_first_not_of(letters), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

constexpr std::string_view digits = "0123456789";

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return refused("duration", text::quoted(text), std::string(why));
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") {
    return milliseconds{0};
  }
  std::string_view rest = text;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool has_fraction = false;
  while (!rest.empty() || next_unit == 0) {
    const std::string_view whole = take(rest, digits);
    std::string_view fraction;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      fraction = take(rest, digits);
      has_fraction = true;
      if (fraction.empty()) {
        return refuse(text, "there is no digit after the point");
      }
    }
    if (whole.empty()) {
      return refuse(text, "expected a duration such as 500ms, 30s, 5m or 1m30s");
    }
    const std::string_view name =
        take(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (name.empty()) {
      return refuse(text, "a unit is missing: ms, s, m, h or d");
    }
    while (next_unit < units.size() && units[next_unit].name != name) {
      ++next_unit;
    }
    if (next_unit == units.size()) {
      return refuse(text, "units are ms, s, m, h and d, each once, from large to small");
    }
    const std::int64_t unit_ms = units[next_unit].ms;
    ++next_unit;
    const auto count = parse_integer<std::int64_t>(whole);
    if (!count || *count > longest_ms / unit_ms) {
      return refuse(text, "too long; the longest is 36500d");
    }
    const auto part = fraction_of(fraction, unit_ms);
    if (!part) {
      return refuse(text, "finer than a millisecond");
    }
    total += *count * unit_ms + *part;
    if (has_fraction && !rest.empty()) {
      return refuse(text, "only the last part may have a fraction");
    }
  }
  if (total > longest_ms) {
    return refuse(text, "too long; the longest is 36500d");
  }
  return milliseconds{total};
}

Result<std::chrono::milliseconds> parse_duration_or_seconds(std::string_view text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  return parse_duration(is_number ? std::string(text) + "s" : std::string(text));
}

std::string duration_text(milliseconds duration) {
  std::int64_t left = duration.count();
  if (left == 0) {
    return "0s";
  }
  std::string text;
  if (left < 0) {
    text = "-";
    left = -left;
  }
  for (const Unit& unit : units) {
    if (left >= unit.ms) {
      text += text::format("{}{}", left / unit.ms, unit.name);
      left %= unit.ms;
    }
  }
  return text;
}

std::string human_duration(std::chrono::nanoseconds duration) {
  const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
  if (ms < 0) {
    return "-" + human_duration(-duration);
  }
  if (ms < 1'000) {
    return text::format("{}ms", ms);
  }
  if (ms < 60'000) {
    return text::format("{}.{}s", ms / 1'000, ms % 1'000 / 100);
  }
  const std::int64_t seconds = ms / 1'000;
  if (seconds < 3'600) {
    return text::format("{}m{:02}s", seconds / 60, seconds % 60);
  }
  if (seconds < 86'400) {
    return text::format("{}h{:02}m", seconds / 3'600, seconds % 3'600 / 60);
  }
  return text::format("{}d{:02}h", seconds / 86'400, seconds % 86'400 / 3'600);
}

}  // namespace tend
