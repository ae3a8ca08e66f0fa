#pragma once
// TEND_TRY(expr): the value of a Result, or return its error from the enclosing function. The
// statement expression is a GNU extension that both of our compilers have.

#include <expected>
#include <utility>

namespace tend::detail {

/// The value of a result that is known to have one. Not [[nodiscard]] as operator* is: a statement
/// may try something whose value it does not need.
template <typename T, typename E>
T value_of(std::expected<T, E>&& result) {
  return *std::move(result);
}

}  // namespace tend::detail

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a return from the caller needs a macro.
#define TEND_TRY(expr)                                            \
  __extension__({                                                 \
    auto tend_try_result = (expr);                                \
    if (!tend_try_result) {                                       \
      return std::unexpected(std::move(tend_try_result).error()); \
    }                                                             \
    ::tend::detail::value_of(std::move(tend_try_result));         \
  })
