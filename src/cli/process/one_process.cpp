#include "cli/process/one_process.hpp"

#include <cerrno>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/process_words.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

Outcome<std::int32_t> pid_of_word(std::string_view command, const std::string& word) {
  if (word == "self") {
    return os::own_pid();
  }
  const auto pid = parse_integer<std::int32_t>(word);
  if (!pid || *pid <= 0) {
    return fail(exit_usage,
                text::format("{}: {} is not a pid; `tend ps --name={}` finds processes by name",
                             command, text::quoted(word), text::shell_word(word)));
  }
  return *pid;
}

Outcome<inspect::Process> read_named_process(std::string_view command, const std::string& word,
                                             inspect::Fields fields) {
  const std::int32_t pid = TEND_TRY(pid_of_word(command, word));
  auto process = inspect::read_process(pid, fields);
  if (process) {
    return *std::move(process);
  }
  const int code = process.error().code;
  if (code == ESRCH || code == ENOENT) {
    return fail(exit_failed, text::format("there is no process {}", pid));
  }
  if (code == EACCES || code == EPERM) {
    return fail(exit_failed,
                text::format("process {} belongs to somebody else, and /proc is mounted so that "
                             "only its owner and root can look at it (hidepid)",
                             pid));
  }
  return std::unexpected(Failure(process.error()));
}

std::string absence_words(const inspect::Process& process, std::string_view what,
                          inspect::Absence why) {
  const std::string title = process_title(process);
  if (process.state == inspect::State::zombie && why != inspect::Absence::not_permitted) {
    return text::format("{} is a zombie: it has no {} any more", title, what);
  }
  switch (why) {
    case inspect::Absence::not_permitted:
      return text::format("{}: the {} can only be read by its owner and by root; try sudo", title,
                          what);
    case inspect::Absence::gone: return text::format("{} has ended meanwhile", title);
    case inspect::Absence::not_available:
      return process.is_kernel_thread
                 ? text::format("{} is a thread of the kernel and has no {}", title, what)
                 : text::format("{}: this kernel does not tell the {}", title, what);
    case inspect::Absence::not_asked: break;
  }
  return text::format("{}: the {} were not read", title, what);
}

}  // namespace tend::cli
