#pragma once
// Which processes the words of kill, pause, resume and wait mean: digits are a pid,
// `pid:start:boot` is an identity as ps prints it, `@web` is a service, a bare word is a service
// where one of that name runs here, else the name of processes.

#include <tend/inspect/process.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "cli/process/look.hpp"

namespace tend::cli {

/// Why a process is not touched just so.
struct Refusal {
  std::string reason{};
  bool can_be_forced = false;
};

/// Nothing: it may be touched. Pure.
[[nodiscard]] std::optional<Refusal> refusal_of(const inspect::Process& process,
                                                const ServiceRun* service, std::int32_t own_pid);

/// A process as it was at the look: whoever acts on it checks its identity again.

struct Member {
  inspect::Identity identity{};
  std::string title{};  ///< `1234 (nginx)`, safe to print.
};

struct Choice {
  Member process{};
  std::string name{};                   ///< The kernel's name for it, any bytes.
  std::optional<ServiceRun> service{};  ///< If the word named a service.
  std::optional<Refusal> refusal{};
  /// What else belongs to its tree: everything below it, the session it leads, and, of a service,
  /// what detached itself. Never this very process.
  std::vector<Member> below{};
};

/// The look that the words are about, and what they mean in it.
struct Choices {
  Look look{};
  std::vector<Choice> chosen{};  ///< No process twice.
};

enum class Ambiguity : std::uint8_t { refused, all };

/// Failures name the word: nobody is called that, the service has no process, or several processes
/// have the name, which are listed, unless `all` is meant.
Outcome<Choices> choose_processes(const Invocation& invocation, Ambiguity ambiguity);

}  // namespace tend::cli
