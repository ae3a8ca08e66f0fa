#include "jobs/slots/slot_count.hpp"

#include <algorithm>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

using Kind = SlotCount::Kind;

std::optional<SlotCount> count_of(std::string_view text) {
  Kind kind = Kind::exactly;
  if (text.starts_with('+') || text.starts_with('-')) {
    kind = text.front() == '+' ? Kind::more : Kind::fewer;
    text.remove_prefix(1);
  } else if (text.ends_with('%')) {
    kind = Kind::percent;
    text.remove_suffix(1);
  }
  const auto number = parse_integer<unsigned>(text);
  return number && *number <= slots_max ? std::optional(SlotCount{.kind = kind, .number = *number})
                                        : std::nullopt;
}

}  // namespace

Result<SlotCount> parse_slot_count(std::string_view text) {
  const auto count = count_of(text);
  if (!count) {
    return refused(
        "jobs", text::quoted(text),
        text::format("is no number of jobs: write 4, 50% (of the cores), +1 or -1 (more or "
                     "fewer than cores); at most {}",
                     slots_max));
  }
  const bool is_relative = count->kind == Kind::more || count->kind == Kind::fewer;
  if (count->number == 0 && !is_relative) {
    return refused("jobs", text::quoted(text),
                   "nothing would ever run; for one job per core leave it out");
  }
  return *count;
}

unsigned slots_on(const SlotCount& count, unsigned cores) {
  std::uint64_t slots = count.number;
  switch (count.kind) {
    case Kind::exactly: break;
    case Kind::percent: slots = std::uint64_t{cores} * count.number / 100; break;
    case Kind::more: slots += cores; break;
    case Kind::fewer: slots = cores - std::min(cores, count.number); break;
  }
  return static_cast<unsigned>(std::clamp<std::uint64_t>(slots, 1, slots_max));
}

}  // namespace tend::jobs
