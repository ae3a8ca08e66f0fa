#pragma once
// From the wishes of a Command to a running child: opens its files and pipes, resolves user and
// environment, starts it. What cannot be opened is the error, named, before anything is started.

#include <tend/command.hpp>
#include <tend/error.hpp>

#include <memory>

#include "process/child_state.hpp"

namespace tend::process {

/// The verbs differ in what the three standard streams are when nothing was said.
enum class Verb { spawn, status, capture };

Result<std::shared_ptr<Child::State>> launch(const Command::Wishes& wishes, Verb verb);

/// The KEY=VALUE list that the child of these wishes gets.
Result<std::vector<std::string>> environment_for(const Command::Wishes& wishes);

}  // namespace tend::process
