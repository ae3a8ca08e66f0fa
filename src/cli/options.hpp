#pragma once
// The one table of commands and options. It feeds the parser, --help, the guesses at what was
// meant, the completions of shells and docs/cli.md, so that they cannot drift apart.

#include <tend/error.hpp>

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tend::cli {

/// The exit codes of tend (docs/cli.md). Commands that run a command add 126, 127 and 128+n.
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_not_running = 4;
inline constexpr int exit_invalid_config = 78;
inline constexpr int exit_tend_failed = 125;

/// Why a command did not work: its exit code and the message for the person who called it.
struct Failure {
  int code = exit_failed;
  std::string message{};

  Failure(int exit_code, std::string text) : code(exit_code), message(std::move(text)) {}
  // NOLINTNEXTLINE(*-explicit-*): an Error that nobody knows better about is a plain failure.
  Failure(const Error& error) : message(error.message()) {}
};

template <typename T>
using Outcome = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> fail(int code, std::string message) {
  return std::unexpected(Failure(code, std::move(message)));
}

struct Option {
  std::string_view name{};
  char letter = 0;           ///< 0: it has only the long form.
  std::string_view value{};  ///< How the value is called in the help; empty: it takes none.
  std::string_view help{};
  bool is_internal = false;        ///< For tend itself: not in any help.
  bool is_value_optional = false;  ///< `--name` alone is one too; its value is then empty.
};

class Invocation;

/// An option of a kindred program, which its users will try here.
struct ForeignOption {
  std::string_view name{};  ///< With its dashes.
  std::string_view here{};  ///< What to do here: completes "unknown option NAME: ".
};

struct Command {
  std::string_view name{};
  std::string_view arguments{};  ///< As in the help: "NAME...".
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  bool ends_at_argument = false;   ///< What follows the first argument belongs to it.
  std::string_view summary{};      ///< One line without a full stop.
  std::string_view description{};  ///< Whole sentences.
  std::span<const Option> options{};
  std::span<const ForeignOption> foreign{};
  Outcome<int> (*run)(const Invocation&) = nullptr;
};

[[nodiscard]] std::span<const Command> commands();

/// Options of every command: --help, --color, --version.
[[nodiscard]] std::span<const Option> common_options();

[[nodiscard]] const Command* find_command(std::string_view name);

/// A command line that fits the table.
class Invocation {
 public:
  [[nodiscard]] bool has(std::string_view option) const { return values_.contains(option); }

  /// The last value given; nothing if the option was not.
  [[nodiscard]] std::optional<std::string> value(std::string_view option) const;

  /// Every value given, in order: for an option that can come more than once.
  [[nodiscard]] std::vector<std::string> values(std::string_view option) const;

  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

  /// Null with `tend --help` and `tend --version`.
  [[nodiscard]] const Command* command() const { return command_; }

 private:
  friend Outcome<Invocation> parse(std::span<const std::string> words);

  const Command* command_ = nullptr;
  std::map<std::string_view, std::vector<std::string>> values_{};  // Keys point into the table.
  std::vector<std::string> arguments_{};
};

/// Reads the words after the program's name. Failures (code 2) name the word, and what was probably
/// meant. With --help the number of arguments is not looked at.
[[nodiscard]] Outcome<Invocation> parse(std::span<const std::string> words);

}  // namespace tend::cli
