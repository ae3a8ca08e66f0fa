// Command::description(): a command in words, for people. Pure.

#include <tend/command.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace tend {

namespace {

using Words = std::vector<std::string>;

std::string words_of_stream(const Stdio& stream) {
  switch (stream.kind) {
    case Stdio::Kind::standard: break;
    case Stdio::Kind::inherit: return "ours";
    case Stdio::Kind::null: return "/dev/null";
    case Stdio::Kind::pipe: return "a pipe";
    case Stdio::Kind::read: return "from " + text::shell_word(stream.path);
    case Stdio::Kind::truncate: return "to " + text::shell_word(stream.path);
    case Stdio::Kind::append: return "appended to " + text::shell_word(stream.path);
    case Stdio::Kind::descriptor: return text::format("our {}", stream.number);
    case Stdio::Kind::same_as_out: return "as stdout";
  }
  return {};
}

void add_stream(Words& words, const char* name, const Stdio& stream) {
  const std::string what = words_of_stream(stream);
  if (!what.empty()) {
    words.push_back(std::string(name) + " " + what);
  }
}

void add_if(Words& words, bool applies, std::string word) {
  if (applies) {
    words.push_back(std::move(word));
  }
}

void add_streams(Words& words, const Command::Wishes& wishes) {
  if (wishes.input) {
    words.push_back(text::format("stdin {} bytes", wishes.input->size()));
  } else {
    add_stream(words, "stdin", wishes.in);
  }
  add_stream(words, "stdout", wishes.out);
  add_stream(words, "stderr", wishes.err);
  for (const auto& [target, source] : wishes.descriptors) {
    words.push_back(text::format("{} our {}", target, source));
  }
  if (wishes.terminal) {
    words.push_back(
        text::format("terminal {}x{}", wishes.terminal->columns, wishes.terminal->rows));
  }
}

void add_group(Words& words, const Command::Wishes& wishes) {
  switch (wishes.session) {
    case Command::Session::keep: break;
    case Command::Session::new_session: words.emplace_back("new session"); break;
    case Command::Session::new_group: words.emplace_back("new group"); break;
    case Command::Session::join_group:
      words.push_back(text::format("in group {}", wishes.group));
      break;
  }
  add_if(words, wishes.is_foreground, "in the foreground");
  add_if(words, !wishes.cgroup.empty(), "cgroup " + text::shell_word(wishes.cgroup));
}

const char* name_of(Namespace kind) {
  switch (kind) {
    case Namespace::user: return "user";
    case Namespace::pid: return "pid";
    case Namespace::mount: return "mount";
    case Namespace::net: return "net";
    case Namespace::uts: return "uts";
    case Namespace::ipc: return "ipc";
    case Namespace::cgroup: return "cgroup";
    case Namespace::time: return "time";
  }
  return "?";
}

void add_identity(Words& words, const Command::Wishes& wishes) {
  if (wishes.user) {
    const bool is_named = !wishes.user->name.empty();
    words.push_back("user " + (is_named
                                   ? text::shell_word(wishes.user->name)
                                   : text::format("{}:{}", wishes.user->uid, wishes.user->gid)));
  }
  if (wishes.capabilities) {
    words.push_back(wishes.capabilities->empty()
                        ? "no capabilities"
                        : "only " + text::join(wishes.capabilities->names(), " "));
  }
  add_if(words, wishes.no_new_privileges, "no new privileges");
  for (const Namespace kind : wishes.namespaces.kinds) {
    words.push_back(std::string("new ") + name_of(kind) + " namespace");
  }
}

void add_attributes(Words& words, const Command::Wishes& wishes) {
  if (wishes.umask) {
    words.push_back(text::format("umask {:04o}", *wishes.umask));
  }
  for (const Command::Limit& limit : wishes.limits) {
    words.push_back(
        text::format("limit {} {}:{}", std::to_underlying(limit.resource), limit.soft, limit.hard));
  }
  if (wishes.nice) {
    words.push_back(text::format("nice {}", *wishes.nice));
  }
  if (!wishes.cpus.empty()) {
    std::string numbers;
    for (const std::uint32_t cpu : wishes.cpus) {
      numbers += text::format(" {}", cpu);
    }
    words.push_back("cpus" + numbers);
  }
  if (wishes.schedule) {
    words.push_back(text::format("scheduling {} {}", std::to_underlying(wishes.schedule->policy),
                                 wishes.schedule->priority));
  }
  if (wishes.oom_score) {
    words.push_back(text::format("oom score {}", *wishes.oom_score));
  }
}

void add_end(Words& words, const Command::Wishes& wishes) {
  if (wishes.parent_death_signal != 0) {
    words.push_back(signal_name(wishes.parent_death_signal) + " when we die");
  }
  if (wishes.deadline) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wishes.deadline->after());
    words.push_back(text::format("within {} ms", ms.count()));
  }
  add_if(words, wishes.pre_exec != nullptr, "own code before exec");
}

/// As one would type it: the variables in front, as assignments.
std::string command_line(const Command::Wishes& wishes) {
  std::string line = wishes.has_clear_environment ? "env -i " : "";
  for (const auto& [key, value] : wishes.environment) {
    if (value) {
      line += key + "=" + text::shell_word(*value) + " ";
    }
  }
  Words words{wishes.program};
  words.insert(words.end(), wishes.arguments.begin(), wishes.arguments.end());
  return line + text::shell_words(words);
}

}  // namespace

std::string Command::description() const {
  Words words;
  for (const auto& [key, value] : wishes_.environment) {
    add_if(words, !value, "without " + key);
  }
  if (wishes_.name) {
    words.push_back("as " + text::shell_word(*wishes_.name));
  }
  if (wishes_.program_descriptor) {
    words.push_back(text::format("program our {}", *wishes_.program_descriptor));
  }
  add_if(words, !wishes_.directory.empty(), "in " + text::shell_word(wishes_.directory));
  add_if(words, !wishes_.root.empty(), "root " + text::shell_word(wishes_.root));
  add_streams(words, wishes_);
  add_group(words, wishes_);
  add_identity(words, wishes_);
  add_attributes(words, wishes_);
  add_end(words, wishes_);
  const std::string line = command_line(wishes_);
  return text::printable(words.empty() ? line : line + "  [" + text::join(words, ", ") + "]");
}

}  // namespace tend
