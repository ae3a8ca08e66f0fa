#pragma once
// Reads the typed fields of one table and says of each what is wrong with it. It remembers which
// keys were asked for, so the list of known keys is nowhere written down twice.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/problem.hpp"
#include "service/config/toml_document.hpp"

namespace tend::service::config {

using std::chrono::milliseconds;

/// A text and where it stands.
struct TextAt {
  std::string text{};
  Position at{};
};

struct DurationBounds {
  milliseconds min{0};
  milliseconds max{std::chrono::hours{24 * 365}};
};

template <typename T>
struct Bounds {
  T min{};
  T max{};
};

/// What a value was meant to be: its key, and the table it stands in, for messages.
struct Reading {
  Problems* problems = nullptr;

  /// `what must be expected, not a list`.
  void wrong_type(const Node& node, std::string_view what, std::string_view expected,
                  std::string hint = {}) const;
  void wrong(Position at, std::string message, std::string hint = {}) const;

  // Values of any place; absent when wrong, and then said so. A text has no NUL byte.
  [[nodiscard]] std::optional<std::string> text(const Node& node, std::string_view what) const;
  [[nodiscard]] std::optional<milliseconds> duration(const Node& node, std::string_view what,
                                                     DurationBounds bounds = {}) const;
  [[nodiscard]] std::optional<std::int64_t> integer(const Node& node, std::string_view what,
                                                    Bounds<std::int64_t> bounds) const;
  [[nodiscard]] std::optional<double> number(const Node& node, std::string_view what,
                                             Bounds<double> bounds) const;
  [[nodiscard]] std::optional<std::uint64_t> size(const Node& node, std::string_view what) const;
  [[nodiscard]] std::optional<std::vector<TextAt>> texts(const Node& node,
                                                         std::string_view what) const;
  /// A command: a list of words, or a text for /bin/sh.
  [[nodiscard]] std::optional<std::vector<std::string>> command(const Node& node,
                                                                std::string_view what) const;
  /// The index of the word; an unknown word is answered with the nearest one.
  [[nodiscard]] std::optional<std::size_t> word(const Node& node, std::string_view what,
                                                std::span<const std::string_view> words) const;
};

class KeyReader {
 public:
  /// `where` names the table in messages: `[service.web]`. The table must outlive the reader.
  KeyReader(const Node& table, std::string where, Reading reading);

  /// The entry of that key, which is thereby known; null pointer when the file does not have it.
  [[nodiscard]] const Entry* find(std::string_view key);

  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<milliseconds> duration(std::string_view key,
                                                     DurationBounds bounds = {});
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key,
                                                    Bounds<std::int64_t> bounds);
  [[nodiscard]] std::optional<double> number(std::string_view key, Bounds<double> bounds);
  [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key);
  [[nodiscard]] std::optional<std::vector<TextAt>> texts(std::string_view key);
  [[nodiscard]] std::optional<std::vector<std::string>> command(std::string_view key);
  [[nodiscard]] std::optional<std::size_t> word(std::string_view key,
                                                std::span<const std::string_view> words);

  /// A key that is not to be used, for a reason that is worth saying.
  void refuse(std::string_view key, std::string_view message, std::string_view hint);

  /// Every key that nobody has asked for is unknown. Called last.
  void finish();

  [[nodiscard]] const Reading& reading() const noexcept { return reading_; }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

 private:
  const Node& table_;
  std::string where_;
  Reading reading_;
  std::vector<std::string_view> known_{};
  std::vector<std::string_view> refused_{};
};

}  // namespace tend::service::config
