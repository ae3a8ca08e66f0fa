#include <tend/signal.hpp>
#include <tend/signal_table.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>

namespace tend {

namespace {

constexpr std::size_t name_bytes_max = 16;

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper) {
    if (letter >= 'a' && letter <= 'z') {
      letter = static_cast<char>(letter - 'a' + 'A');
    }
  }
  return upper;
}

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<int> in_range(std::optional<int> number, int lowest) {
  return number && *number >= lowest && *number <= signal_max ? number : std::nullopt;
}

std::optional<int> realtime_number(std::string_view name) {
  if (name == "RTMIN") {
    return realtime_signal_min;
  }
  if (name == "RTMAX") {
    return realtime_signal_max;
  }
  const auto offset = name.size() > 6 ? whole_number(name.substr(6)) : std::nullopt;
  if (!offset || *offset < 0) {
    return std::nullopt;
  }
  if (name.starts_with("RTMIN+")) {
    return in_range(realtime_signal_min + *offset, realtime_signal_min);
  }
  if (name.starts_with("RTMAX-")) {
    return in_range(realtime_signal_max - *offset, realtime_signal_min);
  }
  return std::nullopt;
}

}  // namespace

std::string signal_name(int number) {
  for (const SignalDescription& signal : signal_table()) {
    if (signal.number == number && !signal.name.empty()) {
      return "SIG" + std::string(signal.name);
    }
  }
  return "signal " + std::to_string(number);
}

std::optional<int> signal_number(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max) {
    return std::nullopt;
  }
  if (name.front() >= '0' && name.front() <= '9') {
    return in_range(whole_number(name), 1);
  }
  const std::string upper = upper_case(name);
  std::string_view bare = upper;
  if (bare.starts_with("SIG")) {
    bare.remove_prefix(3);
  }
  for (const SignalDescription& signal : signal_table()) {
    if (!bare.empty() && (signal.name == bare || signal.other_names == bare)) {
      return signal.number;
    }
  }
  return realtime_number(bare);
}

Result<SignalSet> SignalSet::parse(std::string_view text) {
  SignalSet set;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", \t\n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (upper_case(word) == "ALL") {
      set = all();
    } else if (const auto number = signal_number(word)) {
      set.add(*number);
    } else if (!word.empty() && word != "none") {
      return refused("read", std::string(word), "not the name of a signal");
    }
  }
  return set;
}

std::vector<int> SignalSet::numbers() const {
  std::vector<int> found;
  for (int number = 1; number <= signal_max; ++number) {
    if (contains(number)) {
      found.push_back(number);
    }
  }
  return found;
}

std::string SignalSet::description() const {
  if (empty()) {
    return "none";
  }
  if (*this == all()) {
    return "ALL";
  }
  std::string text;
  for (const int number : numbers()) {
    // 32 and 33 have no names; parse() knows them by their numbers.
    const std::string name = signal_name(number);
    text += (text.empty() ? "" : " ") + (name.contains(' ') ? std::to_string(number) : name);
  }
  return text;
}

}  // namespace tend
