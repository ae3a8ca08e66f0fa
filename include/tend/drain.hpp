#pragma once
// Drain: feeding the input of children and collecting their output, as decisions without I/O. It
// holds no descriptor and knows no clock: whoever owns the event loop (poll, Asio, a coroutine)
// tells it what happened, and it says what to wait for and when enough has come. Command::capture()
// is a poll loop around it.
//
//   tend::Drain drain({.streams = 2, .children = 1});
//   while (!drain.is_done(now())) {
//     // Wait for: each stream i that is_open(i), to be read; the stdin of the child while there is
//     // input(), to be written; the pidfd until it is readable; wake_at() at the latest. Then say:
//     drain.received(i, bytes, now());    what was read
//     drain.ended(i);                     the end of the stream, or an error of reading it
//     drain.written(count);               so much of input() was taken; when none is left, close
//     drain.refuse_input();               writing gave EPIPE: the child does not want more
//     drain.child_ended(now());           once for each child
//   }
//   std::string out = drain.take(0);

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tend {

/// One run of one or more children. It makes no calls of any kind; one thread at a time.
class Drain {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  struct Options {
    std::size_t streams = 2;   ///< How many are read, numbered from 0.
    std::size_t children = 1;  ///< How many have to end.

    /// How much of each stream is kept; the rest is read and dropped.
    std::size_t bytes_max = std::size_t{1} << 30;

    /// How long to go on after the last child's end while a stream is silent but still open: some
    /// process that the child left behind holds it.
    std::chrono::nanoseconds linger = std::chrono::seconds(1);

    /// What the first child is fed with; must stay valid.
    std::string_view input{};

    /// When the children have taken too long; see is_late().
    std::optional<Instant> deadline{};
  };

  explicit Drain(Options options) : options_(options), streams_(options.streams) {}

  /// Empty bytes only say that the stream is alive: for those who keep them elsewhere.
  void received(std::size_t stream, std::string_view bytes, Instant now);
  /// The same without a copy: `fill` gets room for at most `bytes_max` bytes, writes into it and
  /// returns how many have come. Not for a stream that is_full().
  template <typename Fill>
  void receive(std::size_t stream, std::size_t bytes_max, Fill&& fill, Instant now) {
    std::string& text = make_room(stream, bytes_max);
    const std::size_t before = text.size();
    const std::size_t room = std::min(bytes_max, options_.bytes_max - before);
    text.resize_and_overwrite(before + room, [&](char* bytes, std::size_t) {
      return before + fill(std::span<char>(bytes + before, room));
    });
    if (text.size() > before) {
      quiet_since_ = now;
    }
  }

  /// How many bytes of it are kept so far.
  [[nodiscard]] std::size_t size(std::size_t stream) const { return streams_[stream].text.size(); }

  /// What comes now can only be dropped; say so with dropped().
  [[nodiscard]] bool is_full(std::size_t stream) const {
    return size(stream) >= options_.bytes_max;
  }
  void dropped(Instant now) {
    is_cut_ = true;
    quiet_since_ = now;
  }

  void ended(std::size_t stream) { streams_[stream].is_open = false; }
  void child_ended(Instant now);

  /// What is still to be written. Empty: stdin is to be closed.
  [[nodiscard]] std::string_view input() const { return options_.input; }
  void written(std::size_t bytes) { options_.input.remove_prefix(bytes); }
  void refuse_input() { options_.input = {}; }

  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  [[nodiscard]] bool is_open(std::size_t stream) const { return streams_[stream].is_open; }

  /// Every stream was read to its end.
  [[nodiscard]] bool is_complete() const;

  /// A stream gave more than bytes_max.
  [[nodiscard]] bool is_cut() const { return is_cut_; }

  /// Nothing more is to be waited for: the children have ended, and each stream has ended or was
  /// silent for the linger time.
  [[nodiscard]] bool is_done(Instant now) const;

  /// The deadline has passed: stop the children and whatever they left behind, read what lies in
  /// the pipes then, and take that.
  [[nodiscard]] bool is_late(Instant now) const {
    return options_.deadline && now >= *options_.deadline;
  }

  /// When to look again although nothing has happened; nothing: only events count.
  [[nodiscard]] std::optional<Instant> wake_at() const;

  /// What was kept; a short text without the room that it was read into.
  [[nodiscard]] std::string take(std::size_t stream);

 private:
  struct Stream {
    std::string text{};
    bool is_open = true;
  };

  std::string& make_room(std::size_t stream, std::size_t bytes);

  Options options_;
  std::vector<Stream> streams_;
  std::size_t children_ended_ = 0;
  Instant quiet_since_{};  ///< Counts once the last child has ended.
  bool is_cut_ = false;
};

}  // namespace tend
