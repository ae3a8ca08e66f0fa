#include "base/size.hpp"

#include <algorithm>
#include <array>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::uint64_t kib = 1024;
constexpr std::array<Unit, 5> units{{{"TiB", kib* kib* kib* kib},
                                     {"GiB", kib* kib* kib},
                                     {"MiB", kib* kib},
                                     {"KiB", kib},
                                     {"B", 1}}};
constexpr std::array<Unit, 4> decimal_units{
    {{"TB", 1'000'000'000'000}, {"GB", 1'000'000'000}, {"MB", 1'000'000}, {"kB", 1'000}}};

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return refused("size", text::quoted(text), std::string(why));
}

/// 0 when there is no such unit.
std::uint64_t bytes_of(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return unit.bytes;
    }
  }
  for (const Unit& unit : decimal_units) {
    if (unit.name == name) {
      return unit.bytes;
    }
  }
  return 0;
}

/// `0.digits` of a unit, rounded down. Digits beyond the sixth change less than a hundredth
/// percent.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit_bytes) {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  for (const char digit : digits.substr(0, 6)) {
    numerator = numerator * 10 + static_cast<std::uint64_t>(digit - '0');
    denominator *= 10;
  }
  return unit_bytes / denominator * numerator + unit_bytes % denominator * numerator / denominator;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  const std::size_t whole_end = std::min(text.find_first_not_of(digits), text.size());
  if (whole_end == 0) {
    return refuse(text, "expected a size such as 64KiB, 16MiB or a number of bytes");
  }
  std::string_view rest = text.substr(whole_end);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = rest.substr(0, std::min(rest.find_first_not_of(digits), rest.size()));
    rest.remove_prefix(fraction.size());
    if (fraction.empty() || rest.empty()) {
      return refuse(text, "expected a size such as 1.5GiB");
    }
  }
  const std::uint64_t unit = rest.empty() ? 1 : bytes_of(rest);
  if (unit == 0) {
    return refuse(text, "units are B, KiB, MiB, GiB, TiB, kB, MB, GB and TB");
  }
  const auto count = parse_integer<std::uint64_t>(text.substr(0, whole_end));
  if (!count || *count >= UINT64_MAX / unit) {
    return refuse(text, "too large");
  }
  return *count * unit + fraction_of(fraction, unit);
}

std::string size_text(std::uint64_t bytes) {
  for (const Unit& unit : units) {
    if (unit.bytes > 1 && bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return text::format("{}{}", bytes / unit.bytes, unit.name);
    }
  }
  return text::format("{}", bytes);
}

std::string human_size(std::uint64_t bytes) {
  for (const Unit& unit : units) {
    if (unit.bytes > 1 && bytes >= unit.bytes) {
      const std::uint64_t whole = bytes / unit.bytes;
      const std::uint64_t tenth = bytes % unit.bytes * 10 / unit.bytes;
      return text::format("{}.{}{}", whole, tenth, unit.name);
    }
  }
  return text::format("{}B", bytes);
}

}  // namespace tend
