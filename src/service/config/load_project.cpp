#include "service/config/load_project.hpp"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/accounts.hpp"
#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/guarded_call.hpp"
#include "os/procfs.hpp"
#include "service/config/environment_keys.hpp"
#include "service/config/service_file.hpp"
#include "service/config/toml_document.hpp"
#include "service/config/toml_guard.hpp"

namespace tend::service::config {

namespace {

constexpr std::size_t env_file_bytes_max = std::size_t{1} << 20U;
constexpr std::chrono::seconds parser_limit{20};

std::unexpected<Error> refuse(const std::string& path, std::string why) {
  return refused("read", path, std::move(why));
}

/// Whoever can write to the file decides what root runs. Root's group is root; a group with the
/// number of the owner is the owner alone, as adduser(8) makes them.
Result<> check_is_safe(const std::string& path, const os::FileStatus& status) {
  constexpr std::uint32_t by_group = 020;
  constexpr std::uint32_t by_everybody = 002;
  const bool is_own_group = status.gid == 0 || status.gid == status.uid;
  const std::uint32_t strangers = status.mode & (by_everybody | (is_own_group ? 0 : by_group));
  if (os::effective_uid() != 0 || strangers == 0) {
    return {};
  }
  const bool is_everybody = (strangers & by_everybody) != 0;
  return refuse(
      path, text::format("{} can write to it (mode {:04o}); root runs only what nobody else can "
                         "change: chmod {}",
                         is_everybody ? "everybody" : text::format("group {}", status.gid),
                         status.mode, is_everybody ? "o-w" : "g-w"));
}

/// A FIFO or device must neither hold us up nor feed us for ever: opened without waiting, looked
/// at, then read up to a bound.
Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max) {
  const os::Fd fd = TEND_TRY(os::open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  const os::FileStatus status = TEND_TRY(os::status_of(fd));
  if (!status.is_regular) {
    return refuse(path, status.is_directory ? "it is a directory" : "it is not a regular file");
  }
  if (auto safe = check_is_safe(path, status); !safe) {
    return std::unexpected(std::move(safe).error());
  }
  auto text = os::read_all(fd, bytes_max);
  if (!text && text.error().code == EFBIG) {
    return refuse(path, text::format("it is larger than {} bytes", bytes_max));
  }
  return text;
}

/// The directory without symbolic links; the file keeps the name it was called by.
Result<std::string> directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string named = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const os::Fd fd = TEND_TRY(os::open_file(named, O_PATH | O_DIRECTORY));
  auto resolved = os::read_link(text::format("/proc/self/fd/{}", fd.get()));
  if (resolved) {
    return resolved;
  }
  if (named.starts_with('/')) {
    return absolute_path("", named);
  }
  return refuse(path, "without /proc its path must be absolute");
}

std::optional<User> user_of(std::optional<os::Account> account) {
  if (!account) {
    return std::nullopt;
  }
  return User{.name = std::move(account->name),
              .uid = account->uid,
              .gid = account->gid,
              .groups = std::move(account->groups),
              .home = std::move(account->home),
              .shell = std::move(account->shell)};
}

/// Asks once for each argument: thousands of services share a user and an env-file.
template <typename Value, typename Ask>
auto remembering(Ask ask) {
  return [ask, known = std::map<std::string, Result<Value>>{}](std::string_view argument) mutable {
    const std::string key(argument);
    auto place = known.find(key);
    if (place == known.end()) {
      place = known.emplace(key, ask(key)).first;
    }
    return place->second;
  };
}

Surroundings surroundings_of(std::string directory, const LoadOptions& options) {
  return {
      .directory = std::move(directory),
      .environment = options.environment,
      .uid = os::effective_uid(),
      .gid = os::effective_gid(),
      .find_user = remembering<std::optional<User>>(
          [](const std::string& name) -> Result<std::optional<User>> {
            return user_of(TEND_TRY(os::find_account(name)));
          }),
      .find_group = remembering<std::optional<std::uint32_t>>(
          [](const std::string& name) { return os::find_group(name); }),
      .read_env_file = remembering<std::string>(
          [](const std::string& path) { return read_regular_file(path, env_file_bytes_max); }),
  };
}

/// The parser is known to crash on some malformed texts, and may do so on more. Only a text that it
/// survives in another process is given to it in this one.
Result<> check_parser_survives(const std::string& path, const std::string& text) {
  const auto end = os::guarded_call([&] { static_cast<void>(parse_toml(text)); }, parser_limit);
  if (!end) {
    return std::unexpected(end.error());
  }
  switch (*end) {
    case os::GuardedEnd::survived: return {};
    case os::GuardedEnd::crashed:
      return refuse(path, "the TOML parser crashes on this text; it cannot be valid");
    case os::GuardedEnd::too_slow:
      return refuse(path, "the TOML parser takes too long on this text");
  }
  return {};
}

struct SourceFile {
  std::string directory{};
  std::string text{};
};

Result<SourceFile> read_source(const std::string& path) {
  std::string text = TEND_TRY(read_regular_file(path, config_bytes_max));
  std::string directory = TEND_TRY(directory_of(path));
  if (auto survives = check_parser_survives(path, text); !survives) {
    return std::unexpected(std::move(survives).error());
  }
  return SourceFile{std::move(directory), std::move(text)};
}

}  // namespace

std::string Rejected::text() const {
  if (error) {
    return text::printable(error->message()) + '\n';
  }
  return problems_text(file, problems);
}

std::expected<ProjectSpec, Rejected> load_project(const std::string& path,
                                                  const LoadOptions& options) {
  auto source = read_source(path);
  if (!source) {
    return std::unexpected(Rejected{.file = path, .error = std::move(source).error()});
  }
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string file = absolute_path(source->directory, name);
  auto project = parse_project(source->text, file, surroundings_of(source->directory, options));
  if (!project) {
    return std::unexpected(Rejected{.file = path, .problems = std::move(project).error()});
  }
  return *std::move(project);
}

}  // namespace tend::service::config
