#include "jobs/input/item_jobs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

// MAX_ARG_STRLEN: 32 pages, with the NUL byte (execve(2)); pages may be larger, never smaller.
constexpr std::size_t argument_bytes_limit = std::size_t{128} * 1024 - 1;

std::size_t bytes_of(std::span<const std::string> arguments) {
  std::size_t bytes = 0;
  for (const std::string& argument : arguments) {
    bytes += argument.size() + 1 + sizeof(char*);
  }
  return bytes;
}

}  // namespace

ItemJobs::ItemJobs(const InputSpec& spec, RecordStreamPtr records, std::size_t argument_bytes_max)
    : words_(spec.line.command),
      before_(script_words(spec)),
      is_script_in_items_(spec.line.command.empty() && !spec.script),
      records_max_(spec.fills_up ? spec.at_most : spec.at_most.value_or(1)),
      fills_up_(spec.fills_up),
      records_(std::move(records)) {
  argument_bytes_max_ = argument_bytes_max - std::min(argument_bytes_max, bytes_of(before_));
}

std::optional<std::uint64_t> ItemJobs::total() const {
  const auto records = records_->total();
  if (!records || fills_up_) {
    return std::nullopt;
  }
  return *records / *records_max_ + (*records % *records_max_ == 0 ? 0 : 1);
}

/// The names of the columns are known with the first record only.
void ItemJobs::prepare_template() {
  if (template_) {
    return;
  }
  template_.emplace(words_, records_->names());
  if (!template_->has_places()) {
    template_->append_items();
  }
}

bool ItemJobs::is_oversized(const Record& record) const {
  return std::ranges::any_of(record, [&](const std::string& item) {
    return template_->argument_bytes_at_most(item) > argument_bytes_limit;
  });
}

bool ItemJobs::has_room_for(const Record& record) const {
  if (record_count_ == 0) {
    return true;
  }
  if (is_full_ || record_count_ == records_max_) {
    return false;
  }
  if (!fills_up_) {
    return true;
  }
  ItemSizes sizes = sizes_;
  std::ranges::for_each(record, [&](const std::string& item) { sizes.add(item); });
  return !is_oversized(record) && template_->bytes_at_most(sizes) <= argument_bytes_max_;
}

void ItemJobs::add(Record record) {
  // What the kernel will refuse stands alone, so that it takes no other item with it.
  is_full_ = fills_up_ && is_oversized(record);
  std::ranges::for_each(record, [&](const std::string& item) { sizes_.add(item); });
  std::ranges::move(record, std::back_inserter(items_));
  ++record_count_;
}

Job ItemJobs::finish_job() {
  Job job{.sequence = ++sequence_, .argv = before_};
  if (is_script_in_items_) {
    job.argv.push_back(with_pipefail(text::join(items_, " ")));
  } else {
    std::ranges::move(template_->expand(items_, job.sequence), std::back_inserter(job.argv));
  }
  job.items = std::exchange(items_, {});
  record_count_ = 0;
  sizes_ = {};
  is_full_ = false;
  return job;
}

Result<NextJob> ItemJobs::try_next() {
  while (true) {
    if (held_) {
      add(*std::exchange(held_, std::nullopt));
    }
    if (record_count_ == records_max_) {
      return finish_job();
    }
    NextRecord next = is_over_ ? NextRecord(NoMoreRecords{}) : TEND_TRY(records_->next());
    if (const auto* wait = std::get_if<WaitForInput>(&next)) {
      return *wait;
    }
    if (std::holds_alternative<NoMoreRecords>(next)) {
      is_over_ = true;
      return record_count_ > 0 ? NextJob(finish_job()) : NextJob(NoMoreJobs{});
    }
    prepare_template();
    held_ = std::get<Record>(std::move(next));
    if (!has_room_for(*held_)) {
      return finish_job();
    }
  }
}

Result<NextJob> ItemJobs::next() {
  Result<NextJob> next = try_next();
  if (!next) {  // The job in the making may lack what could not be read: it is not for starting.
    is_over_ = true;
    items_.clear();
    record_count_ = 0;
  }
  return next;
}

}  // namespace tend::jobs
