#include "jobs/input/sources.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/input/byte_stream.hpp"
#include "jobs/input/csv_splitter.hpp"
#include "jobs/input/item_splitter.hpp"

namespace tend::jobs {

namespace {

/// Cuts an item at every column separator; without one it is one column.
Record columns_of(std::string_view item, const std::optional<std::string>& separator) {
  Record columns;
  while (separator) {
    const std::size_t end = item.find(*separator);
    if (end == std::string_view::npos) {
      break;
    }
    columns.emplace_back(item.substr(0, end));
    item.remove_prefix(end + separator->size());
  }
  columns.emplace_back(item);
  return columns;
}

std::unexpected<Error> holds_nul(std::string subject) {
  return refused("items", std::move(subject),
                 "has a NUL byte, which no argument can hold; with -0 items end there");
}

/// Words of the command line.
class Words final : public RecordStream {
 public:
  Words(std::vector<std::string> words, std::optional<std::string> column_separator)
      : words_(std::move(words)), column_separator_(std::move(column_separator)) {}

  Result<NextRecord> next() override {
    if (at_ == words_.size()) {
      return NoMoreRecords{};
    }
    return columns_of(words_[at_++], column_separator_);
  }

  std::optional<std::uint64_t> total() const override { return words_.size(); }

 private:
  std::vector<std::string> words_;
  std::optional<std::string> column_separator_;
  std::size_t at_ = 0;
};

/// Items of a file.
class Items final : public RecordStream {
 public:
  Items(ByteStream stream, std::string separator, std::optional<std::string> column_separator)
      : stream_(std::move(stream)),
        splitter_(std::move(separator)),
        column_separator_(std::move(column_separator)) {}

  Result<NextRecord> next() override {
    while (true) {
      if (const auto item = splitter_.next()) {
        return record_of(*item);
      }
      if (splitter_.is_too_long()) {
        return refused("items", where(count_ + 1),
                       text::format("is longer than {} MiB; is the separator right?",
                                    ItemSplitter::item_bytes_max >> 20U));
      }
      const NextPiece piece = TEND_TRY(stream_.read());
      if (const auto* wait = std::get_if<WaitForInput>(&piece)) {
        return *wait;
      }
      if (std::holds_alternative<EndOfStream>(piece)) {
        const auto item = splitter_.rest();
        return item ? record_of(*item) : NoMoreRecords{};
      }
      splitter_.append(std::get<std::string_view>(piece));
    }
  }

 private:
  [[nodiscard]] std::string where(std::uint64_t item) const {
    return text::format("item {} of {}", item, stream_.name());
  }

  Result<NextRecord> record_of(std::string_view item) {
    ++count_;
    if (item.contains('\0')) {
      return holds_nul(where(count_));
    }
    return columns_of(item, column_separator_);
  }

  ByteStream stream_;
  ItemSplitter splitter_;
  std::optional<std::string> column_separator_;
  std::uint64_t count_ = 0;
};

/// Rows of a CSV file, whose first one has the names.
class Rows final : public RecordStream {
 public:
  Rows(ByteStream stream, char separator) : stream_(std::move(stream)), splitter_(separator) {}

  Result<NextRecord> next() override {
    while (true) {
      if (auto row = splitter_.next()) {
        if (!has_names_) {
          names_ = std::move(row->fields);
          has_names_ = true;
          continue;
        }
        return record_of(*std::move(row));
      }
      if (is_over_) {
        return NoMoreRecords{};
      }
      const NextPiece piece = TEND_TRY(stream_.read());
      if (const auto* wait = std::get_if<WaitForInput>(&piece)) {
        return *wait;
      }
      is_over_ = std::holds_alternative<EndOfStream>(piece);
      auto taken =
          is_over_ ? splitter_.finish() : splitter_.append(std::get<std::string_view>(piece));
      if (!taken) {
        return std::unexpected(std::move(taken).error().within(stream_.name()));
      }
    }
  }

  std::vector<std::string> names() const override { return names_; }

 private:
  Result<NextRecord> record_of(CsvRecord row) {
    const std::string where = text::format("line {} of {}", row.line, stream_.name());
    if (row.fields.size() != names_.size()) {
      return refused("csv", where,
                     text::format("has {} columns, but the first line names {}", row.fields.size(),
                                  names_.size()));
    }
    for (const std::string& field : row.fields) {
      if (field.contains('\0')) {
        return holds_nul(where);
      }
    }
    return std::move(row.fields);
  }

  ByteStream stream_;
  CsvSplitter splitter_;
  std::vector<std::string> names_{};
  bool has_names_ = false;
  bool is_over_ = false;
};

}  // namespace

Result<RecordStreamPtr> open_source(const ItemSource& source, const InputSpec& spec) {
  const auto column_separator =
      spec.format == ItemFormat::columns ? std::optional(spec.column_separator) : std::nullopt;
  if (!source.path) {
    return std::make_unique<Words>(source.words, column_separator);
  }
  ByteStream stream = TEND_TRY(ByteStream::open(*source.path));
  if (spec.format == ItemFormat::csv) {
    return std::make_unique<Rows>(std::move(stream), spec.column_separator.front());
  }
  return std::make_unique<Items>(std::move(stream), spec.separator, column_separator);
}

}  // namespace tend::jobs
