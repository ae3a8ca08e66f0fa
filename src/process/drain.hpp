#pragma once
// Drain: collecting the output of a child, as decisions without I/O. It is told what happened and
// says what to wait for and when enough has come.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tend::process {

enum class Stream : bool { out, err };

class Drain {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  struct Options {
    std::size_t bytes_max = 0;  ///< For each stream.
    std::chrono::nanoseconds linger{};
  };

  Drain(Options options, bool has_out, bool has_err)
      : options_(options),
        out_{.text = {}, .is_open = has_out},
        err_{.text = {}, .is_open = has_err} {}

  void received(Stream stream, std::string_view bytes, Instant now);
  void ended(Stream stream) { at(stream).is_open = false; }
  void child_ended(Instant now);

  [[nodiscard]] bool is_open(Stream stream) const {
    return stream == Stream::out ? out_.is_open : err_.is_open;
  }
  [[nodiscard]] bool is_complete() const { return !out_.is_open && !err_.is_open; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }

  /// Nothing more is to be waited for: the child has ended, and each stream has ended or has been
  /// silent for the linger time, held by somebody else.
  [[nodiscard]] bool is_done(Instant now) const;

  /// When to look again although nothing has happened.
  [[nodiscard]] std::optional<Instant> wake_at() const;

  [[nodiscard]] std::string take(Stream stream) { return std::move(at(stream).text); }

 private:
  struct Side {
    std::string text{};
    bool is_open = false;
  };

  [[nodiscard]] Side& at(Stream stream) { return stream == Stream::out ? out_ : err_; }

  Options options_;
  Side out_;
  Side err_;
  std::optional<Instant> quiet_since_{};  ///< Set when the child has ended.
  bool is_cut_ = false;
};

}  // namespace tend::process
