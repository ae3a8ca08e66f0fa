#pragma once
// What `tend top` paints: exactly as many lines as the screen has, none wider than it. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/colour.hpp"
#include "cli/top/model.hpp"
#include "cli/top/observation.hpp"

namespace tend::cli {

struct FrameSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// How many rows of processes fit, so that only those need their command lines.
[[nodiscard]] std::size_t process_rows(const Observation& seen, FrameSize size);

/// Which processes are on the screen: indices into the observation, from top to bottom.
[[nodiscard]] std::vector<std::size_t> shown_processes(const TopState& state,
                                                       const Observation& seen, FrameSize size);

/// The first processes of the jobs that are on the screen, likewise.
[[nodiscard]] std::vector<std::size_t> shown_leaders(const TopState& state, const Observation& seen,
                                                     FrameSize size);

/// `clock` is the time of day; `page` are the lines of TopMode::page.
struct FrameTexts {
  std::string clock{};
  std::vector<std::string> page{};
};

[[nodiscard]] std::vector<std::string> frame(const TopState& state, const Observation& seen,
                                             const FrameTexts& texts, FrameSize size,
                                             const Painter& painter);

}  // namespace tend::cli
