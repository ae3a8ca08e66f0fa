// A process to look at: it opens one of everything, or very much of one thing, says so with one
// line on stdout, and stays until its stdin ends.
//
//   inspected things SOCKET   descriptors of each kind, signals, threads; the line tells the
//   numbers inspected name NAME       calls itself so inspected threads N       N threads besides
//   the main one inspected regions N       N regions of memory inspected descriptors N   N
//   descriptors inspected addresses       the line tells addresses by what lies there

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int initialised = 42;
int zero[4096];
const int constant = 7;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

int checked(long result, const char* what) {
  if (result < 0) {
    give_up(what);
  }
  return static_cast<int>(result);
}

void stay() {
  std::fflush(stdout);
  char byte = 0;
  while (read(0, &byte, 1) > 0) {
  }
  std::_Exit(0);
}

void* sleep_for_ever(void* address) {
  int local = 0;
  if (address != nullptr) {
    __atomic_store_n(static_cast<void**>(address), static_cast<void*>(&local), __ATOMIC_SEQ_CST);
  }
  while (true) {
    pause();
  }
}

void start_thread(void* address) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  pthread_t thread{};
  if (pthread_create(&thread, &attributes, sleep_for_ever, address) != 0) {
    give_up("pthread_create");
  }
  pthread_attr_destroy(&attributes);
}

int tcp_socket() {
  const int made = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(listen(made, 4), "listen");
  return made;
}

int port_of(int made) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(getsockname(made, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

int unix_socket(const char* path) {
  const int made = checked(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  checked(bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(listen(made, 4), "listen");
  return made;
}

int epoll_on(int target) {
  const int made = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  checked(epoll_ctl(made, EPOLL_CTL_ADD, target, &event), "epoll_ctl");
  return made;
}

void on_signal(int) {}

void things(const char* path) {
  const int event = checked(eventfd(5, EFD_CLOEXEC), "eventfd");
  const int timer = checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
  itimerspec when{};
  when.it_value.tv_sec = 3600;
  when.it_interval.tv_sec = 60;
  checked(timerfd_settime(timer, 0, &when, nullptr), "timerfd_settime");
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGHUP, on_signal);
  const int signals = checked(signalfd(-1, &mask, SFD_CLOEXEC), "signalfd");
  raise(SIGUSR2);
  const int notify = checked(inotify_init1(IN_CLOEXEC), "inotify_init1");
  checked(inotify_add_watch(notify, "/", IN_CREATE), "inotify_add_watch");
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0));
  const int memory = checked(memfd_create("hidden", MFD_CLOEXEC), "memfd_create");
  const int tcp = tcp_socket();
  const int local = unix_socket(path);
  int ends[2];
  checked(pipe2(ends, O_CLOEXEC), "pipe2");
  const int names = checked(open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), "open");
  const int folder = checked(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
  std::printf(
      "eventfd=%d timerfd=%d signalfd=%d inotify=%d pidfd=%d memfd=%d tcp=%d port=%d "
      "unix=%d epoll=%d reader=%d writer=%d namespace=%d folder=%d\n",
      event, timer, signals, notify, pidfd, memory, tcp, port_of(tcp), local, epoll_on(event),
      ends[0], ends[1], names, folder);
}

void regions(int count) {
  // Neighbours of different permissions are not merged.
  const std::size_t page = 4096;
  auto* memory = static_cast<char*>(mmap(nullptr, page * static_cast<std::size_t>(count), PROT_READ,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) {
    give_up("mmap");
  }
  for (int at = 0; at < count; at += 2) {
    checked(mprotect(memory + page * static_cast<std::size_t>(at), page, PROT_READ | PROT_WRITE),
            "mprotect");
  }
  std::printf("first=%p\n", static_cast<void*>(memory));
}

void addresses() {
  int local = 0;
  void* on_thread_stack = nullptr;
  start_thread(&on_thread_stack);
  while (__atomic_load_n(&on_thread_stack, __ATOMIC_SEQ_CST) == nullptr) {
    usleep(1000);
  }
  void* small = sbrk(4096);
  void* large = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* shared = mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const int file = checked(open("/etc/passwd", O_RDONLY | O_CLOEXEC), "open");
  void* mapped = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  std::printf(
      "code=%p constants=%p data=%p bss=%p heap=%p stack=%p thread_stack=%p anonymous=%p "
      "shared_memory=%p mapped_file=%p\n",
      reinterpret_cast<void*>(&addresses), static_cast<const void*>(&constant),
      static_cast<void*>(&initialised), static_cast<void*>(&zero[4000]), small,
      static_cast<void*>(&local), on_thread_stack, large, shared, mapped);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  const std::string what = argv[1];
  const char* more = argc > 2 ? argv[2] : "0";
  const int count = std::atoi(more);
  if (what == "things") {
    things(more);
  } else if (what == "name") {
    prctl(PR_SET_NAME, more);
    std::puts("named");
  } else if (what == "threads") {
    for (int at = 0; at < count; ++at) {
      start_thread(nullptr);
    }
    std::puts("started");
  } else if (what == "regions") {
    regions(count);
  } else if (what == "descriptors") {
    for (int at = 0; at < count; ++at) {
      checked(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
    }
    std::puts("opened");
  } else {
    addresses();
  }
  stay();
}
