#include "support/processes.hpp"

#include <dirent.h>

#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace tend::test {

namespace {

std::string read_text(const std::string& path) {
  // A process that ends meanwhile makes the read fail: operator<< notes that, an iterator throws.
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The fields of /proc/PID/stat that follow the name (which may hold spaces and parentheses):
/// the state first, then the parent. See proc_pid_stat(5).
std::string stat_after_name(pid_t pid) {
  const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? "" : stat.substr(name_end + 2);
}

pid_t parent_of(pid_t pid) {
  const std::string fields = stat_after_name(pid);
  return fields.size() < 3 ? -1 : static_cast<pid_t>(std::atol(fields.c_str() + 2));
}

}  // namespace

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) {
    return children;
  }
  while (const dirent* entry = readdir(proc)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) {
      continue;
    }
    const auto pid = static_cast<pid_t>(std::atol(entry->d_name));
    if (parent_of(pid) == parent) {
      children.push_back(pid);
    }
  }
  closedir(proc);
  return children;
}

std::vector<pid_t> descendants_of(pid_t ancestor) {
  std::vector<pid_t> found = children_of(ancestor);
  for (std::size_t next = 0; next < found.size(); ++next) {
    const std::vector<pid_t> below = children_of(found[next]);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

std::string describe_process(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::string name = read_text(folder + "/comm");
  while (!name.empty() && name.back() == '\n') {
    name.pop_back();
  }
  const std::string fields = stat_after_name(pid);
  const std::string state = fields.empty() ? "gone" : fields.substr(0, 1);
  return std::to_string(pid) + " [" + state + "] " + name + " " + read_text(folder + "/wchan");
}

}  // namespace tend::test
