#include "process/send_signal.hpp"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "process/signal_refusal.hpp"

namespace tend::process {

namespace {

std::optional<UserIds> ids_of(std::int32_t pid) {
  const auto status = os::read_proc_file(pid, "status");
  return status ? parse_user_ids(*status) : std::nullopt;
}

}  // namespace

Result<> with_words(Result<> sent, std::int32_t pid) {
  if (sent) {
    return sent;
  }
  Error& error = sent.error();
  error.subject = "process " + std::to_string(pid);
  switch (error.code) {
    case ESRCH: error.detail = "it has ended"; break;
    case EPERM: error.detail = explain_refusal(ids_of(os::own_pid()), ids_of(pid)); break;
    case EINVAL: error.detail = "there is no such signal"; break;
    default: break;
  }
  return sent;
}

Result<> send_signal(const Fd& pidfd, std::int32_t pid, int number) {
  return with_words(os::send_signal(pidfd, number), pid);
}

}  // namespace tend::process
