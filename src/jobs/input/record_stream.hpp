#pragma once
// RecordStream: items one after the other, as rows of one or more columns, from one source or from
// several that were combined. It never waits for its input (job_source.hpp).

#include <tend/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "jobs/input/job_source.hpp"

namespace tend::jobs {

using Record = std::vector<std::string>;

struct NoMoreRecords {};

using NextRecord = std::variant<Record, WaitForInput, NoMoreRecords>;

class RecordStream {
 public:
  virtual ~RecordStream() = default;

  [[nodiscard]] virtual Result<NextRecord> next() = 0;

  /// The names of the columns, known once next() has answered with anything but WaitForInput; empty
  /// where they have none.
  [[nodiscard]] virtual std::vector<std::string> names() const { return {}; }

  /// How many there will be, where that is known without reading.
  [[nodiscard]] virtual std::optional<std::uint64_t> total() const { return std::nullopt; }

 protected:
  RecordStream() = default;
  RecordStream(const RecordStream&) = default;
  RecordStream(RecordStream&&) = default;
  RecordStream& operator=(const RecordStream&) = default;
  RecordStream& operator=(RecordStream&&) = default;
};

using RecordStreamPtr = std::unique_ptr<RecordStream>;

}  // namespace tend::jobs
