#pragma once
// A TOML text as a small tree of values with positions, entries in the order of the file. toml++
// reads it, in toml_document.cpp only.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/problem.hpp"

namespace tend::service::config {

enum class NodeType : std::uint8_t { boolean, integer, real, text, time, list, table };

struct Entry;

/// One value. Only the member that belongs to its type means anything.
struct Node {
  Position at{};
  NodeType type = NodeType::table;
  bool is_table_list = false;  ///< list: written as [[name]].
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text{};
  std::vector<Node> items;
  std::vector<Entry> entries;
};

struct Entry {
  std::string key{};
  Position key_at{};
  Node value{};
};

/// "a text", "an integer", "a list", ...
[[nodiscard]] std::string_view kind_of(const Node& node) noexcept;

/// The whole text as a table, or its first syntax error. find_dangerous() is asked first.
[[nodiscard]] std::expected<Node, Problem> parse_toml(std::string_view text);

}  // namespace tend::service::config
