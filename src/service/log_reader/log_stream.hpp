#pragma once
// LogStream: all that one service writes, as lines with their arrival times, from some place on and
// through any number of rotations, each byte once.
//
// A rotation moves the unfinished last line from the end of a file to the beginning of the next and
// cuts the old file. So a place beyond the end of a finished file is a place in the next one:
//
//   old   |....line\n|unfini     read up to here: offset 17 of a file that then ends at 10
//   next              |unfinished line\n          = offset 7 of the next file

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"
#include "service/log_reader/index_cursor.hpp"
#include "service/log_reader/line_buffer.hpp"
#include "service/log_reader/log_source.hpp"

namespace tend::service {

class LogStream {
 public:
  struct Line {
    std::int64_t realtime_ns = 0;
    std::string_view bytes{};  ///< Without the newline; valid until the next call.
    bool ends_in_newline = false;
    bool is_continued = false;  ///< The rest of a line of which a part was given out before.
  };

  struct Options {
    std::size_t block_bytes = 64 * 1024;
    std::optional<LogPosition> end{};  ///< Stops there; else it goes on for ever.
    bool skips_begun_line = false;     ///< Not to give out the rest of a line that began before.
  };

  LogStream(std::string service, LogPosition begin, Options options);

  /// The next whole line, or a part of a long one; nothing: there is no more at present. `now` is
  /// the time of lines whose arrival no index tells.
  Result<std::optional<Line>> next(const os::Fd& directory, std::int64_t now_realtime_ns);

  /// The last line as far as it has come.
  std::optional<Line> rest(const os::Fd& directory, std::int64_t now_realtime_ns);
  [[nodiscard]] std::size_t rest_bytes() const noexcept { return buffer_.size(); }

  [[nodiscard]] const std::string& service() const noexcept { return service_; }
  /// The file being read; closed while there is none.
  [[nodiscard]] const os::Fd& file() const noexcept { return fd_; }
  [[nodiscard]] std::uint64_t generation() const noexcept { return position_.generation; }

 private:
  Result<bool> fill(const os::Fd& directory);
  Result<bool> open_file(const os::Fd& directory);
  Result<bool> skip_lost_files(const os::Fd& directory);
  Result<bool> is_finished_now(const os::Fd& directory);
  Result<> go_to_next_file();
  Result<bool> was_cut_from_outside(const os::Fd& directory);
  [[nodiscard]] bool is_at_end() const noexcept;
  [[nodiscard]] std::size_t wanted_bytes() const noexcept;
  [[nodiscard]] std::int64_t time_of_front(const os::Fd& directory, std::int64_t now);
  Line line_of(const LineBuffer::Piece& piece, std::int64_t time);

  std::string service_;
  LogPosition position_;  ///< Of the next byte to read.
  Options options_;
  os::Fd fd_{};
  os::Fd previous_{};  ///< Held open, so that its inode cannot become that of another file.
  bool is_finished_ = false;
  LineBuffer buffer_{};
  std::vector<char> block_{};
  IndexCursor index_{};
  std::int64_t last_time_ = 0;
  bool is_amid_line_ = false;
  bool is_skipping_ = false;
};

}  // namespace tend::service
