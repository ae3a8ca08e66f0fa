#pragma once
// Template: a command with places that each job fills with its items: `convert {} small/{/.}.jpg`.
// Pure. The places are those of GNU parallel:
//
//   {}   the item            {2} {-1} {name}      the second item, the last one, a column by name
//   {.}  without extension   {2.} {-1/} {name/.}  parts of these
//   {/}  its last part       {#}                  the number of the job, from 1
//   {//} its folder          {%}                  the number of its slot, from 1
//   {/.} last part without extension
//
// A word with `{}` (or `{.}`...) is repeated for each item of the job; a word without it stands
// once. What is none of these is literal.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tend::jobs {

/// Which part of an item a place shows. Slashes at the end of an item are no part of a name, and a
/// dot at the beginning of a name begins no extension (GNU parallel makes both an empty text).
enum class ItemPart : std::uint8_t { whole, no_extension, last, folder, last_no_extension };

/// `d.x/f.tar.gz`: `d.x/f.tar`, `f.tar.gz`, `d.x`, `f.tar`.
[[nodiscard]] std::string_view part_of(std::string_view item, ItemPart part);

/// `{}` and the like: the item that the word is repeated for.
struct EachItem {
  ItemPart part = ItemPart::whole;
};

/// `{2}`, `{-1}`, `{name}`.
struct OneItem {
  std::int64_t index = 1;  ///< From 1; negative: from the end.
  ItemPart part = ItemPart::whole;
};

struct SequenceNumber {};
struct SlotNumber {};

using Place = std::variant<EachItem, OneItem, SequenceNumber, SlotNumber>;

/// The items of a job as lengths in bytes.
struct ItemSizes {
  std::size_t count = 0;
  std::size_t total = 0;
  std::size_t longest = 0;

  void add(std::string_view item);
};

class Template {
 public:
  /// `names` are those of the columns, if they have any: `{name}` is the column that has it.
  Template(std::span<const std::string> words, std::span<const std::string> names);

  /// It has places, whether they show items or numbers.
  [[nodiscard]] bool has_places() const { return has_places_; }

  /// Adds `{}` as its last word.
  void append_items();

  /// The first place that shows an item, as it was written; empty: there is none.
  [[nodiscard]] const std::string& first_item_place() const { return first_item_place_; }

  /// The arguments for these items. `{%}` becomes slot_mark (job.hpp); what no item is there for
  /// becomes empty. No item holds a NUL byte.
  [[nodiscard]] std::vector<std::string> expand(std::span<const std::string> items,
                                                std::uint64_t sequence) const;

  /// At most how many bytes the arguments for such items take, with what the kernel needs for each
  /// argument: a NUL byte and a pointer (execve(2)).
  [[nodiscard]] std::size_t bytes_at_most(const ItemSizes& sizes) const;

  /// At most how long an argument gets that this item is part of.
  [[nodiscard]] std::size_t argument_bytes_at_most(std::string_view item) const;

 private:
  using Piece = std::variant<std::string, Place>;
  struct Word {
    std::vector<Piece> pieces{};
    std::size_t literal_bytes = 0;  ///< All but the items, numbers at their longest.
    std::size_t each_places = 0;    ///< With one or more the word is repeated.
    std::size_t one_places = 0;

    void add(std::string literal);
    void add(Place place);
  };
  struct Values;

  Word read_word(std::string_view rest, std::span<const std::string> names);
  static void append(std::string& argument, const Place& place, const Values& values);
  static std::string argument_of(const Word& word, const Values& values);

  std::vector<Word> words_{};
  std::string first_item_place_{};
  bool has_places_ = false;
};

/// The first of these places in a text, as it is written there, where none has a `$` in front of
/// it; empty: there is none. For texts in which a place would be a mistake.
[[nodiscard]] std::string find_place(std::string_view text);

}  // namespace tend::jobs
