#include "service/recorder/log_names.hpp"

#include <charconv>

namespace tend::service {

namespace {

constexpr std::string_view log_suffix = ".log";
constexpr std::string_view next_suffix = ".new";
constexpr std::string_view index_suffix = ".idx";
constexpr std::size_t digits_min = 6;

bool strip(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

/// Takes `.NUMBER` from the end of the text.
std::optional<std::uint64_t> strip_number(std::string_view& text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || text.size() - dot - 1 < digits_min) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + dot + 1, end, number);
  if (error != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  text = text.substr(0, dot);
  return number;
}

}  // namespace

std::string current_log_name(std::string_view service) {
  return std::string(service).append(log_suffix);
}

std::string next_log_name(std::string_view service) {
  return current_log_name(service).append(next_suffix);
}

std::string finished_log_name(std::string_view service, std::uint64_t generation) {
  const std::string digits = std::to_string(generation);
  const std::size_t zeros = digits.size() < digits_min ? digits_min - digits.size() : 0;
  return current_log_name(service).append(".").append(zeros, '0').append(digits);
}

std::string index_name(std::string_view service, std::uint64_t generation) {
  return finished_log_name(service, generation).append(index_suffix);
}

std::optional<LogName> parse_log_name(std::string_view name) {
  LogName parsed;
  if (strip(name, next_suffix)) {
    parsed.kind = LogNameKind::next;
  } else {
    const bool is_index = strip(name, index_suffix);
    if (const auto number = strip_number(name); number) {
      parsed.kind = is_index ? LogNameKind::index : LogNameKind::finished;
      parsed.generation = *number;
    } else if (is_index) {
      return std::nullopt;
    }
  }
  if (!strip(name, log_suffix) || name.empty()) {
    return std::nullopt;
  }
  parsed.service = name;
  return parsed;
}

}  // namespace tend::service
