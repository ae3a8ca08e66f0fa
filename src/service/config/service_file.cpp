#include "service/config/service_file.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "base/size.hpp"
#include "base/text.hpp"
#include "service/config/key_reader.hpp"
#include "service/config/order_check.hpp"
#include "service/config/service_keys.hpp"
#include "service/config/toml_document.hpp"
#include "service/spec_codec.hpp"

namespace tend::service::config {

namespace {

class ProjectReader {
 public:
  ProjectReader(const Node& root, const Surroundings& surroundings, Problems& problems)
      : reading_{&problems},
        inherited_(Environment::inherited(surroundings.environment)),
        shared_{surroundings, inherited_, reading_},
        keys_(root, "the top level", reading_) {}

  ProjectSpec read() {
    ProjectSpec project;
    project.name = read_name();
    project.stop_within =
        keys_.duration("stop-within", {.min = milliseconds(1)}).value_or(project.stop_within);
    read_tables("service", Kind::service);
    read_tables("task", Kind::task);
    keys_.finish();
    if (drafts_.empty()) {
      reading_.wrong({}, "there is nothing to run", "a service is a table such as [service.web]");
    }
    std::ranges::sort(drafts_, {}, &Draft::at);
    refuse_equal_names();
    project.services = resolve_order(std::move(drafts_), reading_);
    check_size(project);
    return project;
  }

 private:
  std::string read_name() {
    const Entry* entry = keys_.find("name");
    if (entry == nullptr) {
      return project_name_of(shared_.surroundings.directory);
    }
    std::string name = reading_.text(entry->value, "name").value_or("project");
    if (std::string wrong = what_is_wrong_with_name(name); !wrong.empty()) {
      reading_.wrong(entry->value.at, std::move(wrong));
    }
    return name;
  }

  void read_tables(std::string_view key, Kind kind) {
    const Entry* group = keys_.find(key);
    if (group == nullptr) {
      return;
    }
    const std::string form = text::format("write [{}.NAME]", key);
    if (group->value.type != NodeType::table) {
      reading_.wrong_type(group->value, key, "a table of tables", form);
      return;
    }
    for (const Entry& entry : group->value.entries) {
      if (entry.value.type != NodeType::table) {
        reading_.wrong_type(entry.value, text::format("{}.{}", key, entry.key), "a table",
                            entry.value.is_table_list
                                ? text::format("write [{}.{}] with single brackets", key, entry.key)
                                : form);
        continue;
      }
      if (std::string wrong = what_is_wrong_with_name(entry.key); !wrong.empty()) {
        reading_.wrong(entry.key_at, std::move(wrong));
      }
      drafts_.push_back(read_service(entry, kind, shared_));
    }
  }

  /// A service and a task may not share a name; TOML itself refuses two of a kind.
  void refuse_equal_names() {
    std::unordered_map<std::string_view, Position> seen;
    for (const Draft& draft : drafts_) {
      const auto [first, is_new] = seen.emplace(draft.spec.name, draft.at);
      if (!is_new) {
        reading_.wrong(draft.at,
                       text::format("the name {} is taken (line {})", text::quoted(draft.spec.name),
                                    first->second.line),
                       "services and tasks share their names");
      }
    }
  }

  void check_size(const ProjectSpec& project) {
    std::size_t bytes = 0;
    for (const ServiceSpec& service : project.services) {
      for (const auto* texts : {&service.argv, &service.env.list(), &service.ready.exec}) {
        for (const std::string& text : *texts) {
          bytes += text.size();
        }
      }
      for (const auto* text : {&service.name, &service.cwd, &service.ready.host,
                               &service.ready.http_host, &service.ready.path}) {
        bytes += text->size();
      }
    }
    if (bytes > spec_text_bytes_max) {
      reading_.wrong({},
                     text::format("all environments and commands together are larger than {}",
                                  size_text(spec_text_bytes_max)),
                     "env-clear = true makes environments small");
    }
  }

  Reading reading_;
  Environment inherited_;
  Shared shared_;
  KeyReader keys_;
  std::vector<Draft> drafts_{};
};

}  // namespace

std::expected<ProjectSpec, std::vector<Problem>> parse_project(std::string_view text,
                                                               const std::string& file,
                                                               const Surroundings& surroundings) {
  const auto root = parse_toml(text);
  if (!root) {
    return std::unexpected(std::vector{root.error()});
  }
  Problems problems;
  ProjectSpec project = ProjectReader(*root, surroundings, problems).read();
  if (!problems.empty()) {
    return std::unexpected(problems.take_sorted());
  }
  project.file = file;
  return project;
}

std::string project_name_of(std::string_view directory) {
  while (directory.ends_with('/')) {
    directory.remove_suffix(1);
  }
  const std::string_view last = directory.substr(directory.rfind('/') + 1);
  std::string name;
  for (const char letter : last.substr(0, 64)) {
    // A letter is fit when a name that consists of it and an `a` is.
    const bool is_fit = what_is_wrong_with_name(std::string("a") + letter).empty();
    name += is_fit ? letter : '-';
  }
  const std::size_t start = name.find_first_not_of("_.@-");
  name = start == std::string::npos ? "" : name.substr(start);
  if (what_is_wrong_with_name(name).empty()) {
    return name;
  }
  return name.empty() ? "project" : ("project-" + name).substr(0, 64);
}

}  // namespace tend::service::config
