#include "base/time_text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

namespace tend {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Exactly `digits` digits off the front, at most nine of them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  const auto value = parse_integer<unsigned>(text.substr(0, digits));
  if (!value) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return static_cast<int>(*value);
}

bool take_letter(std::string_view& text, char letter) {
  if (!text.starts_with(letter)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// `2026-05-01`
std::optional<sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take_letter(text, '-')) {
    return std::nullopt;
  }
  const auto month = take_number(text, 2);
  if (!month || !take_letter(text, '-')) {
    return std::nullopt;
  }
  const auto day = take_number(text, 2);
  if (!day) {
    return std::nullopt;
  }
  const year_month_day date{std::chrono::year(*year),
                            std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  // Nanoseconds around 1970 reach from 1678 to 2262.
  if (!date.ok() || *year < 1900 || *year > 2200) {
    return std::nullopt;
  }
  return sys_days(date);
}

/// The digits behind the point of a second; more than nine are read and forgotten.
std::optional<nanoseconds> take_fraction(std::string_view& text) {
  std::int64_t value = 0;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (digits < 9) {
      value = value * 10 + (text[0] - '0');
    }
    ++digits;
    text.remove_prefix(1);
  }
  for (std::size_t have = digits; have < 9; ++have) {
    value *= 10;
  }
  return digits == 0 ? std::nullopt : std::optional(nanoseconds{value});
}

/// `12:30`, `12:30:15`, `12:30:15.25`. A leap second is the last moment of its minute.
std::optional<nanoseconds> take_clock(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_letter(text, ':')) {
    return std::nullopt;
  }
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  nanoseconds total = std::chrono::hours(*hour) + minutes(*minute);
  if (!take_letter(text, ':')) {
    return total;
  }
  const auto second = take_number(text, 2);
  if (!second || *second > 60) {
    return std::nullopt;
  }
  total += seconds(std::min(*second, 59));
  if (take_letter(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) {
      return std::nullopt;
    }
    total += *fraction;
  }
  return total;
}

/// `Z`, `+02:00`, `-0530`; absent when the text is not an offset.
std::optional<minutes> take_offset(std::string_view& text) {
  if (take_letter(text, 'Z') || take_letter(text, 'z')) {
    return minutes{0};
  }
  const int sign = take_letter(text, '-') ? -1 : 1;
  if (sign == 1 && !take_letter(text, '+')) {
    return std::nullopt;
  }
  const auto hour = take_number(text, 2);
  take_letter(text, ':');
  const auto minute = take_number(text, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  return sign * (std::chrono::hours(*hour) + minutes(*minute));
}

std::optional<RealTime> parse_absolute(std::string_view text, const Present& present) {
  const bool has_date = text.size() >= 5 && text[4] == '-';
  sys_days date = floor<days>(present.now + present.utc_offset);
  if (has_date) {
    const auto given = take_date(text);
    if (!given) {
      return std::nullopt;
    }
    date = *given;
    if (text.empty()) {
      return RealTime(date) - present.utc_offset;
    }
    if (!take_letter(text, 'T') && !take_letter(text, 't') && !take_letter(text, ' ')) {
      return std::nullopt;
    }
  }
  const auto clock = take_clock(text);
  if (!clock) {
    return std::nullopt;
  }
  const auto offset = text.empty() ? std::optional(present.utc_offset) : take_offset(text);
  if (!offset || !text.empty()) {
    return std::nullopt;
  }
  return RealTime(date) + *clock - *offset;
}

}  // namespace

std::string rfc3339(RealTime time, Precision precision, minutes utc_offset) {
  const RealTime local = time + utc_offset;
  const sys_days day = floor<days>(local);
  const year_month_day date(day);
  const auto second = floor<seconds>(local - day);
  std::string text =
      text::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                   second.count() / 3600, second.count() / 60 % 60, second.count() % 60);
  const auto digits = static_cast<std::size_t>(precision);
  if (digits > 0) {
    const std::string all = text::format("{:09}", (local - day - second).count());
    text += '.';
    text += all.substr(0, digits);
  }
  if (utc_offset == minutes{0}) {
    return text + "Z";
  }
  const auto distance = std::chrono::abs(utc_offset).count();
  return text + text::format("{}{:02}:{:02}", utc_offset < minutes{0} ? '-' : '+', distance / 60,
                             distance % 60);
}

Result<RealTime> parse_time(std::string_view text, const Present& present) {
  const sys_days today = floor<days>(present.now + present.utc_offset);
  if (text == "now") {
    return present.now;
  }
  if (text == "today") {
    return RealTime(today) - present.utc_offset;
  }
  if (text == "yesterday") {
    return RealTime(today - days(1)) - present.utc_offset;
  }
  if (text.starts_with('@')) {
    const auto since_1970 = parse_integer<std::uint32_t>(text.substr(1));
    if (since_1970) {
      return RealTime(seconds(*since_1970));
    }
  } else if (const auto absolute = parse_absolute(text, present)) {
    return *absolute;
  } else {
    std::string_view distance = text;
    if (distance.ends_with(" ago")) {
      distance.remove_suffix(4);
    }
    if (const auto ago = parse_duration(distance)) {
      return present.now - *ago;
    }
  }
  return refused("time", text::quoted(text),
                 "expected 10m, 12:30, 2026-05-01, 2026-05-01T12:30:00Z, today or @SECONDS");
}

}  // namespace tend
