#include "jobs/output/outlet.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"
#include "os/poll.hpp"
#include "os/standard_streams.hpp"

namespace tend::jobs {

namespace {

/// A pipe that says it can be written takes this much without waiting (pipe(7), PIPE_BUF).
constexpr std::size_t careful_bytes = 4096;

/// Fewer turns between us and the reader of our output.
constexpr std::size_t pipe_bytes = std::size_t{256} << 10U;

constexpr std::string_view erase_line = "\r\x1b[K";

/// A descriptor that stays somebody else's, for calls that want an Fd.
class Borrowed {
 public:
  explicit Borrowed(int number) : fd_(number) {}
  ~Borrowed() { static_cast<void>(fd_.release()); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  [[nodiscard]] const os::Fd& fd() const noexcept { return fd_; }

 private:
  os::Fd fd_;
};

bool can_be_written_now(const os::Fd& fd) {
  os::PollEntry entry{.fd = &fd, .for_writing = true};
  const auto ready = os::poll_any(std::span(&entry, 1), os::Instant{});
  return !ready || *ready;  // An error shows in the write.
}

}  // namespace

Outlet::Outlet(os::EventLoop& loop, OutputStore& store, Callbacks callbacks)
    : loop_(loop),
      store_(store),
      callbacks_(std::move(callbacks)),
      targets_{open_target(OutputStream::out), open_target(OutputStream::err)} {}

Outlet::~Outlet() {
  for (Target& target : targets_) {
    loop_.remove(target.watch);
  }
  for (Piece& piece : queue_) {
    store_.drop(piece.held);
  }
}

/// O_NONBLOCK belongs to the open file, which we share with whoever started us, so it is not for us
/// to set. Opened anew through /proc, a pipe or terminal gives an open file of our own.
Outlet::Target Outlet::open_target(OutputStream stream) {
  Target target{.number = stream == OutputStream::out ? 1 : 2};
  target.is_terminal =
      os::is_terminal(stream == OutputStream::out ? os::Stream::out : os::Stream::err);
  const Borrowed shared(target.number);
  const auto status = os::status_of(shared.fd());
  if (!status || status->is_regular) {
    return target;  // Disks do not wait in this sense.
  }
  const std::string path = text::format("/proc/self/fd/{}", target.number);
  if (auto own = os::open_file(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)) {
    target.own = *std::move(own);
    // Refused for what is no pipe, and where a user's pipes together are too large.
    static_cast<void>(os::resize_pipe(target.own, pipe_bytes));
  } else {
    target.can_block = true;  // A socket, or somebody else's pipe.
  }
  return target;
}

/// What could not be written without waiting.
std::string_view Outlet::write_now(OutputStream stream, std::string_view bytes) {
  Target& to = target(stream);
  const Borrowed shared(to.number);
  const os::Fd& fd = to.own ? to.own : shared.fd();
  while (!bytes.empty() && !to.is_broken) {
    if (to.can_block && !can_be_written_now(fd)) {
      return bytes;
    }
    const auto count = os::write_some(fd, to.can_block ? bytes.substr(0, careful_bytes) : bytes);
    if (count) {
      to.is_in_line = *count > 0 && bytes[*count - 1] != '\n';
      bytes.remove_prefix(*count);
    } else if (count.error().code == EAGAIN) {
      return bytes;
    } else {
      break_down(stream, count.error());
    }
  }
  return {};
}

void Outlet::write(OutputStream stream, std::string_view bytes) {
  if (bytes.empty() || target(stream).is_broken) {
    return;
  }
  hide_status_line();
  if (queue_.empty()) {
    bytes = write_now(stream, bytes);
  }
  if (!bytes.empty()) {
    waiting_bytes_ += bytes.size();
    if (!queue_.empty() && queue_.back().stream == stream && queue_.back().held.is_empty()) {
      queue_.back().bytes.append(bytes);
    } else {
      queue_.push_back({.stream = stream, .bytes = std::string(bytes)});
    }
    wait_for_room(queue_.front().stream);
  }
}

void Outlet::write(OutputStream stream, HeldOutput&& held) {
  HeldOutput taken = std::exchange(held, {});
  if (taken.is_empty() || target(stream).is_broken) {
    store_.drop(taken);
    return;
  }
  hide_status_line();
  waiting_bytes_ += taken.bytes();
  queue_.push_back({.stream = stream, .held = std::move(taken)});
  if (queue_.size() == 1) {
    pump();
  }
}

/// Gets the next bytes of a piece; false: it is written to its end.
bool Outlet::refill(Piece& piece) {
  if (piece.done < piece.bytes.size()) {
    return true;
  }
  auto next = store_.take(piece.held);
  if (!next) {
    break_down(piece.stream, next.error());
    store_.drop(piece.held);
    return false;
  }
  piece.bytes = *std::move(next);
  piece.done = 0;
  return !piece.bytes.empty();
}

void Outlet::pump() {
  while (!queue_.empty()) {
    Piece& piece = queue_.front();
    while (refill(piece)) {
      const std::string_view rest = std::string_view(piece.bytes).substr(piece.done);
      const std::string_view left = write_now(piece.stream, rest);
      waiting_bytes_ -= rest.size() - left.size();
      piece.done = piece.bytes.size() - left.size();
      if (!left.empty()) {
        return wait_for_room(piece.stream);
      }
    }
    queue_.pop_front();
  }
  waiting_bytes_ = 0;
  callbacks_.drained();
}

void Outlet::wait_for_room(OutputStream stream) {
  Target& to = target(stream);
  if (to.watch != os::WatchId::none) {
    return;
  }
  const Borrowed shared(to.number);
  const auto watch =
      loop_.add(to.own ? to.own : shared.fd(), os::Interest::write, [this, stream](os::Ready) {
        Target& ready = target(stream);
        loop_.remove(std::exchange(ready.watch, os::WatchId::none));
        pump();
      });
  if (!watch) {
    break_down(stream, watch.error());
    return;
  }
  to.watch = *watch;
}

void Outlet::break_down(OutputStream stream, const Error& error) {
  target(stream).is_broken = true;
  callbacks_.broken(stream, error);
}

void Outlet::hide_status_line() {
  if (std::exchange(is_status_shown_, false)) {
    static_cast<void>(write_now(OutputStream::err, erase_line));
    target(OutputStream::err).is_in_line = false;
  }
}

void Outlet::set_status_line(std::string_view line) {
  const bool is_in_line = std::ranges::any_of(
      targets_, [](const Target& target) { return target.is_terminal && target.is_in_line; });
  if (is_blocked() || (is_in_line && !is_status_shown_)) {
    return;
  }
  if (line.empty()) {
    return hide_status_line();
  }
  is_status_shown_ = true;
  // What a full terminal does not take of it is no loss: the next one follows soon.
  static_cast<void>(write_now(OutputStream::err, std::string(erase_line).append(line)));
}

}  // namespace tend::jobs
