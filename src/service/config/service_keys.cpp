#include "service/config/service_keys.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "service/config/environment_keys.hpp"
#include "service/config/identity_keys.hpp"
#include "service/config/limits_keys.hpp"
#include "service/config/order_keys.hpp"
#include "service/config/readiness_keys.hpp"
#include "service/config/restart_keys.hpp"

namespace tend::service::config {

namespace {

constexpr std::size_t name_bytes_max = 64;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

class ServiceReader {
 public:
  ServiceReader(const Entry& entry, Kind kind, const Shared& shared)
      : entry_(entry),
        shared_(shared),
        reading_(shared.reading),
        keys_(entry.value,
              text::format("[{}.{}]", kind == Kind::task ? "task" : "service", entry.key),
              shared.reading) {
    draft_.spec.name = entry.key;
    draft_.spec.kind = kind;
    draft_.at = entry.key_at;
  }

  Draft read() {
    read_run();
    read_cwd();
    read_who();
    read_umask();
    if (const Entry* limits = keys_.find("limits")) {
      draft_.spec.limits = read_limits(limits->value, reading_);
    }
    read_order(keys_, draft_);
    read_ready();
    draft_.spec.essential = keys_.boolean("essential").value_or(false);
    read_lifecycle();
    if (const Entry* log = keys_.find("log")) {
      draft_.spec.log = read_log(log->value, reading_);
    }
    keys_.finish();
    return std::move(draft_);
  }

 private:
  [[nodiscard]] bool is_task() const { return draft_.spec.kind == Kind::task; }

  void read_run() {
    const Entry* run = keys_.find("run");
    if (run == nullptr) {
      reading_.wrong(entry_.key_at, text::format("{} has no run", keys_.where()),
                     "run = [\"program\", \"argument\"], or a text for /bin/sh");
      return;
    }
    draft_.spec.argv = reading_.command(run->value, "run").value_or(std::vector<std::string>{});
  }

  void read_cwd() {
    const Entry* entry = keys_.find("cwd");
    const auto path =
        entry == nullptr ? std::optional(std::string(".")) : reading_.text(entry->value, "cwd");
    if (!path) {
      return;
    }
    if (path->empty()) {
      reading_.wrong(entry->value.at, "cwd is empty");
    } else if (*path == "~" || path->starts_with("~/")) {
      reading_.wrong(entry->value.at, "~ is not expanded", "write the whole path");
    }
    draft_.spec.cwd = absolute_path(shared_.surroundings.directory, *path);
  }

  void read_who() {
    WhoRuns who = read_identity(keys_, shared_.surroundings);
    draft_.spec.identity = std::move(who.identity);
    draft_.spec.env = read_environment(keys_, shared_.inherited, who.user, shared_.surroundings);
  }

  void read_umask() {
    const Entry* entry = keys_.find("umask");
    if (entry == nullptr) {
      return;
    }
    if (entry->value.type != NodeType::text) {
      reading_.wrong_type(entry->value, "umask", "octal digits in a text", "such as \"022\"");
      return;
    }
    const auto mask = parse_integer<std::uint32_t>(entry->value.text, 8);
    if (!mask || *mask > 0777) {
      reading_.wrong(entry->value.at,
                     text::format("umask: {} is no mask from 000 to 777 in octal digits",
                                  text::quoted(entry->value.text)));
      return;
    }
    draft_.spec.umask = *mask;
  }

  void read_ready() {
    const Entry* entry = keys_.find("ready");
    if (entry == nullptr) {
      return;
    }
    Readiness ready = read_readiness(entry->value, reading_);
    if (is_task() && ready.means != ReadyMeans::none) {
      reading_.wrong(entry->key_at, "a task is never ready, it completes",
                     "those who require a task wait for its end with exit code 0");
      return;
    }
    draft_.spec.ready = std::move(ready);
  }

  /// restart and stop.
  void read_lifecycle() {
    const bool ends_for_good = is_task() || draft_.spec.essential;
    draft_.spec.restart.when = ends_for_good ? RestartWhen::never : RestartWhen::failure;
    if (const Entry* restart = keys_.find("restart")) {
      draft_.spec.restart = read_restart(restart->value, draft_.spec.restart.when, reading_);
      if (is_task() && draft_.spec.restart.when == RestartWhen::always) {
        reading_.wrong(restart->value.at, "a task runs once, so it cannot be restarted always",
                       "make it a [service...], or say restart = \"failure\"");
      }
    }
    if (const Entry* stop = keys_.find("stop")) {
      std::vector<StopStage> ladder = read_stop(stop->value, reading_);
      if (!ladder.empty()) {
        draft_.spec.stop = std::move(ladder);
      }
    }
  }

  const Entry& entry_;
  const Shared& shared_;
  const Reading& reading_;
  KeyReader keys_;
  Draft draft_{};
};

}  // namespace

Draft read_service(const Entry& entry, Kind kind, const Shared& shared) {
  return ServiceReader(entry, kind, shared).read();
}

std::string what_is_wrong_with_name(std::string_view name) {
  const auto is_name_letter = [](char letter) {
    return is_letter(letter) || is_digit(letter) || std::string_view("_.@-").contains(letter);
  };
  if (name.empty()) {
    return "the name is empty";
  }
  if (name.size() > name_bytes_max) {
    return text::format("the name is longer than {} letters", name_bytes_max);
  }
  if (!is_letter(name[0]) && !is_digit(name[0])) {
    return text::format("the name {} must begin with a letter or a digit", text::quoted(name));
  }
  if (!std::ranges::all_of(name, is_name_letter)) {
    return text::format("the name {} may have only letters, digits and _ . @ -",
                        text::quoted(name));
  }
  if (!std::ranges::any_of(name, is_letter)) {
    return text::format("the name {} needs a letter: digits alone are a pid", text::quoted(name));
  }
  return {};
}

}  // namespace tend::service::config
