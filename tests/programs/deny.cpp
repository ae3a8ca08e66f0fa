// deny CALL[,CALL...] ERRNO PROGRAM ARGS...: runs a program under a seccomp filter that answers the
// named system calls with an error, as sandboxes do.

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

/// `clone_pidfd` is the call clone with the flag CLONE_PIDFD.
constexpr int clone_pidfd = -1;

int number_of(const std::string& name) {
  static const std::map<std::string, int> numbers = {
      {"clone3", __NR_clone3},
      {"clone_pidfd", clone_pidfd},
      {"close_range", __NR_close_range},
      {"pidfd_open", __NR_pidfd_open},
      {"pidfd_send_signal", __NR_pidfd_send_signal},
      {"process_vm_readv", __NR_process_vm_readv},
  };
  const auto found = numbers.find(name);
  if (found != numbers.end()) {
    return found->second;
  }
  std::fprintf(stderr, "deny: unknown call %s\n", name.c_str());
  std::exit(2);
}

std::vector<int> numbers_of(std::string list) {
  std::vector<int> numbers;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    numbers.push_back(number_of(list.substr(0, comma)));
    list = comma == std::string::npos ? "" : list.substr(comma + 1);
  }
  return numbers;
}

sock_filter statement(unsigned code, unsigned value) {
  return {.code = static_cast<__u16>(code), .jt = 0, .jf = 0, .k = value};
}

sock_filter jump(unsigned code, unsigned value, unsigned skipped_if_not) {
  return {.code = static_cast<__u16>(code),
          .jt = 0,
          .jf = static_cast<__u8>(skipped_if_not),
          .k = value};
}

/// The flags are the lower half of clone's first argument (little endian).
void add_clone_pidfd(std::vector<sock_filter>& filter, unsigned error) {
  filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 4));
  filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
  filter.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, 0x1000, 1));
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

bool install(const std::vector<int>& numbers, unsigned error) {
  std::vector<sock_filter> filter;
  filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const int number : numbers) {
    if (number == clone_pidfd) {
      add_clone_pidfd(filter, error);
      continue;
    }
    filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 1));
    filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()),
                           .filter = filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || !install(numbers_of(argv[1]), static_cast<unsigned>(std::atoi(argv[2])))) {
    std::perror("deny");
    return 125;
  }
  execvp(argv[3], argv + 3);
  std::perror(argv[3]);
  return 127;
}
