#include "service/config/key_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace tend::service::config {

KeyReader::KeyReader(const Node& table, std::string where, Reading reading)
    : table_(table), where_(std::move(where)), reading_(reading) {}

const Entry* KeyReader::find(std::string_view key) {
  known_.push_back(key);
  for (const Entry& entry : table_.entries) {
    if (entry.key == key) {
      return &entry;
    }
  }
  return nullptr;
}

std::optional<std::string> KeyReader::text(std::string_view key) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.text(entry->value, key);
}

std::optional<bool> KeyReader::boolean(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->value.type != NodeType::boolean) {
    reading_.wrong_type(entry->value, key, "true or false");
    return std::nullopt;
  }
  return entry->value.boolean;
}

std::optional<milliseconds> KeyReader::duration(std::string_view key, DurationBounds bounds) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.duration(entry->value, key, bounds);
}

std::optional<std::int64_t> KeyReader::integer(std::string_view key, Bounds<std::int64_t> bounds) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.integer(entry->value, key, bounds);
}

std::optional<double> KeyReader::number(std::string_view key, Bounds<double> bounds) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.number(entry->value, key, bounds);
}

std::optional<std::uint64_t> KeyReader::size(std::string_view key) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.size(entry->value, key);
}

std::optional<std::vector<TextAt>> KeyReader::texts(std::string_view key) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.texts(entry->value, key);
}

std::optional<std::vector<std::string>> KeyReader::command(std::string_view key) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.command(entry->value, key);
}

std::optional<std::size_t> KeyReader::word(std::string_view key,
                                           std::span<const std::string_view> words) {
  const Entry* entry = find(key);
  return entry == nullptr ? std::nullopt : reading_.word(entry->value, key, words);
}

void KeyReader::refuse(std::string_view key, std::string_view message, std::string_view hint) {
  refused_.push_back(key);
  for (const Entry& entry : table_.entries) {
    if (entry.key == key) {
      reading_.wrong(entry.key_at, std::string(message), std::string(hint));
    }
  }
}

void KeyReader::finish() {
  const auto is_in = [](const std::vector<std::string_view>& keys, const std::string& key) {
    return std::ranges::find(keys, key) != keys.end();
  };
  for (const Entry& entry : table_.entries) {
    if (is_in(known_, entry.key) || is_in(refused_, entry.key)) {
      continue;
    }
    std::string hint;
    if (reading_.problems->are_hints_worthwhile()) {
      const auto meant = text::nearest(entry.key, known_);
      hint = meant ? text::format("did you mean {}?", text::quoted(*meant))
                   : "known keys: " + text::join(known_, ", ");
    }
    reading_.wrong(entry.key_at,
                   text::format("unknown key {} in {}", text::quoted(entry.key), where_),
                   std::move(hint));
  }
}

}  // namespace tend::service::config
