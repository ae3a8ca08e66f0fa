#pragma once
// Names of users by number, each looked up once.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace tend::cli {

class Users {
 public:
  /// The name; the number where there is none.
  [[nodiscard]] const std::string& name_of(std::uint32_t uid);

 private:
  std::map<std::uint32_t, std::string> names_{};
};

/// The uid of a user by name or number. `option` is what was given, for the message.
Outcome<std::uint32_t> uid_named(std::string_view option, std::string_view name);

}  // namespace tend::cli
