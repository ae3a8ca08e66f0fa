#include "os/lasting_thread.hpp"

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "base/try.hpp"
#include "os/quiet_thread.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

struct Task {
  const std::function<void()>* work = nullptr;
  bool is_done = false;
};

struct Worker {
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<Task*> tasks{};
  long pid = 0;
};

[[noreturn]] void serve(Worker& worker) {
  std::unique_lock lock(worker.mutex);
  while (true) {
    worker.changed.wait(lock, [&worker] { return !worker.tasks.empty(); });
    Task* task = worker.tasks.front();
    worker.tasks.pop_front();
    lock.unlock();
    (*task->work)();
    lock.lock();
    task->is_done = true;
    worker.changed.notify_all();
  }
}

void* thread_main(void* worker) { serve(*static_cast<Worker*>(worker)); }

/// The worker of this process. It is never destroyed: its thread may outlive every static object.
Result<Worker*> worker_of_this_process() {
  static std::mutex mutex;
  static Worker* worker = nullptr;
  const std::lock_guard lock(mutex);
  const long pid = raw::syscall(__NR_getpid);
  if (worker == nullptr || worker->pid != pid) {
    auto fresh = std::make_unique<Worker>();
    fresh->pid = pid;
    TEND_TRY(start_quiet_thread("spawn", thread_main, fresh.get()));
    worker = fresh.release();
  }
  return worker;
}

}  // namespace

bool is_main_thread() noexcept { return raw::syscall(__NR_gettid) == raw::syscall(__NR_getpid); }

Result<> run_on_lasting_thread(const std::function<void()>& work) {
  Worker* worker = TEND_TRY(worker_of_this_process());
  Task task{.work = &work};
  std::unique_lock lock(worker->mutex);
  worker->tasks.push_back(&task);
  worker->changed.notify_all();
  worker->changed.wait(lock, [&task] { return task.is_done; });
  return {};
}

}  // namespace tend::os
