#include "jobs/front/progress_line.hpp"

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t bar_columns = 20;

/// At the pace so far.
std::optional<std::chrono::nanoseconds> time_left(const ProgressState& state) {
  const std::uint64_t over = state.counts.done() + state.counts.unfinished;
  if (!state.total || over == 0 || *state.total < over) {
    return std::nullopt;
  }
  const double seconds = std::chrono::duration<double>(state.elapsed).count() *
                         static_cast<double>(*state.total - over) / static_cast<double>(over);
  constexpr double longest = 1e9;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(std::min(seconds, longest)));
}

}  // namespace

std::string progress_words(const ProgressState& state) {
  std::string words = state.total ? text::format("{} of {} done", state.counts.done(), *state.total)
                                  : text::format("{} done", state.counts.done());
  if (state.counts.failed > 0) {
    words += text::format(", {} failed", state.counts.failed);
  }
  words += text::format(", {} running", state.running);
  if (const auto left = time_left(state)) {
    words += ", " + human_duration(*left) + " left";
  }
  return words;
}

std::string progress_bar(const ProgressState& state, std::size_t columns) {
  std::string line;
  if (state.total && *state.total > 0) {
    const double share =
        std::min(1.0, static_cast<double>(state.counts.done()) / static_cast<double>(*state.total));
    const auto full = static_cast<std::size_t>(share * static_cast<double>(bar_columns));
    line = text::format("[{}{}] {:>3}% ", std::string(full, '#'),
                        std::string(bar_columns - full, '-'), static_cast<int>(share * 100));
  }
  line += progress_words(state);
  // A line that reaches the edge would wrap, and could not be erased.
  if (columns > 0 && line.size() >= columns) {
    line.resize(columns - 1);
  }
  return line;
}

}  // namespace tend::jobs
