#include "jobs/input/csv_splitter.hpp"

#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

// Excel and others put it in front of their UTF-8.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

std::unexpected<Error> CsvSplitter::wrong(std::uint64_t line, std::string detail) const {
  return refused("csv", text::format("line {}", line), std::move(detail));
}

void CsvSplitter::end_field() {
  record_.fields.push_back(std::exchange(field_, {}));
  place_ = Place::field_start;
}

void CsvSplitter::end_record() {
  if (place_ == Place::plain && field_.ends_with('\r')) {
    field_.pop_back();
    is_blank_ = is_blank_ || (field_.empty() && record_.fields.empty());
  }
  if (!is_blank_) {
    end_field();
    ready_.push_back(std::move(record_));
  }
  field_.clear();
  place_ = Place::field_start;
  is_blank_ = true;
  record_bytes_ = 0;
  record_ = CsvRecord{.line = line_ + 1};
}

void CsvSplitter::take_outside(char byte) {
  if (byte == '\n') {
    end_record();
    ++line_;
    return;
  }
  is_blank_ = false;
  if (byte == separator_) {
    end_field();
  } else if (byte == '"' && place_ == Place::field_start) {
    place_ = Place::quoted;
    quote_line_ = line_;
  } else {
    place_ = Place::plain;
    field_ += byte;
  }
}

Result<> CsvSplitter::take_after_quote(char byte) {
  if (byte == '"' && place_ == Place::closed) {
    place_ = Place::quoted;
    field_ += '"';
  } else if (byte == '\r' && place_ == Place::closed) {
    place_ = Place::closed_cr;
  } else if (byte == '\n' || (byte == separator_ && place_ == Place::closed)) {
    take_outside(byte);
  } else {
    return wrong(line_,
                 "there is text behind a closing quote; a quote in a field is written twice");
  }
  return {};
}

Result<> CsvSplitter::take(char byte) {
  switch (place_) {
    case Place::field_start:
    case Place::plain: take_outside(byte); return {};
    case Place::closed:
    case Place::closed_cr: return take_after_quote(byte);
    case Place::quoted: break;
  }
  if (byte == '"') {
    place_ = Place::closed;
    return {};
  }
  line_ += byte == '\n' ? 1 : 0;
  field_ += byte;
  return {};
}

Result<> CsvSplitter::append(std::string_view bytes) {
  if (is_past_mark_) {
    return append_past_mark(bytes);
  }
  head_.append(bytes);
  if (head_.size() < byte_order_mark.size() && byte_order_mark.starts_with(head_)) {
    return {};
  }
  is_past_mark_ = true;
  const std::string head = std::exchange(head_, {});
  const bool has_mark = head.starts_with(byte_order_mark);
  return append_past_mark(std::string_view(head).substr(has_mark ? byte_order_mark.size() : 0));
}

Result<> CsvSplitter::append_past_mark(std::string_view bytes) {
  for (const char byte : bytes) {
    if (++record_bytes_ > record_bytes_max) {
      return wrong(record_.line,
                   text::format("is longer than {} bytes; is a quote missing?", record_bytes_max));
    }
    TEND_TRY(take(byte));
  }
  return {};
}

Result<> CsvSplitter::finish() {
  if (!is_past_mark_) {  // Shorter than the mark, so it is none.
    is_past_mark_ = true;
    TEND_TRY(append_past_mark(std::exchange(head_, {})));
  }
  if (place_ == Place::quoted) {
    return wrong(quote_line_, "the quote that is opened here is never closed");
  }
  end_record();
  return {};
}

std::optional<CsvRecord> CsvSplitter::next() {
  if (ready_.empty()) {
    return std::nullopt;
  }
  CsvRecord record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

}  // namespace tend::jobs
