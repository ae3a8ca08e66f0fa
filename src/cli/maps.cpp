// `tend maps`: the memory map of a process, and what an address in it means.

#include <algorithm>

#include "base/json.hpp"
#include "base/number.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_json.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::MemoryMap;
using inspect::Region;
using inspect::RegionKind;

constexpr int hexadecimal = 16;

Tone tone_of(RegionKind kind) {
  switch (kind) {
    case RegionKind::code:
    case RegionKind::generated_code:
    case RegionKind::vdso:
    case RegionKind::vsyscall: return Tone::green;
    case RegionKind::data:
    case RegionKind::bss:
    case RegionKind::heap:
    case RegionKind::anonymous: return Tone::yellow;
    case RegionKind::stack:
    case RegionKind::thread_stack: return Tone::magenta;
    case RegionKind::shared_memory:
    case RegionKind::mapped_file: return Tone::cyan;
    case RegionKind::guard:
    case RegionKind::vvar:
    case RegionKind::special: return Tone::dim;
    case RegionKind::constants:
    case RegionKind::device: return Tone::plain;
  }
  return Tone::plain;
}

std::string rights_words(const Region& region) {
  std::string words;
  words += region.is_readable ? 'r' : '-';
  words += region.is_writable ? 'w' : '-';
  words += region.is_executable ? 'x' : '-';
  words += region.is_shared ? 's' : 'p';
  return words;
}

std::string name_words(const Region& region) {
  std::string words = text::printable(region.name);
  if (region.thread != 0) {
    words += text::format("{}thread {}", words.empty() ? "" : " ", region.thread);
  }
  return words + (region.is_deleted ? " (deleted)" : "");
}

void print_regions(Output& out, const MemoryMap& map, bool has_sizes) {
  std::vector<Heading> headings = {
      {"BEGIN", Align::right}, {"END", Align::right}, {"SIZE", Align::right}};
  if (has_sizes) {
    headings.push_back({"RSS", Align::right});
    headings.push_back({"PSS", Align::right});
    headings.push_back({"SWAP", Align::right});
  }
  headings.insert(headings.end(), {{"RIGHTS"}, {"KIND"}, {"NAME"}});
  Table table(std::move(headings));
  for (const Region& region : map.regions) {
    std::vector<Cell> row = {text::format("{:x}", region.begin), text::format("{:x}", region.end),
                             human_size(region.bytes())};
    if (has_sizes) {
      const inspect::RegionSizes sizes = region.sizes.value_or(inspect::RegionSizes{});
      row.insert(row.end(), {human_size(sizes.resident_bytes), human_size(sizes.proportional_bytes),
                             human_size(sizes.swapped_bytes)});
    }
    row.insert(row.end(),
               {rights_words(region), Cell(std::string(name_of(region.kind)), tone_of(region.kind)),
                name_words(region)});
    table.add(std::move(row));
  }
  for (const std::string& line :
       table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
    out.line(line);
  }
}

/// How much of each kind there is, with what the kind is for.
void print_kinds(Output& out, const MemoryMap& map) {
  Table table({{"KIND"}, {"REGIONS", Align::right}, {"SIZE", Align::right}, {"MEANING"}});
  for (std::size_t i = 0; i <= static_cast<std::size_t>(RegionKind::special); ++i) {
    const auto kind = static_cast<RegionKind>(i);
    const auto count = std::ranges::count(map.regions, kind, &Region::kind);
    if (count > 0) {
      table.add({Cell(std::string(name_of(kind)), tone_of(kind)), text::format("{}", count),
                 human_size(map.bytes_of(kind)), std::string(meaning_of(kind))});
    }
  }
  out.line("");
  for (const std::string& line :
       table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
    out.line(line);
  }
}

Outcome<std::uint64_t> address_of(const std::string& word) {
  const std::string_view digits =
      word.starts_with("0x") || word.starts_with("0X") ? std::string_view(word).substr(2) : word;
  const auto address = parse_integer<std::uint64_t>(digits, hexadecimal);
  if (!address) {
    return fail(exit_usage,
                text::format("maps: {} is not an address, such as 0x7ffd1c2a; addresses are "
                             "hexadecimal, with or without 0x",
                             text::quoted(word)));
  }
  return *address;
}

std::string_view word_of(inspect::Place place) {
  switch (place) {
    case inspect::Place::region: return "region";
    case inspect::Place::null_page: return "null-page";
    case inspect::Place::stack_growth: return "stack-growth";
    case inspect::Place::guard_gap: return "guard-gap";
    case inspect::Place::hole: return "hole";
    case inspect::Place::non_canonical: return "non-canonical";
    case inspect::Place::kernel: return "kernel";
  }
  return "hole";
}

void print_explanation(Output& out, const Invocation& invocation, const MemoryMap& map,
                       std::uint64_t address) {
  const inspect::Explanation explained = explain(map, address);
  if (!invocation.has("json")) {
    out.line(text::printable(explained.text));
    return;
  }
  json::Value object = json::Value::object({{"address", text::format("0x{:x}", address)},
                                            {"place", word_of(explained.place)},
                                            {"offset", explained.offset},
                                            {"file_offset", explained.file_offset},
                                            {"text", explained.text}});
  object.set("region", explained.region ? json_of(map.regions[*explained.region]) : json::Value());
  out.line(json::write(object));
}

}  // namespace

Outcome<int> run_maps(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.arguments();
  const bool has_sizes = invocation.has("sizes");
  std::optional<std::uint64_t> address;
  if (words.size() > 1) {
    address = TEND_TRY(address_of(words[1]));
  }
  // Threads: whose stack a region is. Limits: how far the stack may grow.
  Fields fields = Fields::memory_map | Fields::threads | Fields::limits;
  if (has_sizes) {
    fields = fields | Fields::region_sizes;
  }
  const inspect::Process process = TEND_TRY(read_named_process("maps", words.front(), fields));
  if (!process.memory_map) {
    return fail(exit_failed, absence_words(process, "memory map", process.memory_map.why()));
  }
  const MemoryMap& map = *process.memory_map;
  Output out(invocation);
  if (address) {
    print_explanation(out, invocation, map, *address);
  } else if (invocation.has("json")) {
    for (const Region& region : map.regions) {
      out.line(json::write(json_of(region)));
    }
  } else {
    print_regions(out, map, has_sizes);
    print_kinds(out, map);
  }
  if (map.is_cut) {
    complain(text::format("only the first {} regions are shown", map.regions.size()));
  }
  return out.finish(0);
}

}  // namespace tend::cli
