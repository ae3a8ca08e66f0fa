#include "service/recorder/found_logs.hpp"

#include <algorithm>

#include "service/recorder/log_names.hpp"

namespace tend::service {

std::uint64_t FoundLogs::generation() const noexcept {
  const std::uint64_t last_finished = finished.empty() ? 0 : *finished.rbegin();
  const std::uint64_t last_index = indexes.empty() ? 0 : *indexes.rbegin();
  if (has_current || has_next) {
    return std::max(last_finished + 1, last_index);
  }
  return std::max(last_finished, last_index) + 1;
}

void add_found(FoundByService& found, std::string_view name) {
  const auto parsed = parse_log_name(name);
  if (!parsed) {
    return;
  }
  FoundLogs& logs = found[std::string(parsed->service)];
  switch (parsed->kind) {
    case LogNameKind::current: logs.has_current = true; break;
    case LogNameKind::next: logs.has_next = true; break;
    case LogNameKind::finished: logs.finished.insert(parsed->generation); break;
    case LogNameKind::index: logs.indexes.insert(parsed->generation); break;
  }
}

}  // namespace tend::service
