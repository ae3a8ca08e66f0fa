#include "base/json.hpp"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"

namespace tend::json {

namespace {

using Tree = nlohmann::ordered_json;

std::string dumped(const Tree& leaf) {
  return leaf.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

bool needs_no_escape(char letter) {
  return letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\';
}

void append_text(std::string& to, const std::string& text) {
  if (std::ranges::all_of(text, needs_no_escape)) {
    to.append("\"").append(text).append("\"");
  } else {
    to.append(dumped(text));
  }
}

/// Brackets are ours, because a tree of nlohmann's, made only to be written, costs several times
/// the writing; what is in them is nlohmann's.
void append(std::string& to, const Value& value) {
  const auto in_brackets = [&to](std::string_view brackets, const auto& all, auto append_one) {
    to.push_back(brackets[0]);
    bool is_first = true;
    for (const auto& one : all) {
      to.append(std::exchange(is_first, false) ? "" : ",");
      append_one(one);
    }
    to.push_back(brackets[1]);
  };
  if (const auto boolean = value.as_bool()) {
    to.append(*boolean ? "true" : "false");
  } else if (const auto integer = value.as_integer()) {
    to.append(std::to_string(*integer));
  } else if (const auto natural = value.as_unsigned()) {
    to.append(std::to_string(*natural));
  } else if (const auto real = value.as_double()) {
    to.append(dumped(*real));
  } else if (const std::string* text = value.as_string()) {
    append_text(to, *text);
  } else if (value.is_array()) {
    in_brackets("[]", value.items(), [&to](const Value& item) { append(to, item); });
  } else if (value.is_object()) {
    in_brackets("{}", value.members(), [&to](const Member& member) {
      append_text(to, member.first);
      to.push_back(':');
      append(to, member.second);
    });
  } else {
    to.append("null");
  }
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
  std::string text;
  append(text, value);
  return text;
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
