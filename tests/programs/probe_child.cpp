// A child that tells what it sees of itself, as one line of JSON, on stdout or on the descriptor
// that PROBE_TO names: the truth that tests compare a Command with. Strings are given in hex: they
// can hold any byte. build: static

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace {

std::string hex(const std::string& text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string coded;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    coded += digits[value >> 4U];
    coded += digits[value & 15U];
  }
  return "\"" + coded + "\"";
}

std::string read_whole(const char* path) {
  std::string text;
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) {
    return text;
  }
  char buffer[4096];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    text.append(buffer, count);
  }
  std::fclose(file);
  return text;
}

std::string descriptors() {
  std::vector<int> numbers;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = directory == nullptr ? nullptr : readdir(directory)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != dirfd(directory)) {
      numbers.push_back(number);
    }
  }
  closedir(directory);
  std::string list;
  for (const int number : numbers) {
    struct stat status{};
    fstat(number, &status);
    list += list.empty() ? "" : ",";
    list +=
        "{\"number\":" + std::to_string(number) + ",\"inode\":" + std::to_string(status.st_ino) +
        ",\"device\":" + std::to_string(status.st_dev) +
        ",\"nonblocking\":" + ((fcntl(number, F_GETFL) & O_NONBLOCK) != 0 ? "true" : "false") + "}";
  }
  return "[" + list + "]";
}

std::string strings(char** list) {
  std::string text;
  for (; *list != nullptr; ++list) {
    text += (text.empty() ? "" : ",") + hex(*list);
  }
  return "[" + text + "]";
}

std::string signals_with(bool (*has)(int)) {
  std::string list;
  for (int number = 1; number <= 64; ++number) {
    if (has(number)) {
      list += (list.empty() ? "" : ",") + std::to_string(number);
    }
  }
  return "[" + list + "]";
}

/// From /proc, because libc hides 32 and 33.
unsigned long long status_mask(const char* key) {
  const std::string status = read_whole("/proc/self/status");
  const size_t at = status.find(std::string("\n") + key + ":\t");
  return at == std::string::npos
             ? 0
             : std::strtoull(status.c_str() + at + std::strlen(key) + 3, nullptr, 16);
}

bool is_blocked(int number) { return (status_mask("SigBlk") >> (number - 1) & 1U) != 0; }
bool is_ignored(int number) { return (status_mask("SigIgn") >> (number - 1) & 1U) != 0; }

std::string limits() {
  std::string list;
  for (int resource = 0; resource < 16; ++resource) {
    rlimit limit{};
    getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    list += (list.empty() ? "[" : ",[") + std::to_string(limit.rlim_cur) + "," +
            std::to_string(limit.rlim_max) + "]";
  }
  return "[" + list + "]";
}

std::string groups() {
  std::vector<gid_t> ids(65536);
  const int count = getgroups(static_cast<int>(ids.size()), ids.data());
  std::string list;
  for (int index = 0; index < count; ++index) {
    list += (list.empty() ? "" : ",") + std::to_string(ids[static_cast<size_t>(index)]);
  }
  return "[" + list + "]";
}

std::string cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::string list;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) {
      list += (list.empty() ? "" : ",") + std::to_string(cpu);
    }
  }
  return "[" + list + "]";
}

std::string ids(int (*get)(uid_t*, uid_t*, uid_t*)) {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  get(&real, &effective, &saved);
  return "[" + std::to_string(real) + "," + std::to_string(effective) + "," +
         std::to_string(saved) + "]";
}

std::string own_directory() {
  char path[4096] = {};
  return getcwd(path, sizeof path) == nullptr ? "" : path;
}

std::string quoted_mask(const char* key) { return std::to_string(status_mask(key)); }

std::string capabilities() {
  return "{\"inheritable\":" + quoted_mask("CapInh") + ",\"permitted\":" + quoted_mask("CapPrm") +
         ",\"effective\":" + quoted_mask("CapEff") + ",\"bounding\":" + quoted_mask("CapBnd") +
         ",\"ambient\":" + quoted_mask("CapAmb") + "}";
}

/// What /proc/self/ns names: `uts:[4026531838]`.
std::string namespaces() {
  std::string list;
  for (const char* kind : {"user", "pid", "mnt", "net", "uts", "ipc", "cgroup", "time"}) {
    char target[128] = {};
    const std::string path = std::string("/proc/self/ns/") + kind;
    if (readlink(path.c_str(), target, sizeof target - 1) > 0) {
      list += (list.empty() ? "" : ",") + hex(target);
    }
  }
  return "[" + list + "]";
}

/// The controlling terminal; -1 everywhere: there is none.
std::string terminal() {
  winsize size{};
  long long group = -1;
  const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (tty >= 0) {
    group = tcgetpgrp(tty);
    ioctl(tty, TIOCGWINSZ, &size);
    close(tty);
  }
  std::string streams;
  for (int number = 0; number < 3; ++number) {
    if (isatty(number) == 1) {
      streams += (streams.empty() ? "" : ",") + std::to_string(number);
    }
  }
  return "{\"foreground\":" + std::to_string(group) + ",\"rows\":" + std::to_string(size.ws_row) +
         ",\"columns\":" + std::to_string(size.ws_col) + ",\"streams\":[" + streams + "]}";
}

long long scheduling_priority() {
  sched_param parameters{};
  sched_getparam(0, &parameters);
  return parameters.sched_priority;
}

/// How far CLOCK_BOOTTIME is, in seconds.
long long boot_time() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

std::string number(long long value) { return std::to_string(value); }

}  // namespace

int main(int /*argc*/, char** argv) {
  int death_signal = 0;
  prctl(PR_GET_PDEATHSIG, &death_signal);
  const mode_t mask = umask(0);
  const std::string open_ones = descriptors();
  const std::string text =
      "{\"pid\":" + number(getpid()) + ",\"parent\":" + number(getppid()) +
      ",\"group\":" + number(getpgrp()) + ",\"session\":" + number(getsid(0)) +
      ",\"uids\":" + ids(getresuid) + ",\"gids\":" + ids(getresgid) + ",\"groups\":" + groups() +
      ",\"umask\":" + number(mask) + ",\"nice\":" + number(getpriority(PRIO_PROCESS, 0)) +
      ",\"cpus\":" + cpus() + ",\"limits\":" + limits() +
      ",\"scheduler\":" + number(sched_getscheduler(0)) +
      ",\"priority\":" + number(scheduling_priority()) +
      ",\"oom_score\":" + number(std::atoll(read_whole("/proc/self/oom_score_adj").c_str())) +
      ",\"capabilities\":" + capabilities() + ",\"namespaces\":" + namespaces() +
      ",\"terminal\":" + terminal() + ",\"boot_time\":" + number(boot_time()) +
      ",\"no_new_privileges\":" + number(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) +
      ",\"parent_death_signal\":" + number(death_signal) + ",\"cwd\":" + hex(own_directory()) +
      ",\"cgroup\":" + hex(read_whole("/proc/self/cgroup")) +
      ",\"blocked\":" + signals_with(is_blocked) + ",\"ignored\":" + signals_with(is_ignored) +
      ",\"descriptors\":" + open_ones + ",\"argv\":" + strings(argv) +
      ",\"env\":" + strings(environ) + "}\n";
  const char* to = std::getenv("PROBE_TO");
  const int out = to == nullptr ? 1 : std::atoi(to);
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(out, text.data() + written, text.size() - written);
    if (count < 0) {
      return 1;
    }
    written += static_cast<size_t>(count);
  }
  return 0;
}
