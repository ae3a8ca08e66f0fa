#pragma once
// LogReader: the logs of several services as one stream of lines in the order of their arrival, for
// `tend logs` and the viewer of `tend up`. Reads files only, so a slow reader slows no service.
//
//   auto reader = LogReader::open(dir, names, {.start = LogStart::tail, .lines = 10});
//   while (*reader->read(print)) {}               // all that is there
//   reader->read_rest(print);                     // and lines that have not ended
//
// With `.follow = Follow::yes`: wait until `changes()` is readable or `look_again_in()` has passed,
// then read() again, for ever.

#include <tend/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "service/log_reader/log_stream.hpp"

namespace tend::service {

enum class LogStart : std::uint8_t {
  beginning,  ///< Of the oldest file that is left.
  tail,       ///< The last `lines` lines of each service.
  since,      ///< What arrived at `since_realtime_ns` or later.
  end,        ///< Only what comes from now on.
};

enum class Follow : std::uint8_t { no, yes };

struct LogReadOptions {
  LogStart start = LogStart::tail;
  std::uint64_t lines = 10;
  std::int64_t since_realtime_ns = 0;
  Follow follow = Follow::no;
};

/// One line, or a part of one that is longer than 64 KiB or has not ended yet.
struct LogLine {
  std::size_t service = 0;       ///< Index into the names given to open().
  std::int64_t realtime_ns = 0;  ///< Of its arrival; exact to 10 ms.
  std::string_view bytes{};      ///< Without the newline; valid during the call.
  bool ends_in_newline = false;
  bool is_continued = false;  ///< Goes on where an earlier part of this service stopped.
};

class LogReader {
 public:
  using Callback = std::function<void(const LogLine&)>;

  /// Errors name the folder. A service without a log has no lines yet.
  static Result<LogReader> open(const std::string& directory, std::span<const std::string> services,
                                const LogReadOptions& options);

  /// Gives out what is there, oldest first; whether there is more than one call may give out.
  /// Following, a last line that has not ended is held back until nothing has come for 200 ms.
  Result<bool> read(const Callback& callback);

  /// Gives out the last lines that have not ended: the streams are known to be over.
  void read_rest(const Callback& callback);

  /// Becomes readable when read() is worth a call; not open where the kernel cannot tell.
  [[nodiscard]] const os::Fd& changes() const noexcept { return inotify_; }

  /// After this time read() is worth a call anyway; nothing: only when changes() says so.
  [[nodiscard]] std::optional<std::chrono::milliseconds> look_again_in() const;

 private:
  /// A line that waits for its turn. Streams with equal times go by their index.
  struct Waiting {
    std::int64_t realtime_ns = 0;
    std::size_t service = 0;
    bool operator>(const Waiting& other) const noexcept {
      return std::pair(realtime_ns, service) > std::pair(other.realtime_ns, other.service);
    }
  };

  struct Reading {
    LogStream stream;
    std::optional<LogStream::Line> line{};  ///< Read and not given out.
    std::uint64_t watched_generation = 0;
    std::size_t rest_bytes = 0;
    os::Instant rest_since{};
  };

  explicit LogReader(os::Fd directory) : directory_(std::move(directory)) {}

  Result<> add(const std::string& service, const FoundByService& found,
               const LogReadOptions& options, std::size_t block_bytes);
  void watch_directory(const std::string& path);
  void watch_file(std::size_t service);
  void note_events();
  Result<> advance(std::size_t service, std::int64_t now);
  void look_at_rest(std::size_t service, const Callback& callback);
  void give_rest(std::size_t service, const Callback& callback);
  static void give(std::size_t service, const LogStream::Line& line, const Callback& callback);

  os::Fd directory_;
  os::Fd inotify_{};
  bool is_polling_ = false;
  std::vector<Reading> readings_{};
  std::unordered_map<std::string, std::size_t> by_name_{};
  std::unordered_map<int, std::size_t> by_watch_{};
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_{};
  std::set<std::size_t> changed_{};
  std::set<std::size_t> with_rest_{};
  Follow follow_ = Follow::no;
};

}  // namespace tend::service
