#pragma once
// Field: something about a process that may be known or not, and then says why not. Looking at a
// process is never all or nothing: the kernel shows some of it to everybody, some of it to its
// owner only, and nothing at all once it has ended.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tend::inspect {

/// Why something is not known.
enum class Absence : std::uint8_t {
  not_asked,      ///< It was not among the Fields asked for.
  not_permitted,  ///< The kernel shows it to its owner or root only (EACCES, EPERM).
  gone,           ///< The process ended before it could be read.
  not_available,  ///< This kernel or this kind of process has none: no memory map of a kernel
                  ///< thread.
};

/// "not permitted" and the like.
[[nodiscard]] std::string_view name_of(Absence absence);

template <typename T>
class [[nodiscard]] Field {
 public:
  using value_type = T;

  Field() = default;
  // NOLINTBEGIN(google-explicit-constructor): a field is set by assigning what was found out.
  Field(T value) : value_(std::move(value)) {}
  Field(Absence why) : why_(why) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// Only when it has a value.
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] const T* operator->() const { return &*value_; }
  [[nodiscard]] T* operator->() { return &*value_; }

  /// Only when it has none.
  [[nodiscard]] Absence why() const noexcept { return why_; }

  [[nodiscard]] T value_or(T other) const { return value_.value_or(std::move(other)); }

  bool operator==(const Field&) const = default;

 private:
  std::optional<T> value_{};
  Absence why_ = Absence::not_asked;
};

}  // namespace tend::inspect
