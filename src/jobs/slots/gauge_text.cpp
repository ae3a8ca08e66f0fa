#include "jobs/slots/gauge_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::jobs {

namespace {

/// The number behind a key, on the line that begins with it.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (next_word(line) == key) {
      return parse_integer<std::uint64_t>(next_word(line));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> only_number(std::string_view text) {
  return parse_integer<std::uint64_t>(next_word(text));
}

}  // namespace

std::optional<double> parse_load_average(std::string_view loadavg) {
  const std::string_view word = next_word(loadavg);
  double load = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), load, std::chars_format::fixed);
  const bool is_number = !word.empty() && error == std::errc{} && end == word.data() + word.size();
  return is_number && std::isfinite(load) && load >= 0 ? std::optional(load) : std::nullopt;
}

std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo) {
  const auto kib = number_of(meminfo, "MemAvailable:");
  return kib && *kib <= std::numeric_limits<std::uint64_t>::max() / 1024
             ? std::optional(*kib * 1024)
             : std::nullopt;
}

std::optional<std::uint64_t> parse_group_memory(std::string_view max, std::string_view current,
                                                std::string_view stat) {
  const auto most = only_number(max);  // Or the word `max`.
  const auto used = only_number(current);
  if (!most || !used) {
    return std::nullopt;
  }
  const std::uint64_t idle = number_of(stat, "inactive_file").value_or(0);
  const std::uint64_t held = *used - std::min(*used, idle);
  return *most - std::min(*most, held);
}

std::optional<double> parse_cpu_quota(std::string_view cpu_max) {
  const auto quota = parse_integer<std::uint64_t>(next_word(cpu_max));  // Or the word `max`.
  const auto period = parse_integer<std::uint64_t>(next_word(cpu_max));
  if (!quota || !period || *quota == 0 || *period == 0) {
    return std::nullopt;
  }
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

}  // namespace tend::jobs
