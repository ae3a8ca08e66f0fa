// The director and readiness: probes that ask, and notifications that tell.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "service/director/director.hpp"

namespace tend::service {

namespace {

/// At most `bytes_max` bytes of UTF-8, cut between two characters.
std::size_t whole_characters(const std::string& text, std::size_t bytes_max) {
  std::size_t bytes = std::min(text.size(), bytes_max);
  const auto continues = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
  };
  while (bytes > 0 && continues(bytes)) {
    --bytes;
  }
  return bytes;
}

}  // namespace

void Director::watch_ready(ServiceUnit& unit) {
  if (unit.spec->ready.means == ReadyMeans::none || unit.spec->ready.means == ReadyMeans::notify) {
    return;
  }
  ProbeSurroundings surroundings{
      .spec = *unit.spec,
      .started = os::Instant(std::chrono::nanoseconds(unit.state().started_ns))};
  if (unit.spec->ready.means == ReadyMeans::fd) {
    surroundings.line = starter_->take_ready_pipe(unit.index, unit.state().run);
  }
  unit.probe = std::make_unique<Probe>(loop_, unit.spec->ready, std::move(surroundings),
                                       [this, &unit, run = unit.state().run] {
                                         Event ready = event(Event::Type::ready, unit);
                                         ready.run = run;
                                         apply(unit, ready);
                                       });
}

void Director::unwatch_ready(ServiceUnit& unit) { unit.probe.reset(); }

void Director::read_notifications(ServiceUnit& unit) {
  const auto received = world_.receive_notifications(unit.notify);
  if (!received) {
    return;
  }
  for (const Notification& notification : received->list) {
    const std::int32_t sender = notification.sender.pid;
    // A sender that is already gone cannot be looked up: its uid must do (supervisor's contract).
    // It is asked for last, because it may go while we look. Before there is a process of this run
    // it can only have belonged to the one before.
    const bool is_ours = trees_->is_member(tree_of(unit), sender).value_or(false) ||
                         (leader_pid(unit) != 0 && !world_.stat_of(sender) &&
                          notification.sender.uid == world_.uid_of(*unit.spec));
    if (!is_ours) {
      ++unit.record.notes_ignored;
      continue;
    }
    const NotifyMessage& message = notification.message;
    if (message.status) {
      const std::size_t bytes =
          whole_characters(*message.status, sizeof unit.record.status_text - 1);
      std::copy_n(message.status->begin(), bytes, unit.record.status_text);
      unit.record.status_text[bytes] = '\0';
      state_.set_record(unit.index, unit.record);
    }
    if (message.reloading) {
      apply(unit, event(Event::Type::reloading, unit));
    }
    if (message.ready) {
      apply(unit, event(Event::Type::ready, unit));
    }
    if (message.extend_timeout) {
      Event extend = event(Event::Type::extend, unit);
      extend.duration_ns = std::chrono::nanoseconds(*message.extend_timeout).count();
      apply(unit, extend);
    }
  }
}

}  // namespace tend::service
