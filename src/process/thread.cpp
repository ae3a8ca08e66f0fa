#include <tend/thread.hpp>

#include <cxxabi.h>

#include <cerrno>
#include <exception>

#include "base/try.hpp"
#include "os/thread.hpp"
#include "os/wait_word.hpp"
#include "process/end_of_wait.hpp"
#include "process/start_failure.hpp"

namespace tend {

namespace detail {

namespace {

Error thread_error(const std::string& name, std::string detail, int code = 0) {
  return {.step = "thread", .subject = name, .code = code, .detail = std::move(detail)};
}

/// What a new thread is given.
struct Start {
  std::shared_ptr<ThreadBody> body{};
  std::string name{};
};

/// Tells the end however it comes, also by pthread_exit(3).
struct EndMark {
  ThreadBody& body;

  explicit EndMark(ThreadBody& of) : body(of) {}
  EndMark(const EndMark&) = delete;
  EndMark& operator=(const EndMark&) = delete;
  ~EndMark() { os::set_and_wake(body.has_ended, 1); }
};

void run_body(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  ThreadBody& body = *start->body;
  const EndMark mark(body);
  try {
    body.run();
  } catch (const std::exception& thrown) {
    body.failure = thread_error(start->name, std::string("threw: ") + thrown.what());
  } catch (abi::__forced_unwind&) {
    body.failure = thread_error(start->name, "ended by pthread_exit or a cancellation");
    throw;  // libc insists: pthread_exit(3) unwinds the stack by it.
  } catch (...) {
    body.failure = thread_error(start->name, "threw something that is no std::exception");
  }
}

}  // namespace

Result<ThreadHandle> ThreadHandle::start(const ThreadOptions& options,
                                         std::shared_ptr<ThreadBody> body) {
  auto start = std::make_unique<Start>(Start{.body = body, .name = options.name});
  const auto thread = os::start_thread({.name = options.name,
                                        .stack_bytes = options.stack_bytes,
                                        .guard_bytes = options.guard_bytes,
                                        .cpus = options.cpus,
                                        .blocked = options.blocked},
                                       run_body, start.get());
  if (!thread) {
    return std::unexpected(process::with_limits(thread.error()));
  }
  static_cast<void>(start.release());
  ThreadHandle made;
  made.thread_ = *thread;
  made.body_ = std::move(body);
  made.name_ = options.name;
  made.on_drop_ = options.on_drop;
  return made;
}

ThreadHandle::ThreadHandle(ThreadHandle&& other) noexcept
    : thread_(std::exchange(other.thread_, std::nullopt)),
      body_(std::move(other.body_)),
      name_(std::move(other.name_)),
      on_drop_(other.on_drop_) {}

ThreadHandle& ThreadHandle::operator=(ThreadHandle&& other) noexcept {
  if (this != &other) {
    let_go();
    thread_ = std::exchange(other.thread_, std::nullopt);
    body_ = std::move(other.body_);
    name_ = std::move(other.name_);
    on_drop_ = other.on_drop_;
  }
  return *this;
}

ThreadHandle::~ThreadHandle() { let_go(); }

void ThreadHandle::let_go() noexcept {
  if (!thread_) {
    return;
  }
  // Who is destroyed by its own body cannot wait for it.
  if (on_drop_ == ThreadDrop::detach || os::is_this_thread(*thread_)) {
    detach();
  } else {
    os::join_thread(*std::exchange(thread_, std::nullopt));
  }
}

Result<> ThreadHandle::join(Until until) {
  if (!thread_) {
    return std::unexpected(thread_error(name_, "joined or detached before", EINVAL));
  }
  if (os::is_this_thread(*thread_)) {
    return std::unexpected(thread_error(name_, "waits for itself", EDEADLK));
  }
  if (!os::wait_while(body_->has_ended, 0, process::end_of_wait(until))) {
    return std::unexpected(thread_error(name_, "still runs", ETIMEDOUT));
  }
  os::join_thread(*std::exchange(thread_, std::nullopt));
  return {};
}

void ThreadHandle::detach() noexcept {
  if (thread_) {
    os::detach_thread(*std::exchange(thread_, std::nullopt));
  }
}

}  // namespace detail

std::int32_t thread_number() { return os::own_thread_number(); }

}  // namespace tend
