#pragma once
// The environment of a service as a value: where it starts from, and what is set on top.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tend::service::config {

/// KEY=VALUE, sorted by key, each key once: the same variables always give the same specs.
class Environment {
 public:
  /// What a service inherits: without tend's own variables, and without `_`, OLDPWD, PWD and SHLVL,
  /// which are about the shell that started tend.
  [[nodiscard]] static Environment inherited(std::span<const std::string> variables);

  /// env-clear: PATH, HOME, USER, LANG and TZ are left.
  [[nodiscard]] Environment cleared() const;

  void set(std::string_view key, std::string_view value);

  [[nodiscard]] const std::vector<std::string>& variables() const noexcept { return variables_; }

 private:
  std::vector<std::string> variables_{};
};

}  // namespace tend::service::config
