#pragma once
// The text of /proc/PID/maps and smaps, line by line, as regions (proc(5)). Pure. The kernel gives
// a long map in pieces, between which the process may change it: what then overlaps is dropped.

#include <tend/inspect/memory_map.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tend::inspect {

/// One line of maps; nothing if it is not of that form.
[[nodiscard]] std::optional<Region> parse_region(std::string_view line);

class MapsReader {
 public:
  explicit MapsReader(std::size_t most = regions_max) : most_(most) {}

  /// A line of maps or smaps, without its newline.
  void add(std::string_view line);

  [[nodiscard]] bool is_cut() const { return is_cut_; }

  /// What has been read; the reader is empty after it.
  [[nodiscard]] std::vector<Region> take() { return std::move(regions_); }

 private:
  void add_size(std::string_view line);

  std::vector<Region> regions_{};
  std::size_t most_;
  bool is_cut_ = false;
  bool is_dropping_ = false;  ///< Sizes that follow are of a region that was dropped.
};

}  // namespace tend::inspect
