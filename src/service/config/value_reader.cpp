// Reading of key_reader.hpp: one value at a time.

#include <utility>

#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "service/config/key_reader.hpp"

namespace tend::service::config {

namespace {

// The kernel refuses longer arguments and variables (MAX_ARG_STRLEN, execve(2)).
constexpr std::size_t text_bytes_max = 128 * 1024 - 1;

std::string explained(std::string_view what, const Error& error) {
  return text::format("{}: {}: {}", what, error.subject, error.detail);
}

}  // namespace

void Reading::wrong_type(const Node& node, std::string_view what, std::string_view expected,
                         std::string hint) const {
  wrong(node.at, text::format("{} must be {}, not {}", what, expected, kind_of(node)),
        std::move(hint));
}

void Reading::wrong(Position at, std::string message, std::string hint) const {
  problems->add(at, std::move(message), std::move(hint));
}

std::optional<std::string> Reading::text(const Node& node, std::string_view what) const {
  if (node.type != NodeType::text) {
    wrong_type(node, what, "a text");
    return std::nullopt;
  }
  if (node.text.contains('\0')) {
    wrong(node.at, text::format("{} has a NUL character", what));
    return std::nullopt;
  }
  if (node.text.size() > text_bytes_max) {
    wrong(node.at, text::format("{} is longer than {} bytes", what, text_bytes_max));
    return std::nullopt;
  }
  return node.text;
}

std::optional<milliseconds> Reading::duration(const Node& node, std::string_view what,
                                              DurationBounds bounds) const {
  if (node.type != NodeType::text) {
    wrong_type(node, what, "a duration such as \"30s\"");
    return std::nullopt;
  }
  const auto parsed = parse_duration(node.text);
  if (!parsed) {
    wrong(node.at, explained(what, parsed.error()));
    return std::nullopt;
  }
  if (*parsed < bounds.min || *parsed > bounds.max) {
    wrong(node.at, text::format("{} must be from {} to {}", what, duration_text(bounds.min),
                                duration_text(bounds.max)));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::int64_t> Reading::integer(const Node& node, std::string_view what,
                                             Bounds<std::int64_t> bounds) const {
  if (node.type != NodeType::integer) {
    wrong_type(node, what, "an integer");
    return std::nullopt;
  }
  if (node.integer < bounds.min || node.integer > bounds.max) {
    wrong(node.at, text::format("{} must be from {} to {}", what, bounds.min, bounds.max));
    return std::nullopt;
  }
  return node.integer;
}

std::optional<double> Reading::number(const Node& node, std::string_view what,
                                      Bounds<double> bounds) const {
  const bool is_integer = node.type == NodeType::integer;
  if (!is_integer && node.type != NodeType::real) {
    wrong_type(node, what, "a number");
    return std::nullopt;
  }
  const double value = is_integer ? static_cast<double>(node.integer) : node.real;
  // Written so that NaN is outside.
  const bool is_inside = value >= bounds.min && value <= bounds.max;
  if (!is_inside) {
    wrong(node.at, text::format("{} must be from {} to {}", what, bounds.min, bounds.max));
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> Reading::size(const Node& node, std::string_view what) const {
  if (node.type == NodeType::integer && node.integer >= 0) {
    return static_cast<std::uint64_t>(node.integer);
  }
  if (node.type == NodeType::integer) {
    wrong(node.at, text::format("{} must not be negative", what));
    return std::nullopt;
  }
  if (node.type != NodeType::text) {
    wrong_type(node, what, "a size such as \"64KiB\"");
    return std::nullopt;
  }
  const auto parsed = parse_size(node.text);
  if (!parsed) {
    wrong(node.at, explained(what, parsed.error()));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::vector<TextAt>> Reading::texts(const Node& node, std::string_view what) const {
  if (node.type != NodeType::list) {
    std::string hint;
    if (node.type == NodeType::text) {
      hint = text::format("write {} = [{}]", what, text::quoted(node.text));
    }
    wrong_type(node, what, "a list of texts", std::move(hint));
    return std::nullopt;
  }
  std::vector<TextAt> all;
  bool is_right = true;
  for (const Node& item : node.items) {
    auto one = text(item, text::format("each part of {}", what));
    is_right = is_right && one.has_value();
    if (one) {
      all.push_back({*std::move(one), item.at});
    }
  }
  return is_right ? std::optional(std::move(all)) : std::nullopt;
}

std::optional<std::vector<std::string>> Reading::command(const Node& node,
                                                         std::string_view what) const {
  if (node.type == NodeType::text) {
    auto line = text(node, what);
    if (line && text::trimmed(*line).empty()) {
      wrong(node.at, text::format("{} is empty", what));
      return std::nullopt;
    }
    return line ? std::optional(std::vector<std::string>{"/bin/sh", "-c", *std::move(line)})
                : std::nullopt;
  }
  if (node.type != NodeType::list) {
    wrong_type(node, what, "a list of words, or a text for /bin/sh");
    return std::nullopt;
  }
  auto words = texts(node, what);
  if (!words) {
    return std::nullopt;
  }
  if (words->empty() || words->front().text.empty()) {
    wrong(node.at, text::format("{} names no program", what));
    return std::nullopt;
  }
  std::vector<std::string> argv;
  for (TextAt& word : *words) {
    argv.push_back(std::move(word.text));
  }
  return argv;
}

std::optional<std::size_t> Reading::word(const Node& node, std::string_view what,
                                         std::span<const std::string_view> words) const {
  const std::string expected = text::join(words, ", ");
  if (node.type != NodeType::text) {
    wrong_type(node, what, "one of " + expected);
    return std::nullopt;
  }
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (words[index] == node.text) {
      return index;
    }
  }
  const auto meant = text::nearest(node.text, words);
  wrong(node.at,
        text::format("{} must be one of {}, not {}", what, expected, text::quoted(node.text)),
        meant ? text::format("did you mean {}?", text::quoted(*meant)) : "");
  return std::nullopt;
}

}  // namespace tend::service::config
