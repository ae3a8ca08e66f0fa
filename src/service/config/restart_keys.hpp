#pragma once
// The keys `restart` and `stop`: what follows the end of a run, and how one is ended.

#include <vector>

#include "service/config/key_reader.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// A word (always, failure, never), or a table. `by_default` is what a table without `when` means.
[[nodiscard]] RestartPolicy read_restart(const Node& node, RestartWhen by_default,
                                         const Reading& reading);

/// A list of stages such as [["TERM", "8s"], ["KILL"]]. A ladder without KILL gets it at its end:
/// after the last stage nothing of the service may be left. Empty when it is wrong.
[[nodiscard]] std::vector<StopStage> read_stop(const Node& node, const Reading& reading);

}  // namespace tend::service::config
