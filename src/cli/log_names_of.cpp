#include "cli/log_names_of.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "os/files.hpp"
#include "service/recorder/log_names.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t files_max = 1'000'000;

Outcome<std::set<std::string>> services_with_files(const Target& target) {
  const auto directory = os::open_directory(target.places.log_dir);
  if (!directory && directory.error().code == ENOENT) {
    return fail(exit_failed, text::format("{} has no logs yet ({} does not exist)", target.name,
                                          target.places.log_dir));
  }
  if (!directory) {
    return std::unexpected(Failure(directory.error()));
  }
  std::set<std::string> found;
  for (const std::string& file : TEND_TRY(os::list_directory(*directory, files_max))) {
    if (const auto name = service::parse_log_name(file)) {
      found.emplace(name->service);
    }
  }
  return found;
}

}  // namespace

Outcome<std::vector<std::string>> services_with_logs(const Target& target) {
  std::set<std::string> left = TEND_TRY(services_with_files(target));
  std::vector<std::string> names = target.services;
  if (names.empty()) {
    if (const auto snapshot = ask_status(target, {})) {
      std::ranges::transform(snapshot->services, std::back_inserter(names),
                             &service::ServiceStatus::name);
    }
  }
  for (const std::string& name : names) {
    left.erase(name);
  }
  names.insert(names.end(), left.begin(), left.end());
  return names;
}

Outcome<std::vector<std::string>> chosen_logs(const Target& target,
                                              const std::vector<std::string>& wanted) {
  const std::vector<std::string> known = TEND_TRY(services_with_logs(target));
  for (const std::string& name : wanted) {
    if (std::ranges::find(known, name) == known.end()) {
      const auto meant = text::nearest(name, std::span<const std::string>(known));
      return fail(exit_failed,
                  text::format("{} has no service {}{}", target.name, text::quoted(name),
                               meant ? text::format("; did you mean {}?", *meant)
                                     : "; it has " + text::join(known, ", ")));
    }
  }
  return wanted.empty() ? known : wanted;
}

}  // namespace tend::cli
