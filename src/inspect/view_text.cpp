#include "inspect/view_text.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::inspect {

namespace {

constexpr int cap_sys_ptrace = 19;

/// As number up to Linux 5.7, as word since then.
Hiding hiding_in(std::string_view value) {
  if (value == "1" || value == "noaccess") {
    return Hiding::contents;
  }
  return value == "2" || value == "invisible" || value == "4" || value == "ptraceable"
             ? Hiding::existence
             : Hiding::none;
}

HidingRule rule_in(std::string_view options) {
  HidingRule rule;
  while (!options.empty()) {
    std::string_view value = next_part(options, ',');
    const std::string_view key = next_part(value, '=');
    if (key == "hidepid") {
      rule.hiding = hiding_in(value);
    } else if (key == "gid") {
      rule.exempt_group = parse_integer<std::uint32_t>(value);
    }
  }
  return rule;
}

bool is_member(const Credentials& credentials, std::uint32_t group) {
  return credentials.group.file_system == group ||
         std::ranges::find(credentials.supplementary, group) != credentials.supplementary.end();
}

}  // namespace

HidingRule parse_hiding(std::string_view mountinfo) {
  // 22 28 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible
  HidingRule rule;
  while (!mountinfo.empty()) {
    std::string_view line = next_line(mountinfo);
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      continue;
    }
    std::string_view after = line.substr(dash + 3);
    for (int skipped = 0; skipped < 4; ++skipped) {
      next_word(line);
    }
    const bool is_proc = next_word(line) == "/proc";
    if (next_word(after) == "proc" && is_proc) {
      next_word(after);
      rule = rule_in(next_word(after));
    }
  }
  return rule;
}

View view_of(const HidingRule& rule, const Status& self) {
  const bool is_exempt = self.capabilities.effective.contains(cap_sys_ptrace) ||
                         (rule.exempt_group && is_member(self.credentials, *rule.exempt_group));
  return View{.hiding = is_exempt ? Hiding::none : rule.hiding,
              .is_own_namespace = self.namespace_pids.size() == 1};
}

}  // namespace tend::inspect
