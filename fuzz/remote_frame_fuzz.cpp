// Whatever a launcher passes on: an error, or frames that are found the same in pieces, and whose
// messages are written and read again as the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/remote/message.hpp"
#include "target.hpp"

namespace {

using namespace tend::jobs;
using tend::fuzz::require;

struct Read {
  std::vector<std::string> frames{};  ///< Each as it was sent.
  std::string error{};
};

void take_all(FrameReader& reader, Read& read) {
  while (read.error.empty()) {
    const auto next = reader.next();
    if (!next) {
      read.error = next.error().message();
    } else if (!*next) {
      return;
    } else {
      append_frame(read.frames.emplace_back(), (*next)->kind, (*next)->payload);
    }
  }
}

Read read_in_pieces(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  Read read;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    take_all(reader, read);
  }
  return read;
}

void check_message(const Frame& frame) {
  const auto message = decode_message(frame);
  if (!message) {
    require(message.error().step == "read message" && !message.error().detail.empty());
    return;
  }
  std::string once;
  require(append_message(once, *message).has_value());
  const std::string_view payload = std::string_view(once).substr(5, once.size() - 6);
  const auto again = decode_message({.kind = frame.kind, .payload = payload});
  std::string twice;
  require(again && append_message(twice, *again).has_value() && once == twice);
}

}  // namespace

void tend::fuzz::try_input(std::string_view input) {
  const Read whole = read_in_pieces(input, input.size() + 1);
  const Read pieces = read_in_pieces(input, 3);
  require(whole.frames == pieces.frames);
  // Nothing more may come behind an error, but in pieces it may show earlier.
  require(whole.error.empty() || !pieces.error.empty());
  for (const std::string& frame : whole.frames) {
    check_message({.kind = static_cast<std::uint8_t>(frame.front()),
                   .payload = std::string_view(frame).substr(5, frame.size() - 6)});
  }
}
