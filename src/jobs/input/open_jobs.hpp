#pragma once
// From what the command line says to the jobs themselves.

#include <cstddef>
#include <memory>

#include "jobs/input/input_spec.hpp"
#include "jobs/input/job_source.hpp"

namespace tend::jobs {

/// `argument_bytes_max`: how much room the kernel leaves for the arguments of a job
/// (os::argument_bytes_max()); only -X looks at it. Errors: those of check(), and files that cannot
/// be opened.
[[nodiscard]] Result<std::unique_ptr<JobSource>> open_jobs(const InputSpec& spec,
                                                           std::size_t argument_bytes_max);

}  // namespace tend::jobs
