#include "inspect/process_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::inspect {

namespace {

struct LimitLabel {
  std::string_view label;
  Resource resource;
};

constexpr std::array<LimitLabel, 16> limit_labels{{
    {"Max cpu time", Resource::cpu_seconds},
    {"Max file size", Resource::file_size},
    {"Max data size", Resource::data},
    {"Max stack size", Resource::stack},
    {"Max core file size", Resource::core},
    {"Max resident set", Resource::resident},
    {"Max processes", Resource::processes},
    {"Max open files", Resource::descriptors},
    {"Max locked memory", Resource::locked_memory},
    {"Max address space", Resource::address_space},
    {"Max file locks", Resource::locks},
    {"Max pending signals", Resource::pending_signals},
    {"Max msgqueue size", Resource::message_queues},
    {"Max nice priority", Resource::nice},
    {"Max realtime priority", Resource::realtime_priority},
    {"Max realtime timeout", Resource::realtime_us},
}};

bool is_limit_value(std::string_view word) {
  return word == "unlimited" || parse_integer<std::uint64_t>(word).has_value();
}

/// `Max open files            1024                 4096                 files     `: the columns
/// are separated by at least one space, and a label has spaces of its own, but no number.
std::optional<Limit> limit_in(std::string_view line) {
  Limit limit;
  std::string_view rest = line;
  while (true) {
    const std::string_view word = next_word(rest);
    if (word.empty()) {
      return std::nullopt;
    }
    if (is_limit_value(word)) {
      limit.soft = parse_integer<std::uint64_t>(word);
      break;
    }
    limit.label += (limit.label.empty() ? "" : " ") + std::string(word);
  }
  const std::string_view hard = next_word(rest);
  if (limit.label.empty() || !is_limit_value(hard)) {
    return std::nullopt;
  }
  limit.hard = parse_integer<std::uint64_t>(hard);
  limit.unit = next_word(rest);
  const auto* known = std::ranges::find(limit_labels, limit.label, &LimitLabel::label);
  if (known != limit_labels.end()) {
    limit.resource = known->resource;
  }
  return limit;
}

template <typename Record>
struct Counter {
  std::string_view key;
  std::uint64_t Record::* member;
};

constexpr std::array<Counter<InputOutput>, 6> io_counters{{
    {"rchar", &InputOutput::read_bytes},
    {"wchar", &InputOutput::written_bytes},
    {"syscr", &InputOutput::read_calls},
    {"syscw", &InputOutput::write_calls},
    {"read_bytes", &InputOutput::storage_read_bytes},
    {"write_bytes", &InputOutput::storage_written_bytes},
}};

/// Private pages are told in two lines, which add up.
constexpr std::array<Counter<ProportionalMemory>, 4> rollup_counters{{
    {"Pss", &ProportionalMemory::proportional_bytes},
    {"Private_Clean", &ProportionalMemory::private_bytes},
    {"Private_Dirty", &ProportionalMemory::private_bytes},
    {"SwapPss", &ProportionalMemory::swapped_proportional_bytes},
}};

template <typename Record, std::size_t Count>
Record sum_up(std::string_view text, const std::array<Counter<Record>, Count>& counters,
              std::uint64_t unit) {
  Record record;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const std::string_view key = next_part(line, ':');
    const auto* counter = std::ranges::find(counters, key, &Counter<Record>::key);
    if (counter != counters.end()) {
      record.*(counter->member) += parse_integer<std::uint64_t>(next_word(line)).value_or(0) * unit;
    }
  }
  return record;
}

}  // namespace

std::vector<Limit> parse_limits(std::string_view text) {
  std::vector<Limit> limits;
  next_line(text);
  while (!text.empty()) {
    if (auto limit = limit_in(next_line(text))) {
      limits.push_back(*std::move(limit));
    }
  }
  return limits;
}

std::vector<CgroupPlace> parse_cgroups(std::string_view text) {
  std::vector<CgroupPlace> places;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const auto hierarchy = parse_integer<std::uint32_t>(next_part(line, ':'));
    const std::string_view controllers = next_part(line, ':');
    if (hierarchy && line.starts_with('/')) {
      places.push_back({.hierarchy = *hierarchy,
                        .controllers = std::string(controllers),
                        .path = std::string(line)});
    }
  }
  return places;
}

InputOutput parse_input_output(std::string_view text) { return sum_up(text, io_counters, 1); }

ProportionalMemory parse_proportional_memory(std::string_view text) {
  return sum_up(text, rollup_counters, 1024);
}

std::optional<Namespace> parse_namespace(std::string_view link) {
  const std::string_view type = next_part(link, ':');
  if (type.empty() || !link.starts_with('[') || !link.ends_with(']')) {
    return std::nullopt;
  }
  const auto inode = parse_integer<std::uint64_t>(link.substr(1, link.size() - 2));
  if (!inode) {
    return std::nullopt;
  }
  return Namespace{.type = std::string(type), .inode = *inode};
}

std::optional<std::uint64_t> parse_stack_pointer(std::string_view text) {
  // `running`, `-1 SP PC` outside of a system call, or `NR A B C D E F SP PC`.
  std::string_view before;
  std::string_view last;
  while (true) {
    const std::string_view word = next_word(text);
    if (word.empty()) {
      break;
    }
    before = std::exchange(last, word);
  }
  if (!before.starts_with("0x")) {
    return std::nullopt;
  }
  return parse_integer<std::uint64_t>(before.substr(2), 16);
}

}  // namespace tend::inspect
