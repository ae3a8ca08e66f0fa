#include "jobs/input/combination.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t kept_bytes_max = std::size_t{256} << 20U;

void append(Record& record, Record more) {
  record.insert(record.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

std::size_t bytes_of(const Record& record) {
  std::size_t bytes = sizeof(Record);
  for (const std::string& value : record) {
    bytes += sizeof(std::string) + value.size();
  }
  return bytes;
}

/// Item by item along several sources.
class Linked final : public RecordStream {
 public:
  explicit Linked(LinkedStreams streams) : streams_(std::move(streams)) {}

  Result<NextRecord> next() override {
    while (!is_over_ && at_ < streams_.size()) {
      NextRecord next = TEND_TRY(streams_[at_]->next());
      if (std::holds_alternative<WaitForInput>(next)) {
        return next;
      }
      is_over_ = std::holds_alternative<NoMoreRecords>(next);
      if (!is_over_) {
        append(row_, std::get<Record>(std::move(next)));
        ++at_;
      }
    }
    if (is_over_) {
      return NoMoreRecords{};
    }
    at_ = 0;
    return std::exchange(row_, {});
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const RecordStreamPtr& stream : streams_) {
      append(names, stream->names());
    }
    return names;
  }

  std::optional<std::uint64_t> total() const override {
    std::optional<std::uint64_t> least = streams_.front()->total();
    for (const RecordStreamPtr& stream : streams_) {
      const auto total = stream->total();
      least = least && total ? std::optional(std::min(*least, *total)) : std::nullopt;
    }
    return least;
  }

 private:
  LinkedStreams streams_;
  std::size_t at_ = 0;  ///< The stream that the row still needs a record of.
  Record row_{};
  bool is_over_ = false;
};

/// Every record of the first stream with every combination of the others.
class Product final : public RecordStream {
 public:
  Product(RecordStreamPtr first, std::vector<RecordStreamPtr> others)
      : first_(std::move(first)),
        others_(std::move(others)),
        kept_(others_.size()),
        digits_(others_.size()) {}

  Result<NextRecord> next() override {
    if (auto unready = TEND_TRY(keep_others())) {
      return *unready;
    }
    if (std::ranges::any_of(kept_, [](const auto& records) { return records.empty(); })) {
      return NoMoreRecords{};
    }
    if (!has_row_) {
      NextRecord next = TEND_TRY(first_->next());
      if (!std::holds_alternative<Record>(next)) {
        return next;
      }
      row_ = std::get<Record>(std::move(next));
      has_row_ = true;
    }
    Record record = row_;
    for (std::size_t place = 0; place < kept_.size(); ++place) {
      append(record, kept_[place][digits_[place]]);
    }
    has_row_ = count_up();
    return record;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names = first_->names();
    for (const RecordStreamPtr& stream : others_) {
      append(names, stream->names());
    }
    return names;
  }

  std::optional<std::uint64_t> total() const override {
    std::optional<std::uint64_t> product = first_->total();
    for (const RecordStreamPtr& stream : others_) {
      const auto total = stream->total();
      std::uint64_t more = 0;
      product = product && total && !__builtin_mul_overflow(*product, *total, &more)
                    ? std::optional(more)
                    : std::nullopt;
    }
    return product;
  }

 private:
  /// Reads the streams that are kept to their ends; what stands in the way of that.
  Result<std::optional<NextRecord>> keep_others() {
    while (keeping_ < others_.size()) {
      NextRecord next = TEND_TRY(others_[keeping_]->next());
      if (std::holds_alternative<WaitForInput>(next)) {
        return next;
      }
      if (std::holds_alternative<NoMoreRecords>(next)) {
        ++keeping_;
        continue;
      }
      kept_bytes_ += bytes_of(std::get<Record>(next));
      if (kept_bytes_ > kept_bytes_max) {
        return refused("items", "every combination",
                       text::format("the sources behind the first one have more than {} MiB; put "
                                    "the large one first, or link them (:::+)",
                                    kept_bytes_max >> 20U));
      }
      kept_[keeping_].push_back(std::get<Record>(std::move(next)));
    }
    return std::nullopt;
  }

  /// The next combination; false after the last one.
  bool count_up() {
    for (std::size_t place = kept_.size(); place-- > 0;) {
      if (++digits_[place] < kept_[place].size()) {
        return true;
      }
      digits_[place] = 0;
    }
    return false;
  }

  RecordStreamPtr first_;
  std::vector<RecordStreamPtr> others_;
  std::vector<std::vector<Record>> kept_;
  std::vector<std::size_t> digits_;  ///< Which record of each of the others comes next.
  std::size_t keeping_ = 0;
  std::size_t kept_bytes_ = 0;
  Record row_{};
  bool has_row_ = false;
};

RecordStreamPtr linked(LinkedStreams streams) {
  return streams.size() == 1 ? std::move(streams.front())
                             : std::make_unique<Linked>(std::move(streams));
}

}  // namespace

RecordStreamPtr combine(std::vector<LinkedStreams> groups) {
  std::vector<RecordStreamPtr> streams;
  for (LinkedStreams& group : groups) {
    streams.push_back(linked(std::move(group)));
  }
  RecordStreamPtr first = std::move(streams.front());
  streams.erase(streams.begin());
  return streams.empty() ? std::move(first)
                         : std::make_unique<Product>(std::move(first), std::move(streams));
}

}  // namespace tend::jobs
