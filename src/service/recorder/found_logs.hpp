#pragma once
// FoundLogs: which log files of a service there are, by the names in the log folder. Pure.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tend::service {

struct FoundLogs {
  std::set<std::uint64_t> finished{};  ///< Generations; the highest is the newest.
  std::set<std::uint64_t> indexes{};
  bool has_current = false;
  bool has_next = false;  ///< A rotation was begun and not finished.

  /// Of the current file, or of the one to be begun. A fresh file never shares the number of an
  /// index that is there already: its owner may have been removed by hand.
  [[nodiscard]] std::uint64_t generation() const noexcept;
};

/// By service.
using FoundByService = std::unordered_map<std::string, FoundLogs>;

/// Adds what the name of a file says.
void add_found(FoundByService& found, std::string_view name);

}  // namespace tend::service
