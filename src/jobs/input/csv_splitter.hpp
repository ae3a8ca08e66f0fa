#pragma once
// CsvSplitter: comma-separated values (RFC 4180) from a stream of bytes, wherever its pieces are
// cut. Pure. Fields may be quoted, and then hold separators, newlines and doubled quotes; lines end
// with LF or CRLF; empty lines are skipped, and so is a byte order mark at the very beginning.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::jobs {

struct CsvRecord {
  std::uint64_t line = 0;  ///< Where it begins, from 1.
  std::vector<std::string> fields{};

  bool operator==(const CsvRecord&) const = default;
};

class CsvSplitter {
 public:
  static constexpr std::size_t record_bytes_max = std::size_t{16} << 20U;

  explicit CsvSplitter(char separator = ',') : separator_(separator) {}

  /// Takes more of the stream. Errors name the line: text behind a closing quote, a record that is
  /// too long. Nothing may be appended after one.
  Result<> append(std::string_view bytes);

  /// The end of the stream, which ends the last record too. Error: a quote that was never closed.
  Result<> finish();

  /// The next whole record; absent: it needs more of the stream.
  [[nodiscard]] std::optional<CsvRecord> next();

 private:
  enum class Place : std::uint8_t {
    field_start,
    plain,
    quoted,
    closed,     ///< Behind a quote that ended the field, or is the first of two.
    closed_cr,  ///< Behind that and a CR.
  };

  Result<> append_past_mark(std::string_view bytes);
  Result<> take(char byte);
  Result<> take_after_quote(char byte);
  void take_outside(char byte);
  void end_field();
  void end_record();
  [[nodiscard]] std::unexpected<Error> wrong(std::uint64_t line, std::string detail) const;

  char separator_;
  std::string head_{};  ///< The first bytes, as long as they may be a byte order mark.
  bool is_past_mark_ = false;
  Place place_ = Place::field_start;
  std::uint64_t line_ = 1;
  std::uint64_t quote_line_ = 1;  ///< Of the quote that was opened last.
  std::size_t record_bytes_ = 0;
  bool is_blank_ = true;  ///< The line so far has nothing on it, not even quotes.
  std::string field_{};
  CsvRecord record_{.line = 1};
  std::deque<CsvRecord> ready_{};
};

}  // namespace tend::jobs
