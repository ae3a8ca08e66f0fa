#include "cli/process/process_words.hpp"

#include <tend/process_handle.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace tend::cli {

namespace {

using inspect::Process;
using inspect::State;

constexpr std::array states = {State::running, State::sleeping, State::uninterruptible,
                               State::stopped, State::traced,   State::zombie,
                               State::dead,    State::parked,   State::idle};

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string command_words(const Process& process) {
  if (!process.command_line || process.command_line->empty()) {
    return "[" + name_words(process) + "]";
  }
  std::vector<std::string> words;
  for (const std::string_view part : inspect::arguments_of(*process.command_line)) {
    words.emplace_back(part);
  }
  // A program may write a title of its own over its arguments (setproctitle): one text, no command.
  if (words.size() == 1 && words.front().contains(' ')) {
    return text::printable(words.front());
  }
  std::string line;
  for (const std::string& word : words) {
    const std::string safe = text::printable(word);
    line += (line.empty() ? "" : " ") + (safe == word ? text::shell_word(word) : safe);
  }
  return line;
}

std::string name_words(const Process& process) { return text::printable(process.name); }

std::string process_title(const Process& process) {
  return text::format("{} ({})", process.identity.pid, name_words(process));
}

bool is_called(const Process& process, std::string_view name) {
  if (process.name == name) {
    return true;
  }
  if (process.executable && last_part(*process.executable) == name) {
    return true;
  }
  if (!process.command_line || process.command_line->empty()) {
    return false;
  }
  const auto parts = inspect::parts_of(*process.command_line);
  return !parts.empty() && last_part(parts.front()) == name;
}

std::string terminal_words(std::uint32_t device) {
  constexpr std::uint32_t tty_major = 4;
  constexpr std::uint32_t serial_minor = 64;
  constexpr std::uint32_t pts_major_first = 136;
  constexpr std::uint32_t pts_major_last = 143;
  if (device == 0) {
    return "-";
  }
  // As the kernel packs it: minor 0-7, major 8-19, the rest of minor 20-31.
  const std::uint32_t major = (device >> 8U) & 0xfffU;
  const std::uint32_t minor = (device & 0xffU) | ((device >> 12U) & 0xfff00U);
  if (major >= pts_major_first && major <= pts_major_last) {
    return text::format("pts/{}", minor + ((major - pts_major_first) << 8U));
  }
  if (major == tty_major) {
    return minor < serial_minor ? text::format("tty{}", minor)
                                : text::format("ttyS{}", minor - serial_minor);
  }
  return text::format("{}:{}", major, minor);
}

Tone tone_of(State state) {
  switch (state) {
    case State::running: return Tone::green;
    case State::uninterruptible:
    case State::zombie: return Tone::red;
    case State::stopped:
    case State::traced: return Tone::yellow;
    case State::unknown:
    case State::sleeping:
    case State::dead:
    case State::parked:
    case State::idle: return Tone::plain;
  }
  return Tone::plain;
}

std::optional<State> state_named(std::string_view word) {
  const auto* const found = std::ranges::find_if(states, [word](State state) {
    return name_of(state) == word || (word.size() == 1 && word.front() == letter_of(state));
  });
  return found == states.end() ? std::nullopt : std::optional(*found);
}

std::string percent_words(double share) {
  constexpr double percent = 100;
  return text::format("{:.1f}%", share * percent);
}

std::string cpu_time_words(std::chrono::nanoseconds time) {
  constexpr std::chrono::seconds minute{60};
  if (time >= minute) {
    return human_duration(time);
  }
  return text::format("{:.2f}s", std::chrono::duration<double>(time).count());
}

std::string scheduling_words(const inspect::Scheduling& scheduling) {
  std::string words(name_of(scheduling.policy));
  if (scheduling.realtime_priority > 0) {
    words += text::format(", priority {}", scheduling.realtime_priority);
  } else if (scheduling.nice != 0) {
    words += text::format(", nice {}", scheduling.nice);
  }
  return words;
}

std::string text_or_reason(const inspect::Field<std::string>& field) {
  return field ? text::printable(*field) : text::format("({})", name_of(field.why()));
}

std::string count_words(std::size_t count, std::string_view one, std::string_view many) {
  return text::format("{} {}", count, count == 1 ? one : many);
}

std::string identity_words(const inspect::Identity& identity, std::string_view boot_id) {
  return ProcessIdentity{
      .pid = identity.pid, .start_ticks = identity.start_ticks, .boot_id = std::string(boot_id)}
      .text();
}

}  // namespace tend::cli
