#pragma once
// Thread: a thread with attributes that std::thread cannot have (stack, guard, name, CPUs, signal
// mask), and with errors as values: that it could not be started, and what its body threw.
//
//   auto worker = tend::start_thread({.name = "parser", .stack_bytes = 256 * 1024}, [&] {
//     return parse(text);
//   });
//   auto parsed = worker->join();

#include <tend/error.hpp>
#include <tend/signal.hpp>
#include <tend/until.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tend {

/// What the destructor of a Thread does while its thread runs.
enum class ThreadDrop : std::uint8_t {
  join,    ///< Waits for its end, as long as it takes: what the body refers to stays alive.
  detach,  ///< Lets it run on: only for bodies that own all they use.
};

/// For start_thread().
struct ThreadOptions {
  std::string name{};           ///< At most 15 bytes; `ps -L` and debuggers show it.
  std::size_t stack_bytes = 0;  ///< Rounded up to pages; 0: what RLIMIT_STACK says, mostly 8 MiB.
  /// Memory below the stack whose use ends the process instead of overwriting a neighbour; nothing:
  /// one page. 0: none.
  std::optional<std::size_t> guard_bytes{};
  std::vector<std::uint32_t> cpus{};   ///< Where it may run from birth; empty: as its starter.
  std::optional<SignalSet> blocked{};  ///< Its signal mask; nothing: that of its starter.
  ThreadDrop on_drop = ThreadDrop::join;
};

namespace detail {

/// What runs in the thread, and what has become of it.
class ThreadBody {
 public:
  ThreadBody() = default;
  ThreadBody(const ThreadBody&) = delete;
  ThreadBody& operator=(const ThreadBody&) = delete;
  virtual ~ThreadBody() = default;

  virtual void run() = 0;

  std::optional<Error> failure{};            ///< What it threw.
  std::atomic<std::uint32_t> has_ended = 0;  ///< 1 when it has; then the rest can be read.
};

/// The thread itself, whatever it gives back.
class ThreadHandle {
 public:
  static Result<ThreadHandle> start(const ThreadOptions& options, std::shared_ptr<ThreadBody> body);

  ThreadHandle(ThreadHandle&& other) noexcept;
  ThreadHandle& operator=(ThreadHandle&& other) noexcept;
  ThreadHandle(const ThreadHandle&) = delete;
  ThreadHandle& operator=(const ThreadHandle&) = delete;
  ~ThreadHandle();

  Result<> join(Until until);
  void detach() noexcept;
  [[nodiscard]] bool is_joinable() const noexcept { return thread_.has_value(); }

 private:
  ThreadHandle() = default;
  void let_go() noexcept;

  std::optional<unsigned long> thread_{};
  std::shared_ptr<ThreadBody> body_{};
  std::string name_{};
  ThreadDrop on_drop_ = ThreadDrop::join;
};

template <typename T>
struct FlatResult {
  using Type = Result<T>;
};
template <typename T>
struct FlatResult<std::expected<T, Error>> {
  using Type = Result<T>;
};

template <typename F>
class ThreadCall final : public ThreadBody {
 public:
  using Value = std::invoke_result_t<F>;
  using Outcome = typename FlatResult<Value>::Type;

  explicit ThreadCall(F function) : function_(std::in_place, std::move(function)) {}

  void run() override {
    if constexpr (std::is_void_v<Value>) {
      std::move (*function_)();
      outcome.emplace();
    } else {
      outcome.emplace(std::move(*function_)());
    }
    function_.reset();  // What it owns goes in the thread that used it.
  }

  std::optional<Outcome> outcome{};

 private:
  std::optional<F> function_;
};

}  // namespace detail

/// A thread whose body returns T. A body that returns a Result has its error in that of join().
template <typename F>
class Thread {
 public:
  using Outcome = typename detail::ThreadCall<F>::Outcome;

  Thread(detail::ThreadHandle handle, std::shared_ptr<detail::ThreadCall<F>> call)
      : handle_(std::move(handle)), call_(std::move(call)) {}

  /// Waits for its end; what the body returned. Errors: step "thread", what the body threw, in
  /// words; ETIMEDOUT, it still runs and can be joined again; EINVAL, it was joined or detached
  /// before; EDEADLK, a thread cannot wait for itself.
  Outcome join(Until until = {}) {
    if (auto joined = handle_.join(until); !joined) {
      return std::unexpected(std::move(joined).error());
    }
    if (call_->failure) {
      return std::unexpected(*std::move(call_->failure));
    }
    return *std::move(call_->outcome);
  }

  /// Lets it run on by itself; its result is lost.
  void detach() { handle_.detach(); }

  [[nodiscard]] bool is_joinable() const { return handle_.is_joinable(); }

 private:
  detail::ThreadHandle handle_;
  std::shared_ptr<detail::ThreadCall<F>> call_;
};

/// Starts a thread that runs `function`, which is moved into it and needs not be copyable. Whoever
/// moves a std::unique_ptr into it has given it away.
///
/// Errors: EINVAL, an attribute that cannot be, with the reason; EAGAIN, no thread can be had, with
/// the limit that is nearest.
template <typename F>
[[nodiscard]] Result<Thread<std::decay_t<F>>> start_thread(const ThreadOptions& options,
                                                           F&& function) {
  auto call = std::make_shared<detail::ThreadCall<std::decay_t<F>>>(std::forward<F>(function));
  auto handle = detail::ThreadHandle::start(options, call);
  if (!handle) {
    return std::unexpected(std::move(handle).error());
  }
  return Thread<std::decay_t<F>>(*std::move(handle), std::move(call));
}

/// The number that the kernel knows this thread by (gettid(2)), as in /proc/PID/task.
[[nodiscard]] std::int32_t thread_number();

}  // namespace tend
