#pragma once
// Lines of output: cut out of any bytes, without I/O, or read from a child as they come.
//
//   auto child = tend::Command("make").out(Stdio::pipe()).err(Stdio::pipe()).spawn();
//   tend::LineReader lines = child->lines();
//   while (auto line = *lines.next(30s)) {
//     show(line->text);
//   }
//
// A line is what lies before a newline; nothing else is touched: NUL bytes, carriage returns and
// broken UTF-8 arrive as they were written.

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/until.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend {

/// Where a line ended.
enum class LineEnd : std::uint8_t {
  newline,        ///< It is not part of the text.
  end_of_stream,  ///< The last line, without a newline.
  limit,          ///< The line is longer than the limit; the next one goes on with it.
};

/// Which of the two streams it came from.
enum class OutputStream : std::uint8_t { out, err };

/// One line, or a piece of a longer one.
struct Line {
  OutputStream stream = OutputStream::out;
  std::string text{};
  LineEnd end = LineEnd::newline;

  bool operator==(const Line&) const = default;
};

/// How long a line may be before it comes in pieces.
inline constexpr std::size_t line_bytes_default = std::size_t{64} << 20;

/// Cuts a stream of bytes, in pieces of any size, into lines.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max = line_bytes_default,
                        OutputStream stream = OutputStream::out)
      : line_bytes_max_(line_bytes_max < 1 ? 1 : line_bytes_max), stream_(stream) {}

  /// The next bytes of the stream.
  void add(std::string_view bytes);

  /// No more comes: what is left is the last line.
  void end() { has_ended_ = true; }

  /// The next line that is whole; nothing: more has to be added first, or all have been taken.
  std::optional<Line> next();

 private:
  Line take(std::size_t length, LineEnd end);

  std::string buffer_{};
  std::size_t begin_ = 0;    ///< Before it everything has been taken.
  std::size_t scanned_ = 0;  ///< Between begin_ and here there is no newline.
  std::size_t line_bytes_max_;
  OutputStream stream_;
  bool has_ended_ = false;
};

/// For OutputSinks: calls back with every line.
[[nodiscard]] std::function<void(std::string_view)> by_line(
    std::function<void(const Line&)> callback, OutputStream stream = OutputStream::out,
    std::size_t line_bytes_max = line_bytes_default);

/// Reads lines from one or two descriptors, in the order in which they become whole; between the
/// two streams that order is only roughly the one in which they were written.
class LineReader {
 public:
  /// One of them may be closed.
  LineReader(Fd out, Fd err, std::size_t line_bytes_max = line_bytes_default);

  /// The next line; nothing: both streams are at their end. ETIMEDOUT: no whole line came in time;
  /// nothing is lost, the next call goes on.
  Result<std::optional<Line>> next(Until until = {});

  /// For event loops; closed when that stream is at its end.
  [[nodiscard]] const Fd& out() const { return sides_[0].fd; }
  [[nodiscard]] const Fd& err() const { return sides_[1].fd; }

 private:
  struct Side {
    Fd fd{};
    LineSplitter splitter;
  };

  Result<> fill(Side& side);

  std::array<Side, 2> sides_;
  std::vector<char> buffer_{};
  std::size_t turn_ = 0;  ///< Which side is asked first: both get their turn.
};

}  // namespace tend
