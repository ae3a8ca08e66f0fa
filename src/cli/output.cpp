#include "cli/output.hpp"

#include <cerrno>

#include "cli/environment.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t piece_bytes = 32 * 1024;
constexpr int exit_reader_gone = 128 + 13;

bool colour_on(const Invocation& invocation, os::Stream stream) {
  return wants_colour({
      .when =
          colour_when(invocation.value("color").value_or("auto")).value_or(ColourWhen::automatic),
      .is_terminal = os::is_terminal(stream),
      .no_color = variable("NO_COLOR"),
      .clicolor_force = variable("CLICOLOR_FORCE"),
      .term = variable("TERM"),
  });
}

}  // namespace

Output::Output(const Invocation& invocation) : painter_(colour_on(invocation, os::Stream::out)) {}

void Output::line(std::string_view text) {
  bytes_ += text;
  bytes_ += '\n';
  if (bytes_.size() >= piece_bytes) {
    flush();
  }
}

void Output::raw(std::string_view bytes) {
  bytes_ += bytes;
  if (bytes_.size() >= piece_bytes) {
    flush();
  }
}

bool Output::flush() {
  if (!has_failed_ && !bytes_.empty()) {
    if (auto written = os::write_stream(os::Stream::out, bytes_); !written) {
      has_failed_ = true;
      error_ = std::move(written).error();
    }
  }
  bytes_.clear();
  return !has_failed_;
}

Outcome<int> Output::finish(int code) {
  if (flush()) {
    return code;
  }
  if (error_.code == EPIPE) {
    return exit_reader_gone;
  }
  return std::unexpected(Failure(error_));
}

void complain(std::string_view message) { tell("tend: " + std::string(message)); }

void tell(std::string_view message) {
  // Nobody could be told that standard error cannot be written.
  static_cast<void>(os::write_stream(os::Stream::err, std::string(message) + "\n"));
}

Painter error_painter(const Invocation& invocation) {
  return Painter(colour_on(invocation, os::Stream::err));
}

}  // namespace tend::cli
