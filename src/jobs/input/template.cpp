#include "jobs/input/template.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/number.hpp"
#include "jobs/job.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t number_bytes_max = 20;  // Of 64 bits.
constexpr std::size_t argument_overhead_bytes = 1 + sizeof(char*);

std::string_view without_slashes_at_end(std::string_view path) {
  const std::size_t last = path.find_last_not_of('/');
  return last == std::string_view::npos ? path.substr(0, std::min<std::size_t>(path.size(), 1))
                                        : path.substr(0, last + 1);
}

std::string_view last_part(std::string_view item) {
  const std::string_view path = without_slashes_at_end(item);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

std::string_view folder_of(std::string_view item) {
  const std::string_view path = without_slashes_at_end(item);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return ".";
  }
  return slash == 0 ? "/" : without_slashes_at_end(path.substr(0, slash));
}

std::string_view without_extension(std::string_view path) {
  const std::size_t dot = path.find_last_of("./");
  const bool is_extension =
      dot != std::string_view::npos && path[dot] == '.' && dot > 0 && path[dot - 1] != '/';
  return is_extension ? path.substr(0, dot) : path;
}

struct PartWord {
  std::string_view text;
  ItemPart part;
};

// Longer ones first: `//` ends with `/`.
constexpr std::array part_words = {PartWord{"/.", ItemPart::last_no_extension},
                                   PartWord{"//", ItemPart::folder}, PartWord{"/", ItemPart::last},
                                   PartWord{".", ItemPart::no_extension},
                                   PartWord{"", ItemPart::whole}};

/// A column by name or number; absent: there is none of this name, and it is no number.
std::optional<std::int64_t> index_of(std::string_view column, std::span<const std::string> names) {
  const auto found = std::ranges::find(names, column);
  if (found != names.end()) {
    return found - names.begin() + 1;
  }
  const bool has_leading_zero = column.starts_with('0') || column.starts_with("-0");
  return has_leading_zero ? std::nullopt : parse_integer<std::int64_t>(column);
}

Place item_place(std::optional<std::int64_t> index, ItemPart part) {
  return index ? Place(OneItem{.index = *index, .part = part}) : Place(EachItem{.part = part});
}

/// What stands between braces; absent: it is no place.
std::optional<Place> place_of(std::string_view inner, std::span<const std::string> names) {
  if (inner == "#") {
    return SequenceNumber{};
  }
  if (inner == "%") {
    return SlotNumber{};
  }
  if (const auto index = inner.empty() ? std::nullopt : index_of(inner, names)) {
    return item_place(index, ItemPart::whole);  // A name may end with what else is a part.
  }
  for (const PartWord& word : part_words) {
    if (!inner.ends_with(word.text)) {
      continue;
    }
    const std::string_view column = inner.substr(0, inner.size() - word.text.size());
    const auto index = index_of(column, names);
    if (index || column.empty()) {
      return item_place(column.empty() ? std::nullopt : index, word.part);
    }
  }
  return std::nullopt;
}

/// A place in a text, with its braces.
struct FoundPlace {
  Place place{};
  std::string_view text{};
};

std::optional<FoundPlace> place_at_front(std::string_view text,
                                         std::span<const std::string> names) {
  const std::size_t end = text.starts_with('{') ? text.find('}') : std::string_view::npos;
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  auto place = place_of(text.substr(1, end - 1), names);
  return place ? std::optional(FoundPlace{.place = *place, .text = text.substr(0, end + 1)})
               : std::nullopt;
}

bool is_about_items(const Place& place) {
  return std::holds_alternative<EachItem>(place) || std::holds_alternative<OneItem>(place);
}

}  // namespace

std::string_view part_of(std::string_view item, ItemPart part) {
  switch (part) {
    case ItemPart::whole: return item;
    case ItemPart::no_extension: return without_extension(item);
    case ItemPart::last: return last_part(item);
    case ItemPart::folder: return folder_of(item);
    case ItemPart::last_no_extension: return without_extension(last_part(item));
  }
  std::unreachable();
}

void ItemSizes::add(std::string_view item) {
  ++count;
  total += item.size();
  longest = std::max(longest, item.size());
}

// --- reading it ----------------------------------------------------------------------------------

void Template::Word::add(std::string literal) {
  literal_bytes += literal.size();
  pieces.emplace_back(std::move(literal));
}

void Template::Word::add(Place place) {
  if (std::holds_alternative<EachItem>(place)) {
    ++each_places;
  } else if (std::holds_alternative<OneItem>(place)) {
    ++one_places;
  } else {
    literal_bytes += number_bytes_max;
  }
  pieces.emplace_back(place);
}

Template::Word Template::read_word(std::string_view rest, std::span<const std::string> names) {
  Word word;
  std::string literal;
  while (!rest.empty()) {
    const auto found = place_at_front(rest, names);
    if (!found) {
      literal += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    if (!literal.empty()) {
      word.add(std::exchange(literal, {}));
    }
    word.add(found->place);
    if (first_item_place_.empty() && is_about_items(found->place)) {
      first_item_place_ = found->text;
    }
    has_places_ = true;
    rest.remove_prefix(found->text.size());
  }
  if (!literal.empty() || word.pieces.empty()) {
    word.add(std::move(literal));
  }
  return word;
}

Template::Template(std::span<const std::string> words, std::span<const std::string> names) {
  words_.reserve(words.size() + 1);
  for (const std::string& word : words) {
    words_.push_back(read_word(word, names));
  }
}

void Template::append_items() {
  Word items;
  items.add(Place(EachItem{}));
  words_.push_back(std::move(items));
}

std::string find_place(std::string_view text) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const bool is_of_shell = at > 0 && text[at - 1] == '$';
    if (const auto found = place_at_front(text.substr(at), {}); found && !is_of_shell) {
      return std::string(found->text);
    }
  }
  return {};
}

// --- filling it ----------------------------------------------------------------------------------

/// What the places of one argument show.
struct Template::Values {
  std::span<const std::string> items{};
  std::string_view each{};  ///< The item that the word is repeated for.
  std::uint64_t sequence = 0;

  /// Empty when there is no such item.
  [[nodiscard]] std::string_view item(std::int64_t index) const {
    const auto count = static_cast<std::int64_t>(items.size());
    const std::int64_t place = index > 0 ? index - 1 : count + index;
    return place >= 0 && place < count ? std::string_view(items[static_cast<std::size_t>(place)])
                                       : std::string_view();
  }
};

void Template::append(std::string& argument, const Place& place, const Values& values) {
  if (const auto* each = std::get_if<EachItem>(&place)) {
    argument += part_of(values.each, each->part);
  } else if (const auto* one = std::get_if<OneItem>(&place)) {
    const std::string_view item = values.item(one->index);
    argument += item.empty() ? item : part_of(item, one->part);
  } else if (std::holds_alternative<SequenceNumber>(place)) {
    argument += std::to_string(values.sequence);
  } else {
    argument += slot_mark;
  }
}

std::string Template::argument_of(const Word& word, const Values& values) {
  std::string argument;
  for (const Piece& piece : word.pieces) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      argument += *literal;
    } else {
      append(argument, std::get<Place>(piece), values);
    }
  }
  return argument;
}

std::vector<std::string> Template::expand(std::span<const std::string> items,
                                          std::uint64_t sequence) const {
  std::vector<std::string> arguments;
  arguments.reserve(words_.size() + items.size());
  Values values{.items = items, .sequence = sequence};
  for (const Word& word : words_) {
    if (word.each_places == 0) {
      arguments.push_back(argument_of(word, values));
      continue;
    }
    for (const std::string& item : items) {
      values.each = item;
      arguments.push_back(argument_of(word, values));
    }
  }
  return arguments;
}

// --- measuring it --------------------------------------------------------------------------------

// The folder of a name without one is longer than that: `.`.
std::size_t Template::bytes_at_most(const ItemSizes& sizes) const {
  std::size_t bytes = 0;
  for (const Word& word : words_) {
    const std::size_t once =
        word.literal_bytes + word.one_places * (sizes.longest + 1) + argument_overhead_bytes;
    bytes += word.each_places == 0
                 ? once
                 : sizes.count * once + word.each_places * (sizes.total + sizes.count);
  }
  return bytes;
}

std::size_t Template::argument_bytes_at_most(std::string_view item) const {
  std::size_t longest = 0;
  for (const Word& word : words_) {
    const std::size_t places = word.each_places + word.one_places;
    if (places > 0) {
      longest = std::max(longest, word.literal_bytes + places * (item.size() + 1));
    }
  }
  return longest;
}

}  // namespace tend::jobs
