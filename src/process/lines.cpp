#include <tend/lines.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/poll.hpp"
#include "process/end_of_wait.hpp"

namespace tend {

namespace {

constexpr std::size_t read_bytes = 64UL * 1024;

}  // namespace

void LineSplitter::add(std::string_view bytes) {
  // Moved to the front only when more lies before the line than in it: each byte moves O(1) times.
  if (begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_.append(bytes);
}

Line LineSplitter::take(std::size_t length, LineEnd end) {
  Line line{.stream = stream_, .text = buffer_.substr(begin_, length), .end = end};
  begin_ += length + (end == LineEnd::newline ? 1 : 0);
  scanned_ = std::max(scanned_, begin_);
  return line;
}

std::optional<Line> LineSplitter::next() {
  const std::size_t newline = buffer_.find('\n', scanned_);
  const std::size_t stop = std::min(newline, buffer_.size());
  scanned_ = stop;
  if (stop - begin_ > line_bytes_max_) {
    return take(line_bytes_max_, LineEnd::limit);
  }
  if (newline != std::string::npos) {
    return take(stop - begin_, LineEnd::newline);
  }
  if (has_ended_ && stop != begin_) {
    return take(stop - begin_, LineEnd::end_of_stream);
  }
  return std::nullopt;
}

std::function<void(std::string_view)> by_line(std::function<void(const Line&)> callback,
                                              OutputStream stream, std::size_t line_bytes_max) {
  // std::function copies what it holds; the state must stay one.
  auto splitter = std::make_shared<LineSplitter>(line_bytes_max, stream);
  return [splitter, callback = std::move(callback)](std::string_view bytes) {
    splitter->add(bytes);
    if (bytes.empty()) {
      splitter->end();
    }
    while (const auto line = splitter->next()) {
      callback(*line);
    }
  };
}

LineReader::LineReader(Fd out, Fd err, std::size_t line_bytes_max)
    : sides_{
          Side{.fd = std::move(out), .splitter = LineSplitter(line_bytes_max, OutputStream::out)},
          Side{.fd = std::move(err),
               .splitter = LineSplitter(line_bytes_max, OutputStream::err)}} {}

Result<> LineReader::fill(Side& side) {
  buffer_.resize(read_bytes);
  auto count = os::read_some(side.fd, buffer_);
  if (!count && count.error().code == EAGAIN) {
    return {};
  }
  if (!count && count.error().code == EIO) {
    count = 0;  // The last one who held the terminal has let go of it (tty_ioctl(4)).
  }
  const std::size_t size = TEND_TRY(std::move(count));
  side.splitter.add(std::string_view(buffer_.data(), size));
  if (size == 0) {
    side.splitter.end();
    side.fd.reset();
  }
  return {};
}

Result<std::optional<Line>> LineReader::next(Until until) {
  const auto deadline = process::end_of_wait(until);
  while (true) {
    for (std::size_t count = 0; count < sides_.size(); ++count) {
      turn_ = (turn_ + 1) % sides_.size();
      if (auto line = sides_[turn_].splitter.next()) {
        return line;
      }
    }
    std::array<os::PollEntry, 2> entries{{{.fd = &sides_[0].fd}, {.fd = &sides_[1].fd}}};
    if (!sides_[0].fd && !sides_[1].fd) {
      return std::nullopt;
    }
    if (!TEND_TRY(os::poll_any(entries, deadline))) {
      return failed("read", "a line", ETIMEDOUT);
    }
    for (std::size_t index = 0; index < sides_.size(); ++index) {
      if (entries[index].is_ready) {
        TEND_TRY(fill(sides_[index]));
      }
    }
  }
}

}  // namespace tend
