// Adaptor: C++20 coroutines, each of which waits for its child as if it had a thread of its own.
// All share one thread and one poll(2). The second child waits for a word of the first one's
// coroutine.
//
// output:
// started both
// first: hello, exited with 0
// second: heard go, exited with 3

#include <tend/command.hpp>
#include <tend/read_write.hpp>

#include <poll.h>
#include <array>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "or_exit.hpp"

namespace {

/// Who waits for which descriptor to be readable. Each waits once.
struct Loop {
  std::vector<pollfd> fds{};
  std::vector<std::coroutine_handle<>> waiting{};

  void run() {
    while (!fds.empty() && ::poll(fds.data(), fds.size(), -1) > 0) {
      const auto polled = std::exchange(fds, {});
      const auto waited = std::exchange(waiting, {});
      for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents != 0) {
          waited[i].resume();
        } else {
          fds.push_back(polled[i]);
          waiting.push_back(waited[i]);
        }
      }
    }
  }
};

/// `co_await Readable{loop, fd}`
struct Readable {
  Loop& loop;
  const tend::Fd& fd;

  static bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const {
    loop.fds.push_back({fd.get(), POLLIN, 0});
    loop.waiting.push_back(coroutine);
  }
  static void await_resume() {}
};

/// A coroutine that begins at once and that nobody waits for.
struct Task {
  struct promise_type {
    static Task get_return_object() { return {}; }
    static std::suspend_never initial_suspend() { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    static void return_void() {}
    static void unhandled_exception() { std::terminate(); }
  };
};

Task show(Loop& loop, std::string name, tend::Child child, tend::Fd next) {
  std::string text;
  for (std::array<char, 256> bytes{};;) {
    co_await Readable{loop, child.out()};
    const std::size_t got = or_exit(tend::read_from(child.out(), bytes));
    if (got == 0) {
      break;
    }
    text.append(bytes.data(), got);
  }
  co_await Readable{loop, child.pidfd()};
  std::printf("%s: %s, %s\n", name.c_str(), text.c_str(),
              or_exit(child.wait()).description().c_str());
  if (next) {
    or_exit(tend::write_to(next, "go\n"));
  }
}

tend::Child start(const char* script) {
  return or_exit(
      tend::Command::shell(script).in(tend::Stdio::pipe()).out(tend::Stdio::pipe()).spawn());
}

}  // namespace

int main() {
  Loop loop;
  tend::Child first = start("printf hello");
  tend::Child second = start("read -r word; printf 'heard %s' $word; exit 3");
  tend::Fd to_second = std::move(second.in());
  show(loop, "first", std::move(first), std::move(to_second));
  show(loop, "second", std::move(second), tend::Fd());
  std::puts("started both");
  loop.run();
}
