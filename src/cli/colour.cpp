#include "cli/colour.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tend::cli {

namespace {

constexpr std::string_view reset = "\x1b[0m";
constexpr std::array<std::string_view, 9> openers = {"",         "\x1b[1m",  "\x1b[2m",
                                                     "\x1b[31m", "\x1b[32m", "\x1b[33m",
                                                     "\x1b[34m", "\x1b[35m", "\x1b[36m"};
constexpr std::array index_tones = {Tone::cyan, Tone::yellow, Tone::green, Tone::magenta,
                                    Tone::blue};

/// The length of a colour sequence at the front, 0 if there is none: ESC [ digits and ; m.
std::size_t colour_sequence_bytes(std::string_view text) {
  constexpr std::size_t parameters_max = 64;
  if (!text.starts_with("\x1b[")) {
    return 0;
  }
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  // npos is more than any maximum.
  return end <= parameters_max && text[end] == 'm' ? end + 1 : 0;
}

/// The bytes of the character at the front that can be shown as they are; 0: it must be escaped.
std::size_t harmless_bytes(std::string_view text) {
  if (text.front() == '\t') {
    return 1;
  }
  const text::Character character = text::front_character(text);
  return character.bytes == 0 || text::is_control(character.code) ? 0 : character.bytes;
}

}  // namespace

std::optional<ColourWhen> colour_when(std::string_view word) {
  if (word == "auto") {
    return ColourWhen::automatic;
  }
  if (word == "always") {
    return ColourWhen::always;
  }
  if (word == "never") {
    return ColourWhen::never;
  }
  return std::nullopt;
}

bool wants_colour(const ColourFacts& facts) {
  if (facts.when != ColourWhen::automatic) {
    return facts.when == ColourWhen::always;
  }
  if (facts.no_color && !facts.no_color->empty()) {
    return false;
  }
  if (facts.clicolor_force && !facts.clicolor_force->empty() && *facts.clicolor_force != "0") {
    return true;
  }
  return facts.is_terminal && facts.term && !facts.term->empty() && *facts.term != "dumb";
}

std::string Painter::paint(Tone tone, std::string_view text) const {
  if (!is_on_ || tone == Tone::plain || text.empty()) {
    return std::string(text);
  }
  return std::string(openers.at(std::to_underlying(tone))) + std::string(text) + std::string(reset);
}

Tone tone_of_index(std::size_t index) { return index_tones.at(index % index_tones.size()); }

std::string visible(std::string_view line, Colours colours) {
  std::string shown;
  shown.reserve(line.size());
  bool is_coloured = false;
  while (!line.empty()) {
    std::size_t taken = colour_sequence_bytes(line);
    if (taken > 0) {
      if (colours == Colours::keep) {
        shown += line.substr(0, taken);
        is_coloured = true;
      }
    } else if (taken = harmless_bytes(line); taken > 0) {
      shown += line.substr(0, taken);
    } else {
      // A byte that is not UTF-8, or one control character.
      taken = std::max<std::size_t>(1, text::front_character(line).bytes);
      shown += text::printable(line.substr(0, taken));
    }
    line.remove_prefix(taken);
  }
  if (is_coloured) {
    shown += reset;
  }
  return shown;
}

}  // namespace tend::cli
