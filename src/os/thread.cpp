#include "os/thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/proc_text.hpp"
#include "os/procfs.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

constexpr std::size_t threads_max = std::size_t{1} << 22;
#if defined(__SANITIZE_THREAD__)
constexpr bool runs_under_tsan = true;
#elif defined(__has_feature)
constexpr bool runs_under_tsan = __has_feature(thread_sanitizer);
#else
constexpr bool runs_under_tsan = false;
#endif

constexpr std::uint32_t is_exiting = 0x4;  // PF_EXITING of the kernel.

struct Start {
  ThreadMain function = nullptr;
  void* argument = nullptr;
  std::string name{};
  SignalSet blocked{};
};

void* thread_main(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  if (!start->name.empty()) {
    ::pthread_setname_np(::pthread_self(), start->name.c_str());
  }
  set_signal_mask(start->blocked);
  start->function(start->argument);
  return nullptr;
}

std::unexpected<Error> unfit(const ThreadAttributes& attributes, std::string detail) {
  return std::unexpected(Error{.step = "start thread",
                               .subject = attributes.name,
                               .code = EINVAL,
                               .detail = std::move(detail)});
}

Result<> check(const ThreadAttributes& attributes) {
  if (attributes.name.size() > thread_name_bytes_max || attributes.name.contains('\0')) {
    return unfit(attributes, text::format("a name of a thread has at most {} bytes, this one {}",
                                          thread_name_bytes_max, attributes.name.size()));
  }
  const auto least = static_cast<std::size_t>(::sysconf(_SC_THREAD_STACK_MIN));
  if (attributes.stack_bytes != 0 && attributes.stack_bytes < least) {
    return unfit(attributes, text::format("a stack of {} bytes; here it needs at least {}",
                                          attributes.stack_bytes, least));
  }
  for (const std::uint32_t cpu : attributes.cpus) {
    if (cpu >= CPU_SETSIZE) {
      return unfit(attributes, text::format("there is no CPU {}", cpu));
    }
  }
  return {};
}

std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

/// pthread_attr_t as an owner.
class Attributes {
 public:
  explicit Attributes(const ThreadAttributes& wanted) {
    ::pthread_attr_init(&native_);
    if (wanted.stack_bytes != 0) {
      ::pthread_attr_setstacksize(&native_, whole_pages(wanted.stack_bytes));
    }
    if (wanted.guard_bytes) {
      ::pthread_attr_setguardsize(&native_, whole_pages(*wanted.guard_bytes));
    }
    if (!wanted.cpus.empty()) {
      cpu_set_t set;
      CPU_ZERO(&set);
      for (const std::uint32_t cpu : wanted.cpus) {
        CPU_SET(cpu, &set);
      }
      ::pthread_attr_setaffinity_np(&native_, sizeof set, &set);
    }
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::pthread_attr_destroy(&native_); }

  [[nodiscard]] const pthread_attr_t* native() const noexcept { return &native_; }

 private:
  pthread_attr_t native_{};
};

std::unexpected<Error> not_started(const ThreadAttributes& attributes, int code) {
  if (code == EINVAL && !attributes.cpus.empty()) {
    return unfit(attributes, "none of the CPUs asked for is there and allowed");
  }
  return failed("start thread", attributes.name, code);
}

/// One entry of /proc/self/task; nothing if it does not count.
std::optional<std::string> name_of_other(const Fd& tasks, const std::string& entry) {
  const auto text = read_file_at(tasks, entry + "/stat", 4096);
  const auto stat = text ? parse_proc_stat(*text) : std::nullopt;
  // A thread that was joined can be seen for an instant more: it runs none of our code any more.
  if (!stat || stat->is_zombie() || (stat->flags & is_exiting) != 0 ||
      stat->pid == own_thread_number() || stat->name.starts_with("tend-")) {
    return std::nullopt;
  }
  return stat->name;
}

}  // namespace

Result<ThreadId> start_thread(const ThreadAttributes& attributes, ThreadMain function,
                              void* argument) {
  TEND_TRY(check(attributes));
  const Attributes native(attributes);
  // It begins with every signal blocked: none is delivered to it before its own mask is set.
  const SignalSet before = block_all_signals();
  auto start = std::make_unique<Start>(Start{.function = function,
                                             .argument = argument,
                                             .name = attributes.name,
                                             .blocked = attributes.blocked.value_or(before)});
  pthread_t thread{};
  const int code = ::pthread_create(&thread, native.native(), thread_main, start.get());
  set_signal_mask(before);
  if (code != 0) {
    return not_started(attributes, code);
  }
  static_cast<void>(start.release());
  return thread;
}

void join_thread(ThreadId thread) noexcept { ::pthread_join(thread, nullptr); }

void detach_thread(ThreadId thread) noexcept { ::pthread_detach(thread); }

bool is_this_thread(ThreadId thread) noexcept {
  return ::pthread_equal(thread, ::pthread_self()) != 0;
}

std::int32_t own_thread_number() noexcept {
  return static_cast<std::int32_t>(raw::syscall(__NR_gettid));
}

Result<std::vector<std::string>> other_threads() {
  const auto tasks = open_directory("/proc/self/task");
  if (!tasks) {
    // Without /proc only libc's word is left, which it gives while no second thread was ever made.
    return __libc_single_threaded != 0 ? Result<std::vector<std::string>>()
                                       : std::unexpected(tasks.error());
  }
  std::vector<std::string> names;
  for (const std::string& entry : TEND_TRY(list_directory(*tasks, threads_max))) {
    if (auto name = name_of_other(*tasks, entry)) {
      names.push_back(*std::move(name));
    }
  }
  if (runs_under_tsan) {
    // Its run-time has threads of its own, which can only be told by having no name of their own.
    std::erase(names, TEND_TRY(read_proc_stat(own_pid())).name);
  }
  return names;
}

}  // namespace tend::os
