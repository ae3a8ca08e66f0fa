#include "cli/line_prefix.hpp"

#include <algorithm>

namespace tend::cli {

LinePrefix::LinePrefix(std::span<const std::string> names, Painter painter) : painter_(painter) {
  for (const std::string& name : names) {
    width_ = std::max(width_, name.size());
    tones_.try_emplace(name, tone_of_index(tones_.size()));
  }
}

std::string LinePrefix::prefix(std::string_view name, std::string_view time) const {
  std::string front(time);
  if (!time.empty()) {
    front = painter_.paint(Tone::dim, time) + " ";
  }
  if (tones_.empty()) {
    return front;
  }
  std::string padded(name);
  padded.resize(std::max(width_, name.size()), ' ');
  const auto tone = tones_.find(name);
  return front + painter_.paint(tone == tones_.end() ? Tone::plain : tone->second, padded + " |") +
         " ";
}

std::string LinePrefix::line(std::string_view name, std::string_view time,
                             std::string_view text) const {
  return prefix(name, time) + visible(text, painter_.is_on() ? Colours::keep : Colours::drop);
}

std::string LinePrefix::note(std::string_view name, std::string_view time, std::string_view text,
                             Tone tone) const {
  return prefix(name, time) + painter_.paint(tone, visible(text, Colours::drop));
}

}  // namespace tend::cli
