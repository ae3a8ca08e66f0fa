#include "jobs/input/open_jobs.hpp"

#include <utility>
#include <vector>

#include "base/try.hpp"
#include "jobs/input/block_jobs.hpp"
#include "jobs/input/combination.hpp"
#include "jobs/input/item_jobs.hpp"
#include "jobs/input/sources.hpp"

namespace tend::jobs {

Result<std::unique_ptr<JobSource>> open_jobs(const InputSpec& spec,
                                             std::size_t argument_bytes_max) {
  TEND_TRY(check(spec));
  if (spec.is_piped) {
    return std::make_unique<BlockJobs>(spec, TEND_TRY(ByteStream::open("-")));
  }
  std::vector<LinkedStreams> groups;
  for (const ItemSource& source : spec.line.sources) {
    if (!source.is_linked) {
      groups.emplace_back();
    }
    groups.back().push_back(TEND_TRY(open_source(source, spec)));
  }
  return std::make_unique<ItemJobs>(spec, combine(std::move(groups)), argument_bytes_max);
}

}  // namespace tend::jobs
