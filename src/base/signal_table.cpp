#include "base/signal_table.hpp"

#include <tend/signal.hpp>

#include <charconv>

namespace tend {

namespace base {

namespace {

using enum DefaultAction;

constexpr SignalInfo table[] = {
    {1, "HUP", "P1990", terminate, "terminal closed; by custom: read the configuration again"},
    {2, "INT", "P1990", terminate, "interrupt from the keyboard (Ctrl-C)"},
    {3, "QUIT", "P1990", core, "quit from the keyboard (Ctrl-\\)"},
    {4, "ILL", "P1990", core, "illegal instruction"},
    {5, "TRAP", "P2001", core, "breakpoint or trace"},
    {6, "ABRT", "P1990", core, "abort(3)"},
    {7, "BUS", "P2001", core, "bad memory access, such as beyond the end of a mapped file"},
    {8, "FPE", "P1990", core, "arithmetic error, such as division by zero"},
    {9, "KILL", "P1990", terminate, "killed", false},
    {10, "USR1", "P1990", terminate, "for the program's own use"},
    {11, "SEGV", "P1990", core, "invalid memory reference"},
    {12, "USR2", "P1990", terminate, "for the program's own use"},
    {13, "PIPE", "P1990", terminate, "write to a pipe that nobody reads"},
    {14, "ALRM", "P1990", terminate, "timer of alarm(2)"},
    {15, "TERM", "P1990", terminate, "please end"},
    {16, "STKFLT", "-", terminate, "stack fault of the coprocessor (unused)"},
    {17, "CHLD", "P1990", ignore, "a child ended, stopped or continued"},
    {18, "CONT", "P1990", resume, "continue if stopped"},
    {19, "STOP", "P1990", stop, "stopped", false},
    {20, "TSTP", "P1990", stop, "stop from the keyboard (Ctrl-Z)"},
    {21, "TTIN", "P1990", stop, "read from the terminal by a background process"},
    {22, "TTOU", "P1990", stop, "write to the terminal by a background process"},
    {23, "URG", "P2001", ignore, "urgent data on a socket"},
    {24, "XCPU", "P2001", core, "limit of CPU time exceeded"},
    {25, "XFSZ", "P2001", core, "limit of file size exceeded"},
    {26, "VTALRM", "P2001", terminate, "virtual timer of setitimer(2)"},
    {27, "PROF", "P2001", terminate, "profiling timer of setitimer(2)"},
    {28, "WINCH", "-", ignore, "the window changed its size"},
    {29, "IO", "-", terminate, "input or output is possible"},
    {30, "PWR", "-", terminate, "power failure"},
    {31, "SYS", "P2001", core, "bad system call, also from seccomp(2)"},
};

}  // namespace

std::span<const SignalInfo> signal_table() { return table; }

std::string_view name_of(DefaultAction action) {
  switch (action) {
    case terminate: return "terminate";
    case core: return "core";
    case ignore: return "ignore";
    case stop: return "stop";
    case resume: return "continue";
  }
  return "";
}

}  // namespace base

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
    return base::realtime_signal_min;
  }
  if (name == "RTMAX") {
    return base::realtime_signal_max;
  }
  const auto offset = name.size() > 6 ? whole_number(name.substr(6)) : std::nullopt;
  if (!offset || *offset < 0) {
    return std::nullopt;
  }
  if (name.starts_with("RTMIN+")) {
    return in_range(base::realtime_signal_min + *offset, base::realtime_signal_min);
  }
  if (name.starts_with("RTMAX-")) {
    return in_range(base::realtime_signal_max - *offset, base::realtime_signal_min);
  }
  return std::nullopt;
}

}  // namespace

std::string signal_name(int number) {
  for (const base::SignalInfo& signal : base::signal_table()) {
    if (signal.number == number) {
      return "SIG" + std::string(signal.name);
    }
  }
  if (number == base::realtime_signal_min) {
    return "SIGRTMIN";
  }
  if (number > base::realtime_signal_min && number <= base::realtime_signal_max) {
    return "SIGRTMIN+" + std::to_string(number - base::realtime_signal_min);
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
  for (const base::SignalInfo& signal : base::signal_table()) {
    if (signal.name == bare) {
      return signal.number;
    }
  }
  constexpr std::pair<std::string_view, int> other_names[] = {
      {"POLL", 29}, {"IOT", 6}, {"CLD", 17}};
  for (const auto& [other, number] : other_names) {
    if (other == bare) {
      return number;
    }
  }
  return realtime_number(bare);
}

}  // namespace tend
