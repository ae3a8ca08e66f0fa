#pragma once
// BlockJobs: gives the command blocks of a stream as its standard input (--pipe).

#include <optional>

#include "jobs/input/block_splitter.hpp"
#include "jobs/input/byte_stream.hpp"
#include "jobs/input/input_spec.hpp"
#include "jobs/input/template.hpp"

namespace tend::jobs {

class BlockJobs final : public JobSource {
 public:
  BlockJobs(const InputSpec& spec, ByteStream stream);

  Result<NextJob> next() override;
  std::optional<std::uint64_t> total() const override { return std::nullopt; }

 private:
  Result<NextJob> try_next();
  Job job_of(std::string block);

  std::vector<std::string> before_;  ///< A shell and its script, where there is one.
  Template template_;
  ByteStream stream_;
  BlockSplitter splitter_;
  std::uint64_t sequence_ = 0;
  bool is_over_ = false;
};

}  // namespace tend::jobs
