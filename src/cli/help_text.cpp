#include "cli/help_text.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t columns = 80;

struct ExitCode {
  std::string_view code{};
  std::string_view meaning{};
};
constexpr std::array exit_codes = {
    ExitCode{"0", "It worked."},
    ExitCode{"1", "It did not work; the message says why."},
    ExitCode{"2", "The command line makes no sense."},
    ExitCode{"3", "`tend run`: stopped by --halt."},
    ExitCode{"4", "The project is not running."},
    ExitCode{"75", "`tend lock`: others hold the name."},
    ExitCode{"78", "The project's file is invalid."},
    ExitCode{"124", "`tend wait --timeout`, `tend timeout`: not ended in time."},
    ExitCode{"125", "What runs a command (init, exec, run, timeout, lock): tend itself failed."},
    ExitCode{"126", "init, exec, timeout, lock: the command cannot be executed."},
    ExitCode{"127", "init, exec, timeout, lock: the command was not found."},
    ExitCode{"128+n", "Ended by signal n."},
};

struct Variable {
  std::string_view name{};
  std::string_view meaning{};
};
constexpr std::array variables = {
    Variable{"TEND_FILE", "The project's file, if there is no --file."},
    Variable{"TEND_PROJECT", "The running project, if there is no --project."},
    Variable{"TEND_STATE", "The folder for everything, if there is no --state."},
    Variable{"TEND_KEEPER", "The tend-keeper program, if it is not beside tend."},
    Variable{"NO_COLOR", "No colours."},
    Variable{"CLICOLOR_FORCE", "Colours also where there is no terminal."},
};

/// Breaks at spaces; every line after the first gets the indent.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : text::split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > columns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string wrapped_paragraphs(std::string_view text) {
  std::string out;
  for (const std::string_view paragraph : text::split(text, '\n')) {
    out += wrapped(paragraph, 0) + "\n";
  }
  return out;
}

std::string option_words(const Option& option) {
  std::string words = option.letter == 0 ? "    " : text::format("-{}, ", option.letter);
  words += "--" + std::string(option.name);
  if (!option.value.empty()) {
    const std::string value = "=" + std::string(option.value);
    words += option.is_value_optional ? "[" + value + "]" : value;
  }
  return words;
}

std::vector<Option> shown_options(const Command* command) {
  std::vector<Option> shown;
  if (command != nullptr) {
    std::ranges::copy_if(command->options, std::back_inserter(shown),
                         [](const Option& option) { return !option.is_internal; });
  }
  std::ranges::copy(common_options(), std::back_inserter(shown));
  return shown;
}

std::string option_lines(const Command* command) {
  const std::vector<Option> shown = shown_options(command);
  std::size_t width = 0;
  for (const Option& option : shown) {
    width = std::max(width, option_words(option).size());
  }
  std::string lines;
  for (const Option& option : shown) {
    std::string words = "  " + option_words(option);
    words.resize(width + 4, ' ');
    lines += words + wrapped(option.help, width + 4) + "\n";
  }
  return lines;
}

std::string usage(const Command& command) {
  std::string line = text::format("tend {} [OPTION...]", command.name);
  if (!command.arguments.empty()) {
    line += " " + std::string(command.arguments);
  }
  return line;
}

std::string markdown_options(const Command* command) {
  std::string lines = "| option | meaning |\n|---|---|\n";
  for (const Option& option : shown_options(command)) {
    lines += text::format("| `{}` | {} |\n", text::trimmed(option_words(option)), option.help);
  }
  return lines;
}

/// scdoc gives `_` and `*` a meaning.
std::string scdoc_escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '_' || letter == '*' || letter == '\\' || letter == '<' || letter == '#') {
      out += '\\';
    }
    out += letter == '`' ? '*' : letter;
  }
  return out;
}

std::string man_options(const Command* command) {
  std::string lines;
  for (const Option& option : shown_options(command)) {
    lines += text::format("*{}*\n\t{}\n\n", text::trimmed(option_words(option)),
                          scdoc_escaped(option.help));
  }
  return lines;
}

}  // namespace

std::string overview_help() {
  std::string page =
      "tend keeps programs running: a process supervisor.\n\nUsage: tend COMMAND [...]\n\n";
  page += "Commands:\n";
  std::size_t width = 0;
  for (const Command& command : commands()) {
    width = std::max(width, command.name.size());
  }
  for (const Command& command : commands()) {
    std::string name(command.name);
    name.resize(width + 2, ' ');
    page += "  " + name + std::string(command.summary) + "\n";
  }
  page += "\nOptions:\n" + option_lines(nullptr);
  page += "\n`tend COMMAND --help` says more about a command.\n";
  return page;
}

std::string command_help(const Command& command) {
  return text::format("{}.\n\nUsage: {}\n\n{}\nOptions:\n{}", command.summary, usage(command),
                      wrapped_paragraphs(command.description), option_lines(&command));
}

std::string markdown_help() {
  std::string page =
      "# The command line of tend\n\n"
      "This page is made by `tend help --markdown` from the table that also feeds the parser and "
      "`--help`; do not edit it. Long options may be cut as long as they stay unique; `--` ends "
      "options. Times are written like `500ms`, `30s`, `5m`.\n\n";
  for (const Command& command : commands()) {
    page += text::format("## tend {}\n\n{}.\n\n    {}\n\n{}\n\n{}\n", command.name, command.summary,
                         usage(command), command.description, markdown_options(&command));
  }
  page += "## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCode& known : exit_codes) {
    page += text::format("| {} | {} |\n", known.code, known.meaning);
  }
  page += "\n## Environment\n\n| variable | meaning |\n|---|---|\n";
  for (const Variable& known : variables) {
    page += text::format("| `{}` | {} |\n", known.name, known.meaning);
  }
  return page;
}

std::string man_source() {
  std::string page =
      "tend(1)\n\n# NAME\n\ntend - keeps programs running: a process supervisor\n\n"
      "# SYNOPSIS\n\n*tend* COMMAND [OPTION...] [ARGUMENT...]\n\n# COMMANDS\n\n";
  for (const Command& command : commands()) {
    page += text::format("## {}\n\n{}.\n\n{}\n\n{}", scdoc_escaped(usage(command)),
                         scdoc_escaped(command.summary), scdoc_escaped(command.description),
                         man_options(&command));
  }
  page += "# EXIT STATUS\n\n";
  for (const ExitCode& known : exit_codes) {
    page += text::format("*{}*\n\t{}\n\n", known.code, scdoc_escaped(known.meaning));
  }
  page += "# ENVIRONMENT\n\n";
  for (const Variable& known : variables) {
    page += text::format("*{}*\n\t{}\n\n", scdoc_escaped(known.name), scdoc_escaped(known.meaning));
  }
  return page;
}

}  // namespace tend::cli
