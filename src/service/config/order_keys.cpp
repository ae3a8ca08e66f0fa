#include "service/config/order_keys.hpp"

#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace tend::service::config {

namespace {

// In the order of Until; healthy is what it will also be able to wait for.
constexpr std::array<std::string_view, 4> until_words{"started", "ready", "completed", "healthy"};
constexpr std::size_t healthy = 3;

std::optional<RequirementDraft> read_requirement(const Node& node, const Reading& reading) {
  if (node.type == NodeType::text) {
    auto name = reading.text(node, "requires");
    return name ? std::optional(RequirementDraft{.on = {*std::move(name), node.at}}) : std::nullopt;
  }
  if (node.type != NodeType::table) {
    reading.wrong_type(node, "each part of requires", "a name or a table",
                       "such as { name = \"db\", until = \"started\" }");
    return std::nullopt;
  }
  KeyReader keys(node, "requires", reading);
  RequirementDraft draft;
  const Entry* name = keys.find("name");
  if (name == nullptr) {
    reading.wrong(node.at, "this part of requires has no name");
  } else if (auto text = reading.text(name->value, "name")) {
    draft.on = {*std::move(text), name->value.at};
  }
  if (const Entry* until = keys.find("until")) {
    const auto word = reading.word(until->value, "until", until_words);
    if (word == healthy) {
      reading.wrong(until->value.at, "until = \"healthy\" is not possible yet",
                    "this version has no health checks; \"ready\" is the furthest");
    } else if (word) {
      draft.until = static_cast<Until>(*word);
      draft.until_at = until->value.at;
    }
  }
  draft.restart = keys.boolean("restart").value_or(false);
  keys.finish();
  return draft.on.text.empty() ? std::nullopt : std::optional(std::move(draft));
}

void read_requires(KeyReader& keys, Draft& draft) {
  const Entry* entry = keys.find("requires");
  if (entry == nullptr) {
    return;
  }
  const Reading& reading = keys.reading();
  if (entry->value.type != NodeType::list) {
    std::string hint;
    if (entry->value.type == NodeType::text) {
      hint = text::format("write requires = [{}]", text::quoted(entry->value.text));
    }
    reading.wrong_type(entry->value, "requires", "a list of names", std::move(hint));
    return;
  }
  std::set<std::string> seen;
  for (const Node& item : entry->value.items) {
    auto requirement = read_requirement(item, reading);
    if (!requirement) {
      continue;
    }
    if (!seen.insert(requirement->on.text).second) {
      reading.wrong(requirement->on.at,
                    text::format("{} comes twice in requires", text::quoted(requirement->on.text)));
      continue;
    }
    draft.requires_.push_back(*std::move(requirement));
  }
}

}  // namespace

void read_order(KeyReader& keys, Draft& draft) {
  read_requires(keys, draft);
  draft.before = keys.texts("before").value_or(std::vector<TextAt>{});
  draft.after = keys.texts("after").value_or(std::vector<TextAt>{});
}

}  // namespace tend::service::config
