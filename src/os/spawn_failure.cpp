// The part of spawn_options.hpp that puts a failed step into words.

#include <fcntl.h>
#include <sys/resource.h>
#include <tend/capability.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "os/files.hpp"
#include "os/raw/spawn_step.hpp"
#include "os/spawn_options.hpp"

namespace tend::os {

namespace {

std::string limit_name(std::size_t resource) {
  static constexpr std::array<std::string_view, 16> names = {
      "CPU",     "FSIZE", "DATA",  "STACK",      "CORE",     "RSS",  "NPROC",  "NOFILE",
      "MEMLOCK", "AS",    "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
  return "RLIMIT_" +
         (resource < names.size() ? std::string(names[resource]) : std::to_string(resource));
}

/// As the child would see it: relative to its working directory.
Result<Fd> open_as_child(const std::string& path, const SpawnOptions& options) {
  // O_NONBLOCK: the file may be a FIFO.
  constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  if (path.starts_with('/') || options.directory.empty()) {
    return open_file(path, flags);
  }
  return open_file(options.directory + "/" + path, flags);
}

/// The interpreter that the `#!` line of a file names; empty if it has none.
std::string interpreter_of(const Fd& file) {
  std::array<char, 256> head{};  // The kernel looks at 256 bytes (execve(2), since Linux 5.1).
  const auto count = read_some(file, head);
  if (!count) {
    return {};
  }
  std::string_view line(head.data(), *count);
  if (!line.starts_with("#!")) {
    return {};
  }
  line =
      line.substr(2, line.find('\n') == std::string_view::npos ? line.size() : line.find('\n') - 2);
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  line.remove_prefix(begin);
  return std::string(line.substr(0, line.find_first_of(" \t\r")));
}

std::string detail_of_exec(int code, const std::string& path, const SpawnOptions& options) {
  if (code == ENOEXEC) {
    return "neither a program for this machine nor a script with a #! line";
  }
  if (code == E2BIG) {
    return "arguments and environment together are too long";
  }
  if (options.program_descriptor) {
    return code == ENOENT ? "a script needs the descriptor that it is executed by in the child too"
                          : std::string();
  }
  const bool is_about_file = code == ENOENT || code == EACCES || code == ENOTDIR;
  if (!is_about_file || !options.root.empty()) {
    return {};  // Or it is about a file that we see differently.
  }
  const auto file = open_as_child(path, options);
  if (!file) {
    return {};
  }
  const auto status = status_of(*file);
  if (status && status->is_directory) {
    return "a directory";
  }
  const std::string interpreter = interpreter_of(*file);
  if (code == EACCES) {
    // Executable itself, so it is the interpreter that is not.
    return status && (status->mode & 0111U) != 0 && !interpreter.empty()
               ? "its interpreter " + interpreter + " cannot be executed"
               : "not executable";
  }
  return interpreter.empty() ? "it exists, but its loader does not"
                             : "it exists, but its interpreter " + interpreter + " does not";
}

Error describe_exec(std::uint32_t index, std::int32_t code, const SpawnOptions& options) {
  const auto candidates = path_candidates(options);
  const bool is_searched = !options.program.contains('/') && !options.program_descriptor;
  Error error{.step = "exec", .subject = options.program, .code = code};
  if (is_searched && code == ENOENT) {
    // Nothing was found, unless a file is there whose interpreter is missing.
    for (const std::string& path : candidates) {
      error.detail = detail_of_exec(code, path, options);
      if (!error.detail.empty()) {
        error.subject = path;
        return error;
      }
    }
    error.detail = "not found in PATH";
    return error;
  }
  if (index < candidates.size() && !options.program_descriptor) {
    error.subject = candidates[index];
  }
  error.detail = detail_of_exec(code, error.subject, options);
  return error;
}

std::string subject_of(raw::SpawnStep step, std::uint32_t index, const SpawnOptions& options) {
  using enum raw::SpawnStep;
  switch (step) {
    case directory: return options.directory.empty() ? "/" : options.directory;
    case root: return options.root;
    case limit: return limit_name(index);
    case nice: return std::to_string(options.nice.value_or(0));
    case oom_score: return std::to_string(options.oom_score.value_or(0));
    case descriptor: return std::to_string(index);
    case bounding_set:
    case ambient_set: return capability_name(static_cast<int>(index));
    case gid: return std::to_string(options.gid.value_or(0));
    case uid: return std::to_string(options.uid.value_or(0));
    case none:
    case clone:
    case namespaces:
    case id_maps:
    case mount_namespace:
    case time_namespace:
    case cgroup:
    case session:
    case group:
    case foreground:
    case terminal:
    case umask:
    case affinity:
    case scheduler:
    case close_others:
    case groups:
    case capabilities:
    case parent_death:
    case parent_gone:
    case no_new_privileges:
    case signals:
    case pre_exec:
    case exec: break;
  }
  return options.program;
}

struct Right {
  raw::SpawnStep step = raw::SpawnStep::none;
  const char* words = "";
};

constexpr const char* right_for_ids = "another user or group needs root (CAP_SETUID, CAP_SETGID)";

/// Who may do what was not permitted.
constexpr std::array rights = {
    Right{raw::SpawnStep::groups, right_for_ids},
    Right{raw::SpawnStep::gid, right_for_ids},
    Right{raw::SpawnStep::uid, right_for_ids},
    Right{raw::SpawnStep::namespaces,
          "they need root (CAP_SYS_ADMIN), or a new user namespace where the system allows one"},
    Right{raw::SpawnStep::root, "another root directory needs root (CAP_SYS_CHROOT)"},
    Right{raw::SpawnStep::nice, "more of the processor needs root (CAP_SYS_NICE) or RLIMIT_NICE"},
    Right{raw::SpawnStep::scheduler,
          "a real-time policy needs root (CAP_SYS_NICE) or RLIMIT_RTPRIO"},
    Right{raw::SpawnStep::oom_score, "less than before needs root (CAP_SYS_RESOURCE)"},
    Right{raw::SpawnStep::limit,
          "a higher hard limit needs root (CAP_SYS_RESOURCE), and open files stay below "
          "/proc/sys/fs/nr_open"},
};

/// What the errno of a step does not say by itself.
std::string detail_of(raw::SpawnStep step, std::int32_t code) {
  using enum raw::SpawnStep;
  const auto* const right = std::ranges::find(rights, step, &Right::step);
  if ((code == EPERM || code == EACCES) && right != rights.end()) {
    return right->words;
  }
  if (step == parent_gone) {
    return "the parent ended before the child could be bound to it";
  }
  if (step == ambient_set && code == EPERM) {
    return "this process does not have it, so it cannot be kept";
  }
  if (step == foreground && code == ENOTTY) {
    return "not the terminal of this session";
  }
  if (step == uid && code == EINVAL) {
    return "this user namespace has no such id";
  }
  return {};
}

}  // namespace

Error describe_spawn_failure(std::int32_t packed_step, std::int32_t code,
                             const SpawnOptions& options) {
  const raw::SpawnStep step = raw::step_of(packed_step);
  const std::uint32_t index = raw::index_of(packed_step);
  if (step == raw::SpawnStep::exec) {
    return describe_exec(index, code, options);
  }
  return Error{.step = raw::step_name(step),
               .subject = subject_of(step, index, options),
               .code = code,
               .detail = detail_of(step, code)};
}

}  // namespace tend::os
