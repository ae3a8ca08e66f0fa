#include "os/proc_text.hpp"

#include <charconv>
#include <limits>

#include "base/scan.hpp"

namespace tend::os {

namespace {

template <typename Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_limit_value(std::string_view word, std::uint64_t& value) {
  if (word == "unlimited") {
    value = std::numeric_limits<std::uint64_t>::max();
    return true;
  }
  return parse(word, value);
}

bool is_octal(char digit) { return digit >= '0' && digit <= '7'; }

std::string decode_octal(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size() && is_octal(text[at + 1]) &&
        is_octal(text[at + 2]) && is_octal(text[at + 3])) {
      plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                 (text[at + 3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

/// Those from 25 to 41; one that is missing keeps its default.
void parse_later_fields(std::string_view rest, ProcStat& stat) {
  constexpr int last_field = 41;
  for (int field = 25; field <= last_field && !rest.empty(); ++field) {
    const std::string_view word = next_word(rest);
    switch (field) {
      case 39: parse(word, stat.processor); break;
      case 40: parse(word, stat.realtime_priority); break;
      case 41: parse(word, stat.policy); break;
      default: break;
    }
  }
}

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  ProcStat stat;
  if (!parse(text.substr(0, open), stat.pid)) {
    return std::nullopt;
  }
  stat.name = text.substr(open + 2, close - open - 2);
  std::string_view rest = text.substr(close + 1);
  // The fields are numbered as in proc(5), from 3, the state, to 24, the resident memory.
  constexpr int last_field = 24;
  bool is_good = true;
  for (int field = 3; field <= last_field && is_good; ++field) {
    const std::string_view word = next_word(rest);
    switch (field) {
      case 3:
        is_good = word.size() == 1;
        stat.state = is_good ? word.front() : '?';
        break;
      case 4: is_good = parse(word, stat.parent); break;
      case 5: is_good = parse(word, stat.group); break;
      case 6: is_good = parse(word, stat.session); break;
      case 7: is_good = parse(word, stat.terminal); break;
      case 8: is_good = parse(word, stat.foreground_group); break;
      case 9: is_good = parse(word, stat.flags); break;
      case 10: is_good = parse(word, stat.minor_faults); break;
      case 12: is_good = parse(word, stat.major_faults); break;
      case 14: is_good = parse(word, stat.user_ticks); break;
      case 15: is_good = parse(word, stat.system_ticks); break;
      case 19: is_good = parse(word, stat.nice); break;
      case 20: is_good = parse(word, stat.threads); break;
      case 22: is_good = parse(word, stat.start_ticks); break;
      case 23: is_good = parse(word, stat.virtual_bytes); break;
      case 24: is_good = parse(word, stat.memory_pages); break;
      default: is_good = !word.empty();
    }
  }
  if (!is_good) {
    return std::nullopt;
  }
  parse_later_fields(rest, stat);
  return stat;
}

std::optional<ProcLimit> parse_proc_limit(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (!line.starts_with(label) || line.size() <= label.size() || line[label.size()] != ' ') {
      continue;
    }
    line.remove_prefix(label.size());
    ProcLimit limit;
    const std::string_view soft = next_word(line);
    const std::string_view hard = next_word(line);
    if (!parse_limit_value(soft, limit.soft) || !parse_limit_value(hard, limit.hard)) {
      return std::nullopt;
    }
    return limit;
  }
  return std::nullopt;
}

std::vector<std::int32_t> parse_proc_children(std::string_view text) {
  std::vector<std::int32_t> children;
  while (true) {
    const std::string_view word = next_word(text);
    std::int32_t pid = 0;
    if (word.empty()) {
      return children;
    }
    if (parse(word, pid) && pid > 0) {
      children.push_back(pid);
    }
  }
}

std::vector<std::string> parse_proc_strings(std::string_view text) {
  std::vector<std::string> strings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    strings.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return strings;
}

std::optional<std::string_view> parse_proc_status(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ':') {
      line.remove_prefix(key.size() + 1);
      const std::size_t begin = line.find_first_not_of(" \t");
      return begin == std::string_view::npos ? std::string_view{} : line.substr(begin);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> parse_unified_cgroup(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with("0::/")) {
      return line.substr(3);
    }
  }
  return std::nullopt;
}

std::vector<MountPoint> parse_mounts(std::string_view text, std::string_view type) {
  // 36 35 98:0 /root /point rw,noatime master:1 - TYPE source options
  std::vector<MountPoint> mounts;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      continue;
    }
    std::string_view after = line.substr(dash + 3);
    if (next_word(after) != type) {
      continue;
    }
    next_word(line);
    next_word(line);
    next_word(line);
    const std::string_view root = next_word(line);
    const std::string_view point = next_word(line);
    mounts.push_back({.root = decode_octal(root), .point = decode_octal(point)});
  }
  return mounts;
}

}  // namespace tend::os
