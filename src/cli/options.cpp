#include "cli/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::cli {

namespace {

// What getopt_long returns for the long option with index i: above every letter.
constexpr int long_option_base = 256;

std::vector<const Option*> options_of(const Command* command) {
  std::vector<const Option*> all;
  for (const Option& option : common_options()) {
    all.push_back(&option);
  }
  if (command != nullptr) {
    for (const Option& option : command->options) {
      all.push_back(&option);
    }
  }
  return all;
}

/// The table in the form that getopt_long(3) wants.
struct GetoptTable {
  std::string letters{};
  std::vector<std::string> names{};  // Zero-terminated copies.
  std::vector<option> longs{};
};

GetoptTable getopt_table(std::span<const Option* const> options, bool ends_at_argument) {
  GetoptTable table;
  // ':' in front: a missing value is told apart from an unknown option.
  table.letters = ends_at_argument ? "+:" : ":";
  table.names.reserve(options.size());  // The pointers below must stay.
  for (const Option* known : options) {
    const bool takes_value = !known->value.empty();
    if (known->letter != 0) {
      table.letters += known->letter;
      table.letters += takes_value ? ":" : "";
    }
    table.names.emplace_back(known->name);
    table.longs.push_back({.name = table.names.back().c_str(),
                           .has_arg = !takes_value               ? no_argument
                                      : known->is_value_optional ? optional_argument
                                                                 : required_argument,
                           .flag = nullptr,
                           .val = long_option_base + static_cast<int>(table.longs.size())});
  }
  table.longs.push_back({});
  return table;
}

std::string try_help(const Command* command) {
  return command == nullptr ? "; see `tend --help`"
                            : text::format("; see `tend {} --help`", command->name);
}

std::unexpected<Failure> misused(const Command* command, const std::string& what) {
  return fail(exit_usage, (command == nullptr ? "" : std::string(command->name) + ": ") + what +
                              try_help(command));
}

/// An option that there is not. `name` has its dashes; `guess` is what may have been meant.
std::unexpected<Failure> unknown_option(const Command* command, const std::string& name,
                                        const std::string& guess) {
  if (command != nullptr) {
    const auto kin = std::ranges::find(command->foreign, name, &ForeignOption::name);
    if (kin != command->foreign.end()) {
      return misused(command, text::format("unknown option {}: {}", name, kin->here));
    }
  }
  return misused(command, text::format("unknown option {}{}", text::printable(name), guess));
}

std::unexpected<Failure> bad_long_option(const Command* command,
                                         std::span<const Option* const> options,
                                         std::string_view word) {
  const std::string_view name = word.substr(2, word.find('=') - 2);
  std::vector<std::string_view> names;
  std::vector<std::string> candidates;
  for (const Option* known : options) {
    if (known->name == name) {
      return misused(command, text::format("--{} takes no value", name));
    }
    if (!known->is_internal) {
      names.push_back(known->name);
      if (known->name.starts_with(name)) {
        candidates.push_back("--" + std::string(known->name));
      }
    }
  }
  if (candidates.size() > 1) {
    return misused(command, text::format("--{} can mean {}", text::printable(name),
                                         text::join(candidates, " or ")));
  }
  const auto meant = text::nearest(name, names);
  return unknown_option(command, text::format("--{}", name),
                        meant ? text::format(" (did you mean --{}?)", *meant) : "");
}

/// The option that getopt_long means by what it returned; null: it knows none.
const Option* option_of(std::span<const Option* const> options, int got) {
  if (got >= long_option_base) {
    return options[static_cast<std::size_t>(got - long_option_base)];
  }
  const auto found =
      std::ranges::find_if(options, [got](const Option* known) { return known->letter == got; });
  return found == options.end() ? nullptr : *found;
}

std::unexpected<Failure> needs_value(const Command* command, const Option* option) {
  return misused(command, option == nullptr ? "an option needs a value"
                                            : text::format("--{} needs a value: {}", option->name,
                                                           option->value));
}

/// What getopt_long did not like, in our words. `word` is where it stopped.
std::unexpected<Failure> bad_option(const Command* command, std::span<const Option* const> options,
                                    std::string_view word) {
  if (::optopt != 0 && ::optopt < long_option_base) {
    const std::string letter(1, static_cast<char>(::optopt));
    return unknown_option(command, "-" + letter, "");
  }
  return bad_long_option(command, options, word);
}

using Values = std::map<std::string_view, std::vector<std::string>>;

/// Reads options from `words`; what is left over are the arguments.
Outcome<std::vector<std::string>> read_options(const Command* command,
                                               std::span<const std::string> words,
                                               bool ends_at_argument, Values& values) {
  const std::vector<const Option*> options = options_of(command);
  const GetoptTable table = getopt_table(options, ends_at_argument);
  std::vector<std::string> copies = {"tend"};
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char*> argv;
  std::ranges::transform(copies, std::back_inserter(argv),
                         [](std::string& word) { return word.data(); });
  argv.push_back(nullptr);
  const int argc = static_cast<int>(copies.size());
  ::opterr = 0;
  ::optind = 0;  // glibc: begin anew (getopt(3), NOTES).
  while (true) {
    const int got =
        ::getopt_long(argc, argv.data(), table.letters.c_str(), table.longs.data(), nullptr);
    if (got == -1) {
      return std::vector<std::string>(argv.begin() + ::optind, argv.begin() + argc);
    }
    if (got == ':') {
      return needs_value(command, option_of(options, ::optopt));
    }
    const Option* known = option_of(options, got);
    if (known == nullptr) {
      return bad_option(command, options, argv[static_cast<std::size_t>(::optind) - 1]);
    }
    values[known->name].emplace_back(::optarg == nullptr ? "" : ::optarg);
  }
}

Outcome<const Command*> command_named(std::string_view name) {
  if (const Command* found = find_command(name)) {
    return found;
  }
  std::vector<std::string_view> names;
  for (const Command& known : commands()) {
    names.push_back(known.name);
  }
  const auto meant = text::nearest(name, names);
  return fail(exit_usage,
              text::format("unknown command {}{}; see `tend --help`", text::quoted(name),
                           meant ? text::format(" (did you mean `tend {}`?)", *meant) : ""));
}

Outcome<void> check_count(const Command& command, std::span<const std::string> arguments) {
  if (arguments.size() < command.arguments_min) {
    return misused(&command, text::format("needs {}", command.arguments));
  }
  if (arguments.size() > command.arguments_max) {
    return misused(&command,
                   text::format("{} is too much", text::quoted(arguments[command.arguments_max])));
  }
  return {};
}

}  // namespace

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  return found == commands().end() ? nullptr : &*found;
}

std::optional<std::string> Invocation::value(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::nullopt : std::optional(found->second.back());
}

std::vector<std::string> Invocation::values(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Outcome<Invocation> parse(std::span<const std::string> words) {
  Invocation made;
  std::vector<std::string> rest = TEND_TRY(read_options(nullptr, words, true, made.values_));
  if (rest.empty()) {
    return made;
  }
  made.command_ = TEND_TRY(command_named(rest.front()));
  made.arguments_ = TEND_TRY(read_options(made.command_, std::span(rest).subspan(1),
                                          made.command_->ends_at_argument, made.values_));
  if (!made.has("help") && !made.has("version")) {
    TEND_TRY(check_count(*made.command_, made.arguments_));
  }
  return made;
}

}  // namespace tend::cli
