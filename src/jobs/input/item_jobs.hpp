#pragma once
// ItemJobs: makes jobs of records: one or several records for each, put into the command's
// template. Pure over its stream.

#include <cstddef>
#include <optional>

#include "jobs/input/input_spec.hpp"
#include "jobs/input/record_stream.hpp"
#include "jobs/input/template.hpp"

namespace tend::jobs {

class ItemJobs final : public JobSource {
 public:
  ItemJobs(const InputSpec& spec, RecordStreamPtr records, std::size_t argument_bytes_max);

  Result<NextJob> next() override;
  std::optional<std::uint64_t> total() const override;

 private:
  Result<NextJob> try_next();
  [[nodiscard]] bool has_room_for(const Record& record) const;
  [[nodiscard]] bool is_oversized(const Record& record) const;
  void add(Record record);
  Job finish_job();
  void prepare_template();

  std::vector<std::string> words_;   ///< Of the command, until the template is made of them.
  std::vector<std::string> before_;  ///< What stands before the arguments: a shell and its script.
  bool is_script_in_items_;          ///< Items are what the shell is to do.
  std::optional<std::uint64_t> records_max_;
  bool fills_up_;
  std::size_t argument_bytes_max_;
  RecordStreamPtr records_;
  std::optional<Template> template_{};

  std::vector<std::string> items_{};  ///< Of the job in the making.
  std::uint64_t record_count_ = 0;    ///< In it.
  ItemSizes sizes_{};
  bool is_full_ = false;
  std::optional<Record> held_{};  ///< The first of the next job.
  std::uint64_t sequence_ = 0;
  bool is_over_ = false;
};

}  // namespace tend::jobs
