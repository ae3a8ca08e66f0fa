#pragma once
// What a command prints to standard output: collected, written in large pieces, and every failure
// to write it noticed.

#include <string>
#include <string_view>

#include "cli/colour.hpp"
#include "cli/options.hpp"

namespace tend::cli {

class Output {
 public:
  /// Colours as --color, the environment and the terminal say.
  explicit Output(const Invocation& invocation);

  void line(std::string_view text);
  void raw(std::string_view bytes);

  /// Writes what was collected. False: nobody reads any more, or the write failed.
  bool flush();

  /// Nothing has failed so far.
  [[nodiscard]] bool is_good() const noexcept { return !has_failed_; }

  /// Flushes; `code`, or what went wrong with writing. A reader who went away (EPIPE) is no failure
  /// to talk about: 141, as if SIGPIPE had ended us.
  [[nodiscard]] Outcome<int> finish(int code);

  [[nodiscard]] const Painter& painter() const noexcept { return painter_; }

 private:
  Painter painter_;
  std::string bytes_{};
  Error error_{};
  bool has_failed_ = false;
};

/// One line to standard error: `tend: web: unknown service`.
void complain(std::string_view message);

/// A line to standard error as it is, for progress.
void tell(std::string_view message);

/// The colours of standard error.
[[nodiscard]] Painter error_painter(const Invocation& invocation);

}  // namespace tend::cli
