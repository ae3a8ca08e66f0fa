#pragma once
// Several sources of items as one: linked ones go along with each other until the shortest ends;
// the others meet as every combination, the last one changing fastest. Pure over their streams. The
// first source is read as it comes; those that are gone through again and again are kept.

#include <vector>

#include "jobs/input/record_stream.hpp"

namespace tend::jobs {

/// Sources that go along with each other; not empty.
using LinkedStreams = std::vector<RecordStreamPtr>;

/// Records of all of them side by side. `groups` is not empty. More than 256 MiB of items to be
/// kept are an error.
[[nodiscard]] RecordStreamPtr combine(std::vector<LinkedStreams> groups);

}  // namespace tend::jobs
