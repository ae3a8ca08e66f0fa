#include "jobs/input/block_jobs.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t usual_block_bytes = std::size_t{1} << 20U;
constexpr std::size_t record_bytes_max = std::size_t{1} << 30U;

BlockLimits limits_of(const InputSpec& spec) {
  BlockLimits limits{.bytes = spec.block_bytes, .records = spec.at_most};
  if (!limits.bytes && !limits.records) {
    limits.bytes = usual_block_bytes;
  }
  return limits;
}

}  // namespace

BlockJobs::BlockJobs(const InputSpec& spec, ByteStream stream)
    : before_(script_words(spec)),
      template_(spec.line.command, {}),
      stream_(std::move(stream)),
      splitter_(limits_of(spec), spec.separator) {}

Job BlockJobs::job_of(std::string block) {
  Job job{.sequence = ++sequence_, .argv = before_, .input = std::move(block)};
  std::ranges::move(template_.expand({}, job.sequence), std::back_inserter(job.argv));
  return job;
}

Result<NextJob> BlockJobs::try_next() {
  while (true) {
    if (auto block = splitter_.next()) {
      return job_of(*std::move(block));
    }
    if (is_over_) {
      auto rest = splitter_.rest();
      return rest ? NextJob(job_of(*std::move(rest))) : NextJob(NoMoreJobs{});
    }
    if (splitter_.size() > record_bytes_max) {
      return refused(
          "--pipe", text::format("block {} of {}", sequence_ + 1, stream_.name()),
          text::format("is longer than {} MiB; is the separator right?", record_bytes_max >> 20U));
    }
    const NextPiece piece = TEND_TRY(stream_.read());
    if (const auto* wait = std::get_if<WaitForInput>(&piece)) {
      return *wait;
    }
    is_over_ = std::holds_alternative<EndOfStream>(piece);
    if (!is_over_) {
      splitter_.append(std::get<std::string_view>(piece));
    }
  }
}

Result<NextJob> BlockJobs::next() {
  Result<NextJob> next = try_next();
  if (!next) {  // A block that is cut somewhere is not for starting.
    is_over_ = true;
    splitter_ = BlockSplitter({.bytes = 1}, "\n");
  }
  return next;
}

}  // namespace tend::jobs
