#include "cli/completion_script.hpp"

#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/options.hpp"

namespace tend::cli {

namespace {

// The first column of `tend status`, down to the empty line below the table.
constexpr std::string_view names_of_services =
    "tend status 2>/dev/null | awk 'NR > 1 && NF == 0 {exit} NR > 1 {print $1}'";

bool takes_names(const Command& command) { return command.arguments.contains("NAME"); }

std::string command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.name);
  }
  return text::join(names, " ");
}

std::vector<Option> options_of(const Command& command) {
  std::vector<Option> all;
  for (const auto& options : {command.options, common_options()}) {
    for (const Option& option : options) {
      if (!option.is_internal) {
        all.push_back(option);
      }
    }
  }
  return all;
}

std::string option_words(const Command& command) {
  std::vector<std::string> words;
  for (const Option& option : options_of(command)) {
    words.push_back("--" + std::string(option.name) + (option.value.empty() ? "" : "="));
  }
  return text::join(words, " ");
}

/// In single quotes, for a shell.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) {
    out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return out + "'";
}

/// The action of zsh's _arguments for the value of an option.
std::string zsh_value(const Option& option) {
  if (option.value.empty()) {
    return "";
  }
  const std::string_view action = option.value == "FILE"  ? "_files"
                                  : option.value == "DIR" ? "_files -/"
                                                          : "";
  return text::format(":{}:{}", option.value, action);
}

std::string zsh_help(std::string_view help) {
  std::string out;
  for (const char letter : help) {
    if (letter == '[' || letter == ']' || letter == ':') {
      out += '\\';
    }
    out += letter;
  }
  return out;
}

}  // namespace

std::string bash_completion() {
  std::string script =
      "# bash completion of tend, made by `tend completion bash`.\n"
      "_tend() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      command_names() +
      " --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[COMP_CWORD-1]} in\n"
      "    -f) [ \"$command\" = logs ] || { COMPREPLY=($(compgen -f -- \"$word\")); return; } ;;\n"
      "  esac\n"
      "  case $command in\n";
  for (const Command& command : commands()) {
    script += text::format("    {}) words=\"{}\"", command.name, option_words(command));
    if (takes_names(command)) {
      script += text::format("\n      [[ $word == -* ]] || words=$({})", names_of_services);
    } else if (command.arguments.contains('|')) {
      script += text::format("\n      [[ $word == -* ]] || words=\"{}\"",
                             text::join(text::split(command.arguments, '|'), " "));
    }
    script += " ;;\n";
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
      "}\n"
      "complete -o default -F _tend tend\n";
  return script;
}

std::string zsh_completion() {
  std::string script =
      "#compdef tend\n"
      "# zsh completion of tend, made by `tend completion zsh`.\n"
      "_tend_services() {\n"
      "  local -a names\n"
      "  names=(${(f)\"$(" +
      std::string(names_of_services) +
      ")\"})\n"
      "  compadd -a names\n"
      "}\n"
      "_tend() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const Command& command : commands()) {
    script += "    " +
              single_quoted(text::format("{}:{}", command.name, zsh_help(command.summary))) + "\n";
  }
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const Command& command : commands()) {
    script += text::format("    {}) _arguments", command.name);
    for (const Option& option : options_of(command)) {
      script += " \\\n      " + single_quoted(text::format(
                                    "--{}{}[{}]{}", option.name, option.value.empty() ? "" : "=",
                                    zsh_help(option.help), zsh_value(option)));
    }
    if (takes_names(command)) {
      script += " \\\n      '*:service:_tend_services'";
    }
    script += " ;;\n";
  }
  script +=
      "  esac\n"
      "}\n"
      "compdef _tend tend\n";
  return script;
}

std::string fish_completion() {
  std::string script =
      "# fish completion of tend, made by `tend completion fish`.\ncomplete -c tend -f\n";
  for (const Command& command : commands()) {
    script += text::format("complete -c tend -n __fish_use_subcommand -a {} -d {}\n", command.name,
                           single_quoted(command.summary));
    const std::string condition = text::format("'__fish_seen_subcommand_from {}'", command.name);
    for (const Option& option : options_of(command)) {
      script += text::format("complete -c tend -n {} -l {}", condition, option.name);
      if (option.letter != 0) {
        script += text::format(" -s {}", option.letter);
      }
      if (!option.value.empty()) {
        script += option.value == "FILE" || option.value == "DIR" ? " -r -F" : " -x";
      }
      script += " -d " + single_quoted(option.help) + "\n";
    }
    if (takes_names(command)) {
      script += text::format("complete -c tend -n {} -a \"({})\"\n", condition,
                             "tend status 2>/dev/null | awk 'NR > 1 && NF == 0 {exit} NR > 1 "
                             "{print \\$1}'");
    }
  }
  return script;
}

}  // namespace tend::cli
