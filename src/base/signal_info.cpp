#include <tend/signal.hpp>
#include <tend/signal_info.hpp>

#include <csignal>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace tend {

namespace {

/// Codes from 1 to 6 mean something else for each signal; for SIGCHLD they are these.
std::string_view words_for_child(std::int32_t code) {
  switch (code) {
    case CLD_EXITED: return "a child exited";
    case CLD_KILLED: return "a child was killed";
    case CLD_DUMPED: return "a child was killed and dumped core";
    case CLD_TRAPPED: return "a traced child stopped";
    case CLD_STOPPED: return "a child stopped";
    case CLD_CONTINUED: return "a child continued";
    default: return "a child changed";
  }
}

std::string_view words_for(const SignalInfo& info) {
  switch (info.code) {
    case SI_USER: return "kill";
    case SI_QUEUE: return "sigqueue";
    case SI_TKILL: return "tgkill, to one thread";
    case SI_TIMER: return "a timer";
    case SI_MESGQ: return "a message queue";
    case SI_ASYNCIO: return "asynchronous I/O";
    case SI_SIGIO: return "I/O is possible";
    case SI_KERNEL: return "the kernel";
    default: break;
  }
  return info.number == SIGCHLD ? words_for_child(info.code) : "the kernel";
}

}  // namespace

std::string SignalInfo::description() const {
  const std::string name = signal_name(number);
  if (sender_pid == 0) {
    return text::format("{} ({})", name, words_for(*this));
  }
  return text::format("{} from process {} of user {} ({})", name, sender_pid, sender_uid,
                      words_for(*this));
}

}  // namespace tend
