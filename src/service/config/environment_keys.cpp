#include "service/config/environment_keys.hpp"

#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "service/config/dotenv.hpp"

namespace tend::service::config {

namespace {

void set_user(Environment& environment, const std::optional<User>& user) {
  if (!user) {
    return;
  }
  environment.set("HOME", user->home);
  environment.set("USER", user->name);
  environment.set("LOGNAME", user->name);
  environment.set("SHELL", user->shell);
}

void read_file(const TextAt& file, Environment& environment, const Reading& reading,
               const Surroundings& surroundings) {
  const bool may_be_missing = file.text.starts_with('-');
  const std::string_view name = std::string_view(file.text).substr(may_be_missing ? 1 : 0);
  if (name.empty()) {
    reading.wrong(file.at, "env-file is empty");
    return;
  }
  const auto text = surroundings.read_env_file(absolute_path(surroundings.directory, name));
  if (!text) {
    if (may_be_missing && text.error().code == ENOENT) {
      return;
    }
    reading.wrong(file.at, "env-file: " + text.error().message(),
                  text.error().code == ENOENT ? text::format("write {} if it may be missing",
                                                             text::quoted("-" + std::string(name)))
                                              : "");
    return;
  }
  const Dotenv dotenv = parse_dotenv(*text);
  for (const Problem& problem : dotenv.problems) {
    reading.wrong(file.at, "env-file: " + problem_text(name, problem));
  }
  for (const Variable& variable : dotenv.variables) {
    environment.set(variable.key, variable.value);
  }
}

void read_files(KeyReader& keys, Environment& environment, const Surroundings& surroundings) {
  const Entry* entry = keys.find("env-file");
  if (entry == nullptr) {
    return;
  }
  const Reading& reading = keys.reading();
  if (entry->value.type == NodeType::list) {
    for (const TextAt& file :
         reading.texts(entry->value, "env-file").value_or(std::vector<TextAt>{})) {
      read_file(file, environment, reading, surroundings);
    }
  } else if (entry->value.type != NodeType::text) {
    reading.wrong_type(entry->value, "env-file", "a path or a list of paths");
  } else if (auto file = reading.text(entry->value, "env-file")) {
    read_file({*std::move(file), entry->value.at}, environment, reading, surroundings);
  }
}

std::optional<std::string> variable_value(const Entry& entry, const Reading& reading) {
  const Node& node = entry.value;
  if (node.type == NodeType::integer) {
    return text::format("{}", node.integer);
  }
  if (node.type == NodeType::boolean) {
    return node.boolean ? "true" : "false";
  }
  if (node.type != NodeType::text) {
    reading.wrong_type(node, text::quoted(entry.key), "a text, an integer or a boolean",
                       node.type == NodeType::table ? "a key with dots stands in quotes" : "");
    return std::nullopt;
  }
  return reading.text(node, text::quoted(entry.key));
}

void read_variables(KeyReader& keys, Environment& environment) {
  const Entry* entry = keys.find("env");
  if (entry == nullptr) {
    return;
  }
  const Reading& reading = keys.reading();
  if (entry->value.type != NodeType::table) {
    reading.wrong_type(entry->value, "env", "a table", "such as { PORT = \"8080\" }");
    return;
  }
  for (const Entry& variable : entry->value.entries) {
    if (std::string wrong = what_is_wrong_with_variable(variable.key); !wrong.empty()) {
      reading.wrong(variable.key_at, std::move(wrong));
    } else if (const auto value = variable_value(variable, reading)) {
      environment.set(variable.key, *value);
    }
  }
}

}  // namespace

std::vector<std::string> read_environment(KeyReader& keys, const Environment& inherited,
                                          const std::optional<User>& user,
                                          const Surroundings& surroundings) {
  Environment environment =
      keys.boolean("env-clear").value_or(false) ? inherited.cleared() : inherited;
  set_user(environment, user);
  read_files(keys, environment, surroundings);
  read_variables(keys, environment);
  return environment.variables();
}

std::string absolute_path(std::string_view directory, std::string_view path) {
  const std::string whole =
      path.starts_with('/') ? std::string(path) : std::string(directory) + "/" + std::string(path);
  std::string clean;
  for (const std::string_view part : text::split(whole, '/')) {
    if (!part.empty() && part != ".") {
      clean += '/';
      clean += part;
    }
  }
  return clean.empty() ? "/" : clean;
}

}  // namespace tend::service::config
