#include "service/places.hpp"

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/unix_socket.hpp"

#include <cerrno>

namespace tend::service {

namespace {

// A relative value is to be ignored (XDG Base Directory Specification).
bool is_usable(const std::string& directory) {
  return !directory.empty() && directory.front() == '/';
}

std::string log_root(const PlacesEnvironment& environment) {
  if (!environment.state_dir.empty()) {
    return environment.state_dir + "/log";
  }
  if (environment.uid == 0) {
    return "/var/log/tend";
  }
  if (is_usable(environment.xdg_state_home)) {
    return environment.xdg_state_home + "/tend";
  }
  if (is_usable(environment.home)) {
    return environment.home + "/.local/state/tend";
  }
  return {};
}

bool is_in_shared_tmp(const PlacesEnvironment& environment) {
  return environment.state_dir.empty() && environment.uid != 0 &&
         !is_usable(environment.xdg_runtime_dir);
}

enum class Privacy : bool { not_writable_by_others, ours_alone };

// The directory may have been there before us, made by anybody who got there first.
Result<> check_directory(const std::string& path, std::uint32_t uid, Privacy privacy) {
  const os::FileStatus found = TEND_TRY(os::status_of(path));
  if (!found.is_directory) {
    return failed("use directory", path, ENOTDIR);
  }
  if (found.uid != uid) {
    return refused("use directory", path,
                   "it belongs to uid " + std::to_string(found.uid) + ", not to uid " +
                       std::to_string(uid) + "; remove it, or choose another with --state DIR");
  }
  const std::uint32_t forbidden = privacy == Privacy::ours_alone ? 077U : 022U;
  if ((found.mode & forbidden) != 0) {
    return refused("use directory", path,
                   privacy == Privacy::ours_alone
                       ? "others may enter it; run `chmod 700` on it"
                       : "others may write to it; run `chmod go-w` on it");
  }
  return {};
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::string runtime_root(const PlacesEnvironment& environment) {
  if (!environment.state_dir.empty()) {
    return environment.state_dir + "/run";
  }
  // Not XDG_RUNTIME_DIR for root: /run/user/0 goes away when root's last session ends.
  if (environment.uid == 0) {
    return "/run/tend";
  }
  if (is_usable(environment.xdg_runtime_dir)) {
    return environment.xdg_runtime_dir + "/tend";
  }
  return "/tmp/tend-" + std::to_string(environment.uid);
}

Places places_of(std::string_view project, const PlacesEnvironment& environment) {
  Places places;
  places.runtime_dir = runtime_root(environment) + "/" + std::string(project);
  places.runtime_is_shared_tmp = is_in_shared_tmp(environment);
  const std::string logs = log_root(environment);
  places.log_dir = logs.empty() ? places.runtime_dir + "/log" : logs + "/" + std::string(project);
  return places;
}

Places lock_places(const PlacesEnvironment& environment) {
  return places_of(".locks", environment);
}

Result<> make_runtime_directory(const Places& places, std::uint32_t uid) {
  if (places.runtime_is_shared_tmp) {
    const std::string parent = parent_of(places.runtime_dir);
    TEND_TRY(os::make_directories(parent));
    TEND_TRY(check_directory(parent, uid, Privacy::ours_alone));
  }
  TEND_TRY(os::make_directories(places.runtime_dir));
  return check_directory(places.runtime_dir, uid, Privacy::ours_alone);
}

Result<> make_places(const Places& places, std::uint32_t uid) {
  if (places.control_socket().size() > os::socket_path_bytes_max) {
    return refused("use directory", places.runtime_dir,
                   "the path of the control socket in it is longer than " +
                       std::to_string(os::socket_path_bytes_max) +
                       " bytes (unix(7)); choose a shorter one with --state DIR");
  }
  TEND_TRY(make_runtime_directory(places, uid));
  TEND_TRY(os::make_directories(places.log_dir));
  return check_directory(places.log_dir, uid, Privacy::not_writable_by_others);
}

}  // namespace tend::service
