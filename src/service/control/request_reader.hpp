#pragma once
// Puts the first line of a connection together from pieces of any size, up to a limit. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tend::service {

class RequestReader {
 public:
  enum class State : std::uint8_t { partial, complete, too_long };

  explicit RequestReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The next bytes of the stream; what follows the newline is left out.
  State add(std::string_view bytes);

  /// Nothing more will come: a last line without newline counts, an empty one does not.
  State end();

  [[nodiscard]] State state() const noexcept { return state_; }

  /// Without the newline.
  [[nodiscard]] const std::string& line() const noexcept { return line_; }

 private:
  std::size_t bytes_max_;
  std::string line_{};
  State state_ = State::partial;
};

}  // namespace tend::service
