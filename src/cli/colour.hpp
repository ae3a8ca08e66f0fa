#pragma once
// Colours of a terminal: whether they are wanted, and text painted in them. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::cli {

enum class ColourWhen : std::uint8_t { automatic, always, never };

/// `auto`, `always`, `never`.
[[nodiscard]] std::optional<ColourWhen> colour_when(std::string_view word);

/// What decides; variables that are not set are absent.
struct ColourFacts {
  ColourWhen when = ColourWhen::automatic;
  bool is_terminal = false;
  std::optional<std::string> no_color{};        ///< Set and not empty: none (no-color.org).
  std::optional<std::string> clicolor_force{};  ///< Set and not "0": always.
  std::optional<std::string> term{};            ///< "dumb", or absent: none.
};

[[nodiscard]] bool wants_colour(const ColourFacts& facts);

enum class Tone : std::uint8_t { plain, bold, dim, red, green, yellow, blue, magenta, cyan };

/// Paints, or leaves plain.
class Painter {
 public:
  explicit Painter(bool is_on) : is_on_(is_on) {}

  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;
  [[nodiscard]] bool is_on() const noexcept { return is_on_; }

 private:
  bool is_on_;
};

/// A tone for the n-th service: neighbours differ, and none looks like an error.
[[nodiscard]] Tone tone_of_index(std::size_t index);

/// A line of somebody else's output, made safe for a terminal: control characters are escaped,
/// except tabs. Colour sequences (SGR) stay with `Colours::keep`, closed at the end, and are
/// dropped with `Colours::drop`.
enum class Colours : bool { drop, keep };
[[nodiscard]] std::string visible(std::string_view line, Colours colours);

}  // namespace tend::cli
