#include "jobs/detached/recordings.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/try.hpp"

namespace tend::jobs {

namespace {

struct Open {
  JobIdentity identity{};
  RecordedAttempt attempt{};
};

/// An event of this type; anything else is no event of ours.
template <typename T>
Result<T> read_as(const Record& record) {
  const RecordedEvent event = TEND_TRY(read_event(record));
  const T* wanted = std::get_if<T>(&event);
  return wanted == nullptr ? Result<T>(refused("read record", "", "is another one than before"))
                           : *wanted;
}

/// The attempt that has begun under this number.
Result<RecordedAttempt*> find_open(std::map<AttemptId, Open>& open, AttemptId id,
                                   const std::string& path) {
  const auto place = open.find(id);
  return place == open.end()
             ? Result<RecordedAttempt*>(refused("read", path, "tells of what never began"))
             : &place->second.attempt;
}

}  // namespace

Result<> Recordings::add(const std::string& path) {
  const std::size_t number = files_.size();
  File file{.reader = TEND_TRY(RecordReader::open(path))};
  std::map<AttemptId, Open> open;
  while (const auto record = TEND_TRY(file.reader.next())) {
    const RecordedEvent event = TEND_TRY(read_event(*record));
    if (const auto* begin = std::get_if<RecordedBegin>(&event)) {
      open[begin->id] = {
          .identity = begin->identity,
          .attempt = {.attempt = begin->attempt, .slot = begin->slot, .file = number}};
    } else if (const auto* output = std::get_if<RecordedOutput>(&event)) {
      TEND_TRY(find_open(open, output->id, path))->output_offsets.push_back(record->offset);
    } else if (const auto* end = std::get_if<RecordedEnd>(&event)) {
      TEND_TRY(find_open(open, end->id, path))->end_offset = record->offset;
      Open ended = std::move(open.extract(end->id).mapped());
      insert(ended.identity, std::move(ended.attempt));
    } else {
      file.is_whole = true;
    }
  }
  for (auto& [id, lost] : open) {
    lost.attempt.output_offsets.clear();
    insert(lost.identity, std::move(lost.attempt));
  }
  files_.push_back(std::move(file));
  return {};
}

/// A result counts more than the sign that there was a beginning; of two results the first.
void Recordings::insert(const JobIdentity& identity, RecordedAttempt attempt) {
  std::vector<RecordedAttempt>& all = jobs_[identity];
  const auto same = std::ranges::find(all, attempt.attempt, &RecordedAttempt::attempt);
  if (same == all.end()) {
    all.push_back(std::move(attempt));
  } else if (!same->end_offset && attempt.end_offset) {
    *same = std::move(attempt);
  }
}

RecordedAttempt* Recordings::find(const JobIdentity& identity, unsigned attempt) {
  std::vector<RecordedAttempt>* all = attempts_at(identity);
  if (all == nullptr) {
    return nullptr;
  }
  const auto found = std::ranges::find(*all, attempt, &RecordedAttempt::attempt);
  return found == all->end() ? nullptr : &*found;
}

std::vector<RecordedAttempt>* Recordings::attempts_at(const JobIdentity& identity) {
  const auto found = jobs_.find(identity);
  return found == jobs_.end() ? nullptr : &found->second;
}

Result<RecordedEnd> Recordings::read_end(const RecordedAttempt& attempt) const {
  return read_as<RecordedEnd>(
      TEND_TRY(files_.at(attempt.file).reader.read_record(*attempt.end_offset)));
}

Result<OutputStream> Recordings::read_output(const RecordedAttempt& attempt, std::size_t number,
                                             std::string& bytes) const {
  const Record record =
      TEND_TRY(files_.at(attempt.file).reader.read_record(attempt.output_offsets.at(number)));
  const RecordedOutput output = TEND_TRY(read_as<RecordedOutput>(record));
  bytes += output.bytes;
  return output.stream;
}

std::size_t Recordings::result_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(jobs_, [](const auto& job) {
    return std::ranges::any_of(job.second,
                               [](const auto& attempt) { return attempt.end_offset.has_value(); });
  }));
}

std::size_t Recordings::unused_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(jobs_, [](const auto& job) {
    return std::ranges::any_of(job.second, [](const auto& attempt) {
      return attempt.end_offset.has_value() && !attempt.is_used;
    });
  }));
}

void Recordings::forget(const JobIdentity& identity) {
  if (std::vector<RecordedAttempt>* all = attempts_at(identity)) {
    for (RecordedAttempt& attempt : *all) {
      attempt.is_used = true;
    }
  }
}

}  // namespace tend::jobs
