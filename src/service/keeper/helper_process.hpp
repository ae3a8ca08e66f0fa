#pragma once
// The keeper's two helpers, director and recorder: started from the program that started us, and
// started again when they die. At once after a good life, with growing pauses after short ones.

#include "service/keeper/descriptor_store.hpp"

namespace tend::service::keeper {

struct HelperProcess {
  Helper which = Helper::director;
  int pid = 0;      ///< 0: not running.
  int socket = -1;  ///< Our end of its message pair.
  std::uint64_t started_ns = 0;
  std::uint64_t start_at_ns = 0;  ///< When it is to be started; meaningful while pid is 0.
  std::uint32_t short_lives = 0;  ///< In a row.
  bool is_done = false;           ///< It is not wanted any more.
};

/// Starts it with a fresh pair of sockets. On failure it is tried again later.
void start(HelperProcess& helper, const StateView& view, char* const* environment) noexcept;

/// Its process has ended: decides when the next one starts. The socket stays open, because messages
/// may wait in it; the caller drains and closes it.
void note_end(HelperProcess& helper, std::uint64_t now_ns) noexcept;

}  // namespace tend::service::keeper
