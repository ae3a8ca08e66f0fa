#include "cli/top/deeds.hpp"

#include <tend/inspect/snapshot.hpp>
#include <tend/process_handle.hpp>

#include <algorithm>
#include <csignal>
#include <optional>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/process/choice.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/report.hpp"
#include "cli/process/surroundings.hpp"
#include "os/procfs.hpp"
#include "service/log_reader/log_reader.hpp"

namespace tend::cli {

namespace {

using Kind = TopWish::Kind;

constexpr std::uint64_t log_lines = 500;
constexpr std::chrono::seconds answer_wait{3};

/// A service of a running project, by its title.
struct FoundService {
  Target target{};
  ServiceRun run{};
};

std::optional<FoundService> find_service(const std::string& title, const Invocation& invocation) {
  for (const Target& target : running_targets(invocation)) {
    for (const ServiceRun& run : service_runs(std::span(&target, 1))) {
      if (!run.is_own && run.title() == title) {
        return FoundService{.target = target, .run = run};
      }
    }
  }
  return std::nullopt;
}

std::string ask_for(const FoundService& service, service::Verb verb) {
  const auto done = ask(service.target, {.verb = verb, .names = {service.run.name}, .wait_ms = 0},
                        os::monotonic_now() + answer_wait, [](const service::Reply&) {});
  if (!done) {
    return done.error().message;
  }
  return done->message.empty() ? text::format("asked to {} {}", word(verb), service.run.title())
                               : done->message;
}

Outcome<ProcessHandle> open_process(const inspect::Identity& identity) {
  const auto process = inspect::read_process(identity, inspect::Fields::none);
  if (!process) {
    return fail(exit_failed, "it has ended");
  }
  if (const auto refusal = refusal_of(*process, nullptr, os::own_pid())) {
    return fail(exit_failed, refusal->reason);
  }
  return TEND_TRY(ProcessHandle::open(
      ProcessIdentity{.pid = identity.pid, .start_ticks = identity.start_ticks}));
}

Outcome<std::string> do_to_process(Kind kind, const inspect::Identity& identity,
                                   bool is_job = false) {
  const ProcessHandle process = TEND_TRY(open_process(identity));
  if (kind == Kind::stop && is_job) {
    TEND_TRY(process.signal_tree(SIGTERM));
    return "got SIGTERM, with all below it";
  }
  if (kind == Kind::stop) {
    TEND_TRY(process.signal(SIGTERM));
    return "got SIGTERM";
  }
  if (kind == Kind::kill) {
    TEND_TRY(process.signal_tree(SIGKILL));
    return "killed, with all below it";
  }
  if (kind == Kind::pause) {
    TEND_TRY(process.suspend_tree());
    return "paused, with all below it; c lets it go on";
  }
  TEND_TRY(process.resume_tree());
  return "goes on";
}

std::string told(const TopWish& wish, const Outcome<std::string>& done) {
  return wish.title + ": " + (done ? *done : done.error().message);
}

std::string fulfil_for_service(const TopWish& wish, const Invocation& invocation) {
  const auto service = find_service(wish.service, invocation);
  if (!service) {
    return wish.service + " is not there any more";
  }
  if (wish.kind == Kind::stop || wish.kind == Kind::restart) {
    return ask_for(*service,
                   wish.kind == Kind::stop ? service::Verb::stop : service::Verb::restart);
  }
  const auto leader = inspect::read_process(service->run.leader, inspect::Fields::none);
  if (service->run.leader == 0 || !leader) {
    return wish.service + " has no process now";
  }
  return told(wish, do_to_process(wish.kind, leader->identity));
}

std::vector<std::string> log_of(const std::string& title, const Invocation& invocation) {
  const auto service = find_service(title, invocation);
  if (!service) {
    return {"(its project does not run any more)"};
  }
  std::vector<std::string> lines;
  const std::vector<std::string> names = {service->run.name};
  auto reader = service::LogReader::open(service->target.places.log_dir, names,
                                         {.start = service::LogStart::tail, .lines = log_lines});
  if (!reader) {
    return {text::printable(reader.error().message())};
  }
  const service::LogReader::Callback keep = [&lines](const service::LogLine& line) {
    lines.push_back(visible(line.bytes, Colours::drop));
  };
  while (reader->read(keep).value_or(false)) {
  }
  reader->read_rest(keep);
  return lines.empty() ? std::vector<std::string>{"(it has written nothing)"} : lines;
}

std::vector<std::string> report_of(const inspect::Identity& identity,
                                   const Invocation& invocation) {
  const auto process = identity.start_ticks == 0
                           ? inspect::read_process(identity.pid, inspect::Fields::all)
                           : inspect::read_process(identity, inspect::Fields::all);
  if (!process) {
    return {text::printable(process.error().message())};
  }
  const auto around = surroundings_of(*process, invocation);
  if (!around) {
    return {text::printable(around.error().message)};
  }
  return laid_out(summary_of(*process, *around), Painter(false));
}

}  // namespace

std::string fulfil(const TopWish& wish, const Invocation& invocation) {
  return wish.service.empty() ? told(wish, do_to_process(wish.kind, wish.process, wish.is_job))
                              : fulfil_for_service(wish, invocation);
}

std::vector<std::string> page_of(const TopWish& wish, const Invocation& invocation) {
  return wish.kind == Kind::show_logs ? log_of(wish.service, invocation)
                                      : report_of(wish.process, invocation);
}

}  // namespace tend::cli
