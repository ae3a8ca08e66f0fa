#pragma once
// `tend top` between two keys: what is selected, how it is sorted, what is being asked. A key leads
// to a new state and at most one wish, which the caller fulfils. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/keys.hpp"
#include "cli/top/observation.hpp"

namespace tend::cli {

enum class TopSort : std::uint8_t { cpu, memory, time, pid, name };
enum class TopPane : std::uint8_t { services, jobs, processes };
enum class TopMode : std::uint8_t { list, filter, question, page };

/// What the person wants done.
struct TopWish {
  enum class Kind : std::uint8_t {
    none,
    quit,
    suspend,
    redraw,
    stop,
    restart,
    kill,
    pause,
    resume,
    show_logs,
    show_process,
  };
  Kind kind = Kind::none;
  std::string service{};  ///< `shop/web`; empty: a process is meant.
  inspect::Identity process{};
  bool is_job = false;  ///< `process` is the first one of a job: all below it is meant too.
  std::string title{};  ///< How the question and the answer call it.

  bool operator==(const TopWish&) const = default;
};

struct TopState {
  TopPane pane = TopPane::processes;
  TopMode mode = TopMode::list;
  TopSort sort = TopSort::cpu;
  bool shows_kernel_threads = false;
  std::string filter{};
  std::string selected_service{};        ///< `shop/web`; empty: the first.
  RunJob selected_job{};                 ///< run 0: the first.
  inspect::Identity selected_process{};  ///< pid 0: the first.
  std::size_t page_rows = 10;            ///< How far a page key goes; set by the caller.
  TopWish question{};                    ///< TopMode::question: what `y` does.
  std::string message{};                 ///< What came of the last wish.
  TopWish page_of{};                     ///< TopMode::page: what is shown.
  std::size_t page_offset = 0;
};

/// The processes that pass the filter, in order: indices into the observation.
[[nodiscard]] std::vector<std::size_t> visible_processes(const TopState& state,
                                                         const Observation& seen);

/// The pane that keys are about: that of the state, unless there is nothing in it.
[[nodiscard]] TopPane active_pane(const TopState& state, const Observation& seen);

/// Where the selection is in the list of its pane; the first, if what was selected is gone.
[[nodiscard]] std::size_t selected_service(const TopState& state, const Observation& seen);
[[nodiscard]] std::size_t selected_job(const TopState& state, const Observation& seen);
[[nodiscard]] std::size_t selected_row(const TopState& state, const Observation& seen,
                                       const std::vector<std::size_t>& visible);

struct TopStep {
  TopState state{};
  TopWish wish{};
};
[[nodiscard]] TopStep press(TopState state, const Key& key, const Observation& seen);

}  // namespace tend::cli
