#pragma once
// What start, stop and restart have in common: they ask for something, wait, and say what came of
// it.

#include "cli/options.hpp"
#include "cli/target.hpp"
#include "service/control/control_message.hpp"

namespace tend::cli {

/// Asks for `verb` on the named services and prints the state of each afterwards.
Outcome<int> wish(const Invocation& invocation, service::Verb verb);

/// The same for a project that is known already.
Outcome<int> wish_in(const Target& target, const Invocation& invocation, service::Verb verb);

}  // namespace tend::cli
