#pragma once
// JSON as a value: built and written on one line with the keys in the order they were set, and read
// back within bounds. nlohmann-json does the reading and writing, in json.cpp only.

#include <tend/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tend::json {

class Value;
using Member = std::pair<std::string, Value>;

/// null, a boolean, a number, a text, an array or an object.
class Value {
 public:
  Value() = default;
  // NOLINTBEGIN(*-explicit-*): literals are to read as JSON does.
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(std::signed_integral auto value) : data_(std::int64_t{value}) {}
  Value(std::unsigned_integral auto value) : data_(std::uint64_t{value}) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value) {
      *this = Value(*value);
    }
  }
  // NOLINTEND(*-explicit-*)

  [[nodiscard]] static Value array(std::vector<Value> items = {});

  /// `object({{"name", "web"}, {"pid", 17}, {"since", nullptr}})`; keys keep their order.
  [[nodiscard]] static Value object(std::vector<Member> members = {});

  /// Sets a member of an object; a key that is there keeps its place. Turns null into an object;
  /// on anything else it is a bug of ours, and aborts.
  Value& set(std::string_view key, Value value);

  /// Appends to an array; null becomes an array first.
  Value& push(Value value);

  [[nodiscard]] bool is_null() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] bool is_object() const noexcept;
  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
  /// Absent when it is not an integer or does not fit.
  [[nodiscard]] std::optional<std::int64_t> as_integer() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> as_unsigned() const noexcept;
  /// Of any number.
  [[nodiscard]] std::optional<double> as_double() const noexcept;
  [[nodiscard]] const std::string* as_string() const noexcept;
  /// Empty when it is not an array.
  [[nodiscard]] std::span<const Value> items() const noexcept;
  /// Empty when it is not an object.
  [[nodiscard]] std::span<const Member> members() const noexcept;
  /// The member of an object; null pointer when there is none.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string,
               std::vector<Value>, std::vector<Member>>
      data_{};
};

/// On one line, without a newline at the end. Bytes that are not UTF-8 become U+FFFD; NaN and
/// infinity become null.
[[nodiscard]] std::string write(const Value& value);

struct Bounds {
  std::size_t bytes_max = std::size_t{1} << 20U;
  std::size_t depth_max = 32;
};

/// The whole text as one value. Size and depth are checked before the parser sees the text; a key
/// that comes twice in one object and text that is not UTF-8 are errors.
[[nodiscard]] Result<Value> parse(std::string_view text, Bounds bounds = {});

}  // namespace tend::json
