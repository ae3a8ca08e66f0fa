#include "base/json.hpp"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/text.hpp"

namespace tend::json {

namespace {

using Tree = nlohmann::ordered_json;

Tree tree_of(const Value& value) {
  if (const auto boolean = value.as_bool()) {
    return *boolean;
  }
  if (const auto integer = value.as_integer()) {
    return *integer;
  }
  if (const auto natural = value.as_unsigned()) {
    return *natural;
  }
  if (const auto real = value.as_double()) {
    return *real;
  }
  if (const std::string* text = value.as_string()) {
    return *text;
  }
  if (value.is_array()) {
    Tree tree = Tree::array();
    for (const Value& item : value.items()) {
      tree.push_back(tree_of(item));
    }
    return tree;
  }
  if (value.is_object()) {
    Tree tree = Tree::object();
    // The keys are known to differ; the object's own insertion would look through all of them.
    auto& members = tree.get_ref<Tree::object_t&>();
    for (const Member& member : value.members()) {
      members.Container::emplace_back(member.first, tree_of(member.second));
    }
    return tree;
  }
  return nullptr;
}

/// Builds our values from the parser's events; nothing here recurses.
class Builder {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& /*text*/) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(std::vector<std::uint8_t>& /*value*/) { return false; }

  bool start_object(std::size_t /*size*/) {
    open_.push_back({.is_object = true});
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    open_.emplace_back();
    return true;
  }
  bool key(std::string& name) {
    if (!open_.back().keys.insert(name).second) {
      return refuse("the key " + text::quoted(name) + " comes twice");
    }
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() {
    Open done = take_open();
    return add(Value::object(std::move(done.members)));
  }
  bool end_array() {
    Open done = take_open();
    return add(Value::array(std::move(done.items)));
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) {
    return refuse(text::format("not valid JSON at byte {}", position));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Value take_result() { return std::move(result_); }

 private:
  struct Open {
    bool is_object = false;
    std::string key{};
    std::unordered_set<std::string> keys{};
    std::vector<Member> members{};
    std::vector<Value> items{};
  };

  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  Open take_open() {
    Open done = std::move(open_.back());
    open_.pop_back();
    return done;
  }

  bool add(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  std::vector<Open> open_{};
  Value result_{};
  std::string problem_{};
};

/// How deep brackets are nested, outside of texts.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (in_string) {
      at += letter == '\\' ? 1 : 0;
      in_string = letter != '"';
    } else if (letter == '"') {
      in_string = true;
    } else if (letter == '[' || letter == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((letter == ']' || letter == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

std::string write(const Value& value) {
  return tree_of(value).dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Result<Value> parse(std::string_view text, Bounds bounds) {
  if (text.size() > bounds.bytes_max) {
    return refused("parse JSON", "", text::format("longer than {} bytes", bounds.bytes_max));
  }
  if (depth_of(text) > bounds.depth_max) {
    return refused("parse JSON", "", text::format("nested deeper than {}", bounds.depth_max));
  }
  Builder builder;
  try {
    if (Tree::sax_parse(text, &builder)) {
      return builder.take_result();
    }
  } catch (const std::exception& error) {
    return refused("parse JSON", "", error.what());
  }
  return refused("parse JSON", "", builder.problem());
}

}  // namespace tend::json
