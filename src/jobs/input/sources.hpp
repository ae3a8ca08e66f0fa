#pragma once
// Single sources of items (input_spec.hpp), as streams of records.

#include "jobs/input/input_spec.hpp"
#include "jobs/input/record_stream.hpp"

namespace tend::jobs {

/// The items of one source, cut into columns where the spec says so. Files are opened at once.
[[nodiscard]] Result<RecordStreamPtr> open_source(const ItemSource& source, const InputSpec& spec);

}  // namespace tend::jobs
