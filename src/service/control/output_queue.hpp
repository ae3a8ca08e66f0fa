#pragma once
// Whole lines that wait for a client to take them, in bytes, up to a limit. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tend::service {

class OutputQueue {
 public:
  explicit OutputQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// One line, without its newline.
  void add(std::string_view line);

  [[nodiscard]] bool is_over_limit() const noexcept { return size() > bytes_max_; }

  /// In place of all that waits: at most the rest of a line that was begun, then this line.
  void replace(std::string_view line);

  [[nodiscard]] std::string_view waiting() const noexcept;
  void remove_front(std::size_t bytes);

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - taken_; }
  [[nodiscard]] bool is_empty() const noexcept { return size() == 0; }

 private:
  std::size_t bytes_max_;
  std::string bytes_{};
  std::size_t taken_ = 0;        ///< Bytes at the front that are gone already.
  bool is_within_line_ = false;  ///< The last byte taken was not a newline.
};

}  // namespace tend::service
