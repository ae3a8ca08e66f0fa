#pragma once
// The name in front of each line of a merged output, like foreman: `web    | text`. Pure.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "cli/colour.hpp"

namespace tend::cli {

class LinePrefix {
 public:
  /// All names that may come, in the order of the project: it decides width and colour. Empty:
  /// lines get no prefix.
  LinePrefix(std::span<const std::string> names, Painter painter);

  /// `text` is one line of a service, made safe for the terminal. `time` may be empty.
  [[nodiscard]] std::string line(std::string_view name, std::string_view time,
                                 std::string_view text) const;

  /// A line of tend itself about a service: dim, or red.
  [[nodiscard]] std::string note(std::string_view name, std::string_view time,
                                 std::string_view text, Tone tone) const;

  [[nodiscard]] const Painter& painter() const noexcept { return painter_; }

 private:
  [[nodiscard]] std::string prefix(std::string_view name, std::string_view time) const;

  Painter painter_;
  std::size_t width_ = 0;
  std::map<std::string, Tone, std::less<>> tones_{};
};

}  // namespace tend::cli
