#pragma once
// What the words of `tend run` say about its input: which jobs there are to be.

#include "cli/options.hpp"
#include "jobs/input/input_spec.hpp"

namespace tend::cli {

[[nodiscard]] Outcome<jobs::InputSpec> input_spec_of(const Invocation& invocation);

}  // namespace tend::cli
