#pragma once
// What a state means, in words for people: the `reason` of status, the lines the viewer shows, the
// last exit. Pure: from states and specs to sentences.

#include <optional>
#include <string>
#include <vector>

#include "service/control/control_message.hpp"
#include "service/director/service_state.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// What a sentence may need beyond the state.
struct Circumstances {
  std::int64_t now_ns = 0;
  std::int32_t pid = 0;                    ///< Of the leader; 0: none.
  std::vector<std::string> waiting_for{};  ///< Names that hold it back.
  std::string problem{};                   ///< The last thing a probe found.
  std::size_t leftovers = 0;               ///< stopping: how many processes still live.
};

/// `exited with 3`, `exec ./server: No such file or directory`; absent before the first end.
[[nodiscard]] std::optional<LastExit> last_exit(const Outcome& outcome, const ServiceSpec& spec);

/// One sentence: why it is in this phase, and what comes next.
[[nodiscard]] std::string reason(const ServiceState& state, const ServiceSpec& spec,
                                 const Circumstances& circumstances);

/// What has just happened, for those who watch; empty when nothing that a person wants to see.
struct Happening {
  std::string text{};
  bool is_bad = false;
};
[[nodiscard]] Happening happening(const ServiceState& before, const ServiceState& after,
                                  const ServiceSpec& spec, const Circumstances& circumstances);

/// The exit code of a project whose essential service ended like this: its code, 128 + signal, 126
/// or 127 when it could not be executed.
[[nodiscard]] int exit_code_of(const Outcome& outcome) noexcept;

}  // namespace tend::service
