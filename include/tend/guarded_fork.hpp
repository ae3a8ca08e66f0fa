#pragma once
// Guarded fork: runs a function in a copy of this process, which ends there. What the function
// returns travels back; whatever else it does stays in the copy.
//
//   auto sum = tend::run_in_copy([&] { return slow_sum(numbers); });         // Result<long>
//
//   auto left = tend::guarded_fork([&] { return slow_sum(first_half); });    // beside us
//   auto right = tend::guarded_fork([&] { return slow_sum(second_half); });
//   auto total = *left->result() + *right->result();
//
// Never reached from the copy: the code behind the call, the destructors and exit handlers of this
// process, and output that stdio still holds back (it is written out before). An exception, exit(3)
// and _exit(2), a fatal signal and a missed deadline are errors of result(). What the function
// changes in memory is lost with the copy; files, sockets and terminals are shared with it.
//
// The copy has a process group of its own, no signal handlers and no blocked signals. Whatever it
// started and left in its group ends with it. When its Copy is dropped, it is killed with all below
// it. It also ends when this process does, except for one that another thread than the main one
// started beside us: the kernel would end it with that thread already (prctl(2), PR_SET_PDEATHSIG).
//
// What it cannot do: a longjmp(3) out of the function, and exit(3) still destroys the thread_local
// objects of the thread that forked, in the copy.

#include <tend/child.hpp>
#include <tend/deadline.hpp>
#include <tend/error.hpp>
#include <tend/until.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tend {

/// Only the thread that forks is in the copy: a lock that another one holds at that instant stays
/// locked there for ever. That is why a guarded fork is refused while other threads live, unless it
/// is told why that is safe here: `AllowThreads{"the function takes no locks"}`.
struct AllowThreads {
  std::string reason{};
};

/// For guarded_fork(), run_in_copy() and run_in_copies().
struct GuardedForkOptions {
  /// For the whole life of the copy, from its start; then its tree is ended by the ladder. Whoever
  /// waits for the result sees to it.
  std::optional<Deadline> deadline{};

  std::optional<AllowThreads> threads{};

  /// The descriptors that stay open in the copy; nothing: all.
  std::optional<std::vector<int>> keep_descriptors{};

  /// How deep copies may make copies of themselves: 0, a copy that forks again is an accident.
  std::uint32_t nested_max = 0;

  /// A longer result is the error EFBIG.
  std::size_t result_bytes_max = std::size_t{256} << 20;
};

/// How a copy ended.
enum class CopyEnd : std::uint8_t {
  returned,   ///< The function returned.
  threw,      ///< It threw an exception.
  exited,     ///< It called exit, _exit, or executed a program that ended.
  killed,     ///< A signal ended it: a crash, or somebody killed it.
  timed_out,  ///< It was ended at its deadline.
  too_big,    ///< Its result was longer than agreed.
};

namespace detail {

/// What travels: values as bytes. Both sides are the same program, so their form is the memory's.
template <typename T>
struct CopyValue {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
                "a result travels as bytes: it must be trivially copyable and no pointer, a "
                "std::string, a std::vector of such, or a tend::Result of any of these");
  static void put(std::string& bytes, const T& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static std::optional<T> take(std::string_view& bytes) {
    if (bytes.size() < sizeof(T)) {
      return std::nullopt;
    }
    alignas(T) std::byte storage[sizeof(T)];
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the size is checked above.
    std::memcpy(storage, bytes.data(), sizeof(T));
    bytes.remove_prefix(sizeof(T));
    return *std::launder(reinterpret_cast<const T*>(storage));
  }
};

template <>
struct CopyValue<std::string> {
  static void put(std::string& bytes, const std::string& value) {
    CopyValue<std::size_t>::put(bytes, value.size());
    bytes += value;
  }
  static std::optional<std::string> take(std::string_view& bytes) {
    const auto size = CopyValue<std::size_t>::take(bytes);
    if (!size || bytes.size() < *size) {
      return std::nullopt;
    }
    std::string value(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
    return value;
  }
};

template <typename T>
struct CopyValue<std::vector<T>> {
  static void put(std::string& bytes, const std::vector<T>& values) {
    CopyValue<std::size_t>::put(bytes, values.size());
    for (const T& value : values) {
      CopyValue<T>::put(bytes, value);
    }
  }
  static std::optional<std::vector<T>> take(std::string_view& bytes) {
    const auto count = CopyValue<std::size_t>::take(bytes);
    std::vector<T> values;
    for (std::size_t index = 0; count && index < *count; ++index) {
      auto value = CopyValue<T>::take(bytes);
      if (!value) {
        return std::nullopt;
      }
      values.push_back(*std::move(value));
    }
    return count ? std::optional(std::move(values)) : std::nullopt;
  }
};

template <>
struct CopyValue<Error> {
  static void put(std::string& bytes, const Error& error) {
    for (const std::string* text : {&error.step, &error.subject, &error.detail, &error.context}) {
      CopyValue<std::string>::put(bytes, *text);
    }
    CopyValue<int>::put(bytes, error.code);
  }
  static std::optional<Error> take(std::string_view& bytes) {
    Error error;
    for (std::string* text : {&error.step, &error.subject, &error.detail, &error.context}) {
      auto taken = CopyValue<std::string>::take(bytes);
      if (!taken) {
        return std::nullopt;
      }
      *text = *std::move(taken);
    }
    const auto code = CopyValue<int>::take(bytes);
    error.code = code.value_or(0);
    return code ? std::optional(std::move(error)) : std::nullopt;
  }
};

/// What result() gives for a function that returns T, and how that travels.
template <typename T>
struct CopyResult {
  using Type = Result<T>;
  static void put(std::string& bytes, const T& value) { CopyValue<T>::put(bytes, value); }
  static std::optional<Type> take(std::string_view bytes) {
    auto value = CopyValue<T>::take(bytes);
    return value ? std::optional<Type>(*std::move(value)) : std::nullopt;
  }
};

template <>
struct CopyResult<void> {
  using Type = Result<>;
  static std::optional<Type> take(std::string_view /*bytes*/) { return Type(); }
};

template <typename T>
struct CopyResult<std::expected<T, Error>> {
  using Type = Result<T>;
  static void put(std::string& bytes, const Type& result) {
    CopyValue<bool>::put(bytes, result.has_value());
    if (!result) {
      CopyValue<Error>::put(bytes, result.error());
    } else if constexpr (!std::is_void_v<T>) {
      CopyValue<T>::put(bytes, *result);
    }
  }
  static std::optional<Type> take(std::string_view bytes) {
    const auto is_good = CopyValue<bool>::take(bytes);
    if (!is_good) {
      return std::nullopt;
    }
    if (!*is_good) {
      auto error = CopyValue<Error>::take(bytes);
      return error ? std::optional<Type>(std::unexpected(*std::move(error))) : std::nullopt;
    }
    return CopyResult<T>::take(bytes);
  }
};

/// The function, seen from where its type is not known.
class CopyBody {
 public:
  CopyBody() = default;
  CopyBody(const CopyBody&) = delete;
  CopyBody& operator=(const CopyBody&) = delete;
  virtual ~CopyBody() = default;

  /// In the copy: calls it; its result as bytes.
  virtual std::string run() = 0;
};

template <typename F>
class CopyCall final : public CopyBody {
 public:
  using Value = std::invoke_result_t<F&>;

  explicit CopyCall(F& function) : function_(function) {}

  std::string run() override {
    std::string bytes;
    if constexpr (std::is_void_v<Value>) {
      function_();
    } else {
      CopyResult<Value>::put(bytes, function_());
    }
    return bytes;
  }

 private:
  F& function_;
};

/// A copy, whatever it gives back.
class CopyHandle {
 public:
  static Result<CopyHandle> start(CopyBody& body, const GuardedForkOptions& options);

  CopyHandle(CopyHandle&&) noexcept;
  CopyHandle& operator=(CopyHandle&&) noexcept;
  CopyHandle(const CopyHandle&) = delete;
  CopyHandle& operator=(const CopyHandle&) = delete;
  ~CopyHandle();

  /// The bytes of the result.
  Result<std::string> result(Until until);
  [[nodiscard]] std::optional<CopyEnd> end() const;
  [[nodiscard]] Child& child();

  /// Collects the results of several at once, each of which starts when one of `at_once` places is
  /// free; in their order.
  static std::vector<Result<std::string>> run_all(std::span<CopyBody* const> bodies,
                                                  const GuardedForkOptions& options,
                                                  std::size_t at_once);

  class State;  ///< Of the library's own.

 private:
  explicit CopyHandle(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The error for bytes that are no result: a bug, or a program that wrote into our socket.
[[nodiscard]] Error broken_copy_result();

template <typename T>
typename CopyResult<T>::Type decode_copy(Result<std::string> bytes) {
  if (!bytes) {
    return std::unexpected(std::move(bytes).error());
  }
  auto result = CopyResult<T>::take(*bytes);
  return result ? *std::move(result) : std::unexpected(broken_copy_result());
}

}  // namespace detail

/// A copy that runs a function which returns T, beside us.
template <typename T>
class Copy {
 public:
  /// Result<T>; for a function that returns a Result, that Result.
  using Outcome = typename detail::CopyResult<T>::Type;

  explicit Copy(detail::CopyHandle handle) : handle_(std::move(handle)) {}

  /// Waits for the copy to end; what the function returned. To be called until it gives something
  /// else than the error ETIMEDOUT "still runs", which leaves the copy alone. Errors: the step is
  /// "guarded fork", the detail says how the copy ended; ETIMEDOUT, also for the deadline; EFBIG;
  /// EINVAL, the result has been taken before.
  Outcome result(Until until = {}) { return detail::decode_copy<T>(handle_.result(until)); }

  /// How it ended, once result() has told.
  [[nodiscard]] std::optional<CopyEnd> end() const { return handle_.end(); }

  /// The process, for its pid, signals, and pidfd(), which is readable when it has ended. A result
  /// of more than some 200 KB keeps the copy waiting until somebody calls result().
  [[nodiscard]] Child& child() { return handle_.child(); }

 private:
  detail::CopyHandle handle_;
};

/// Starts a copy of this process that calls the function and ends. The function stays ours and is
/// copied as all memory is.
///
/// Errors: EAGAIN, ENOMEM, EMFILE, with the limit that is nearest. Refused without an errno: other
/// threads live; this is itself a copy, see GuardedForkOptions::nested_max.
template <typename F>
[[nodiscard]] Result<Copy<std::invoke_result_t<F&>>> guarded_fork(
    F&& function, const GuardedForkOptions& options = {}) {
  detail::CopyCall<std::remove_reference_t<F>> call(function);
  auto handle = detail::CopyHandle::start(call, options);
  if (!handle) {
    return std::unexpected(std::move(handle).error());
  }
  return Copy<std::invoke_result_t<F&>>(*std::move(handle));
}

/// The same, and waits for the result.
template <typename F>
typename Copy<std::invoke_result_t<F&>>::Outcome run_in_copy(
    F&& function, const GuardedForkOptions& options = {}) {
  auto copy = guarded_fork(function, options);
  if (!copy) {
    return std::unexpected(std::move(copy).error());
  }
  return copy->result();
}

/// Calls every function in a copy of its own, at most `at_once` side by side (0: as many as there
/// are CPUs for this process), and waits for all. The results are in the order of the functions,
/// whichever ended first; one that fails does not keep the others from their results.
template <typename F>
std::vector<typename Copy<std::invoke_result_t<F&>>::Outcome> run_in_copies(
    std::span<F> functions, const GuardedForkOptions& options = {}, std::size_t at_once = 0) {
  std::vector<std::unique_ptr<detail::CopyBody>> calls;
  std::vector<detail::CopyBody*> bodies;
  for (F& function : functions) {
    calls.push_back(std::make_unique<detail::CopyCall<F>>(function));
    bodies.push_back(calls.back().get());
  }
  std::vector<typename Copy<std::invoke_result_t<F&>>::Outcome> results;
  for (auto& bytes : detail::CopyHandle::run_all(bodies, options, at_once)) {
    results.push_back(detail::decode_copy<std::invoke_result_t<F&>>(std::move(bytes)));
  }
  return results;
}

template <typename F>
auto run_in_copies(std::vector<F>& functions, const GuardedForkOptions& options = {},
                   std::size_t at_once = 0) {
  return run_in_copies(std::span<F>(functions), options, at_once);
}

}  // namespace tend
