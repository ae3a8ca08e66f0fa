#include "inspect/status_text.hpp"

#include <array>
#include <concepts>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::inspect {

namespace {

/// What is not a number stays 0: no field of the kernel's is worth failing for.
template <std::integral T>
T number(std::string_view word, int base = 10) {
  return parse_integer<T>(word, base).value_or(T{});
}

Ids ids_in(std::string_view value) {
  Ids ids;
  ids.real = number<std::uint32_t>(next_word(value));
  ids.effective = number<std::uint32_t>(next_word(value));
  ids.saved = number<std::uint32_t>(next_word(value));
  ids.file_system = number<std::uint32_t>(next_word(value));
  return ids;
}

template <std::integral T>
std::vector<T> numbers_in(std::string_view value) {
  std::vector<T> numbers;
  while (true) {
    const std::string_view word = next_word(value);
    if (word.empty()) {
      return numbers;
    }
    if (const auto one = parse_integer<T>(word)) {
      numbers.push_back(*one);
    }
  }
}

std::uint64_t hexadecimal(std::string_view value) {
  return number<std::uint64_t>(next_word(value), 16);
}

SignalSet signals_in(std::string_view value) { return SignalSet::from_bits(hexadecimal(value)); }

CapabilitySet capabilities_in(std::string_view value) {
  return CapabilitySet::from_bits(hexadecimal(value));
}

/// "16 kB"
std::uint64_t bytes_in(std::string_view value) {
  return number<std::uint64_t>(next_word(value)) * 1024;
}

/// "3/31405": queued and their limit.
void set_queued(Signals& signals, std::string_view value) {
  std::string_view word = next_word(value);
  signals.queued = number<std::uint64_t>(next_part(word, '/'));
  signals.queued_max = number<std::uint64_t>(word);
}

Memory& memory_of(Status& status) {
  if (!status.memory) {
    status.memory = Memory{};
  }
  return *status.memory;
}

using Value = std::string_view;
using Set = void (*)(Status&, Value);

template <std::uint64_t Memory::* Member>
void set_memory(Status& status, Value value) {
  memory_of(status).*Member = bytes_in(value);
}

template <SignalSet Signals::* Member>
void set_signals(Status& status, Value value) {
  status.signals.*Member = signals_in(value);
}

template <CapabilitySet Capabilities::* Member>
void set_capabilities(Status& status, Value value) {
  status.capabilities.*Member = capabilities_in(value);
}

template <std::uint64_t Status::* Member>
void set_count(Status& status, Value value) {
  status.*Member = number<std::uint64_t>(next_word(value));
}

struct Entry {
  std::string_view key;
  Set set;
};

/// In the order in which the kernel writes them, see parse_status().
constexpr std::array<Entry, 36> entries{{
    {"Umask", [](Status& s, Value v) { s.credentials.umask = parse_integer<std::uint32_t>(v, 8); }},
    {"TracerPid", [](Status& s, Value v) { s.tracer = number<std::int32_t>(v); }},
    {"Uid", [](Status& s, Value v) { s.credentials.user = ids_in(v); }},
    {"Gid", [](Status& s, Value v) { s.credentials.group = ids_in(v); }},
    {"Groups",
     [](Status& s, Value v) { s.credentials.supplementary = numbers_in<std::uint32_t>(v); }},
    {"NSpid", [](Status& s, Value v) { s.namespace_pids = numbers_in<std::int32_t>(v); }},
    {"VmPeak", set_memory<&Memory::virtual_peak_bytes>},
    {"VmSize", set_memory<&Memory::virtual_bytes>},
    {"VmLck", set_memory<&Memory::locked_bytes>},
    {"VmHWM", set_memory<&Memory::resident_peak_bytes>},
    {"VmRSS", set_memory<&Memory::resident_bytes>},
    {"RssAnon", set_memory<&Memory::anonymous_bytes>},
    {"RssFile", set_memory<&Memory::file_bytes>},
    {"RssShmem", set_memory<&Memory::shared_bytes>},
    {"VmData", set_memory<&Memory::data_bytes>},
    {"VmStk", set_memory<&Memory::stack_bytes>},
    {"VmExe", set_memory<&Memory::code_bytes>},
    {"VmPTE", set_memory<&Memory::page_table_bytes>},
    {"VmSwap", set_memory<&Memory::swapped_bytes>},
    {"SigQ", [](Status& s, Value v) { set_queued(s.signals, v); }},
    {"SigPnd", set_signals<&Signals::pending>},
    {"ShdPnd", set_signals<&Signals::pending_for_all>},
    {"SigBlk", set_signals<&Signals::blocked>},
    {"SigIgn", set_signals<&Signals::ignored>},
    {"SigCgt", set_signals<&Signals::caught>},
    {"CapInh", set_capabilities<&Capabilities::inheritable>},
    {"CapPrm", set_capabilities<&Capabilities::permitted>},
    {"CapEff", set_capabilities<&Capabilities::effective>},
    {"CapBnd", set_capabilities<&Capabilities::bounding>},
    {"CapAmb", set_capabilities<&Capabilities::ambient>},
    {"NoNewPrivs", [](Status& s, Value v) { s.credentials.has_no_new_privileges = v == "1"; }},
    {"Seccomp", [](Status& s, Value v) { s.credentials.seccomp_mode = number<std::uint32_t>(v); }},
    {"Seccomp_filters",
     [](Status& s, Value v) { s.credentials.seccomp_filters = parse_integer<std::uint32_t>(v); }},
    {"Cpus_allowed_list", [](Status& s, Value v) { s.allowed_cpus = v; }},
    {"voluntary_ctxt_switches", set_count<&Status::voluntary_switches>},
    {"nonvoluntary_ctxt_switches", set_count<&Status::involuntary_switches>},
}};

/// The entry with this key, searched from `from` on and then from the start.
std::size_t find_entry(std::string_view key, std::size_t from) {
  for (std::size_t step = 0; step < entries.size(); ++step) {
    const std::size_t at = (from + step) % entries.size();
    if (entries[at].key == key) {
      return at;
    }
  }
  return entries.size();
}

}  // namespace

Status parse_status(std::string_view text) {
  Status status;
  status.memory = Absence::not_available;
  // Lines come in the order of the table, so the next one is found at once.
  std::size_t next = 0;
  while (!text.empty()) {
    std::string_view value = next_line(text);
    const std::string_view key = next_part(value, ':');
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    const std::size_t found = key.empty() ? entries.size() : find_entry(key, next);
    if (found < entries.size()) {
      entries[found].set(status, value);
      next = found + 1;
    }
  }
  return status;
}

}  // namespace tend::inspect
