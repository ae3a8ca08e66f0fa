#pragma once
// From the wishes of a Command to a running child of ours.

#include <tend/command.hpp>
#include <tend/error.hpp>

#include <memory>

#include "process/child_state.hpp"
#include "process/streams.hpp"

namespace tend::process {

Result<std::shared_ptr<Child::State>> launch(const Command::Wishes& wishes, Verb verb);

}  // namespace tend::process
