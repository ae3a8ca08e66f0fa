#pragma once
// What the mount of /proc and our own status say about which processes we are shown (proc(5)).
// Pure.

#include <tend/inspect/process.hpp>
#include <tend/inspect/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tend::inspect {

/// How /proc hides processes, and from whom it does not.
struct HidingRule {
  Hiding hiding = Hiding::none;
  std::optional<std::uint32_t> exempt_group{};

  bool operator==(const HidingRule&) const = default;
};

/// From /proc/self/mountinfo: the uppermost mount on /proc.
[[nodiscard]] HidingRule parse_hiding(std::string_view mountinfo);

/// What this reader is shown, by its own /proc/self/status.
[[nodiscard]] View view_of(const HidingRule& rule, const Status& self);

}  // namespace tend::inspect
