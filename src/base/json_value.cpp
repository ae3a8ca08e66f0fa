// The value half of json.hpp; reading and writing are in json.cpp.

#include <cstdio>
#include <cstdlib>

#include "base/json.hpp"

namespace tend::json {

namespace {

[[noreturn]] void misused(const char* what) {
  std::fprintf(stderr, "tend: bug: json: %s\n", what);
  std::abort();
}

}  // namespace

Value Value::array(std::vector<Value> items) {
  Value value;
  value.data_ = std::move(items);
  return value;
}

Value Value::object(std::vector<Member> members) {
  Value value;
  value.data_ = std::move(members);
  return value;
}

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) {
    data_ = std::vector<Member>{};
  }
  auto* members = std::get_if<std::vector<Member>>(&data_);
  if (members == nullptr) {
    misused("set on a value that is not an object");
  }
  for (Member& member : *members) {
    if (member.first == key) {
      member.second = std::move(value);
      return *this;
    }
  }
  members->emplace_back(std::string(key), std::move(value));
  return *this;
}

Value& Value::push(Value value) {
  if (is_null()) {
    data_ = std::vector<Value>{};
  }
  auto* items = std::get_if<std::vector<Value>>(&data_);
  if (items == nullptr) {
    misused("push on a value that is not an array");
  }
  items->push_back(std::move(value));
  return *this;
}

bool Value::is_null() const noexcept { return std::holds_alternative<std::monostate>(data_); }

bool Value::is_array() const noexcept { return std::holds_alternative<std::vector<Value>>(data_); }

bool Value::is_object() const noexcept {
  return std::holds_alternative<std::vector<Member>>(data_);
}

std::optional<bool> Value::as_bool() const noexcept {
  const auto* value = std::get_if<bool>(&data_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> Value::as_integer() const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&data_)) {
    return *value;
  }
  const auto* value = std::get_if<std::uint64_t>(&data_);
  if (value == nullptr || !std::in_range<std::int64_t>(*value)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<std::uint64_t> Value::as_unsigned() const noexcept {
  if (const auto* value = std::get_if<std::uint64_t>(&data_)) {
    return *value;
  }
  const auto* value = std::get_if<std::int64_t>(&data_);
  if (value == nullptr || *value < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*value);
}

std::optional<double> Value::as_double() const noexcept {
  if (const auto* value = std::get_if<double>(&data_)) {
    return *value;
  }
  if (const auto* value = std::get_if<std::int64_t>(&data_)) {
    return static_cast<double>(*value);
  }
  if (const auto* value = std::get_if<std::uint64_t>(&data_)) {
    return static_cast<double>(*value);
  }
  return std::nullopt;
}

const std::string* Value::as_string() const noexcept { return std::get_if<std::string>(&data_); }

std::span<const Value> Value::items() const noexcept {
  const auto* items = std::get_if<std::vector<Value>>(&data_);
  return items == nullptr ? std::span<const Value>{} : *items;
}

std::span<const Member> Value::members() const noexcept {
  const auto* members = std::get_if<std::vector<Member>>(&data_);
  return members == nullptr ? std::span<const Member>{} : *members;
}

const Value* Value::find(std::string_view key) const noexcept {
  for (const Member& member : members()) {
    if (member.first == key) {
      return &member.second;
    }
  }
  return nullptr;
}

}  // namespace tend::json
