#include "service/config/environment.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "service/config/dotenv.hpp"

namespace tend::service::config {

namespace {

std::string_view key_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool is_about_the_shell(std::string_view key) {
  return key == "_" || key == "OLDPWD" || key == "PWD" || key == "SHLVL";
}

}  // namespace

Environment Environment::inherited(std::span<const std::string> variables) {
  std::map<std::string_view, std::string_view> by_key;
  for (const std::string& variable : variables) {
    const std::string_view key = key_of(variable);
    if (key.empty() || key.size() == variable.size() || is_set_by_tend(key) ||
        is_about_the_shell(key)) {
      continue;
    }
    // Of two equal keys the first one counts, as for getenv(3).
    by_key.emplace(key, variable);
  }
  Environment made;
  for (const auto& [key, variable] : by_key) {
    made.variables_.emplace_back(variable);
  }
  return made;
}

Environment Environment::cleared() const {
  constexpr std::array<std::string_view, 5> kept{"HOME", "LANG", "PATH", "TZ", "USER"};
  Environment made;
  for (const std::string& variable : variables_) {
    if (std::ranges::find(kept, key_of(variable)) != kept.end()) {
      made.variables_.push_back(variable);
    }
  }
  return made;
}

void Environment::set(std::string_view key, std::string_view value) {
  std::string variable = std::string(key) + '=' + std::string(value);
  const auto place = std::ranges::lower_bound(variables_, key, {}, key_of);
  if (place != variables_.end() && key_of(*place) == key) {
    *place = std::move(variable);
  } else {
    variables_.insert(place, std::move(variable));
  }
}

}  // namespace tend::service::config
