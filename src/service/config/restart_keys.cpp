#include "service/config/restart_keys.hpp"

#include <tend/signal.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::service::config {

namespace {

using namespace std::chrono_literals;

// In the order of RestartWhen.
constexpr std::array<std::string_view, 3> when_words{"always", "failure", "never"};

constexpr std::uint32_t limit_max = 64;
constexpr std::size_t stages_max = 16;
constexpr milliseconds kill_wait{2'000};

struct RestartLimit {
  std::uint32_t count = 0;
  milliseconds window{};
};

std::optional<RestartLimit> parse_limit(std::string_view text) {
  const auto parts = text::split(text, ' ');
  if (parts.size() != 3 || parts[1] != "in") {
    return std::nullopt;
  }
  const auto count = parse_integer<std::uint32_t>(parts[0]);
  const auto window = parse_duration(parts[2]);
  if (!count || !window || *count == 0 || *count > limit_max || *window == 0ms) {
    return std::nullopt;
  }
  return RestartLimit{*count, *window};
}

void read_limit(KeyReader& keys, RestartPolicy& policy) {
  const Entry* entry = keys.find("limit");
  if (entry == nullptr) {
    return;
  }
  const Node& node = entry->value;
  if (node.type != NodeType::text) {
    keys.reading().wrong_type(node, "limit", "a text such as \"10 in 1m\"");
    return;
  }
  const auto limit = parse_limit(node.text);
  if (!limit) {
    keys.reading().wrong(
        node.at, text::format("limit: {} is not of the form \"10 in 1m\"", text::quoted(node.text)),
        text::format("from 1 to {} ends in a time", limit_max));
    return;
  }
  policy.limit = limit->count;
  policy.limit_window = limit->window;
}

/// With when = "never" all the other keys are a misunderstanding.
void refuse_without_restart(const Node& node, const RestartPolicy& policy, const Reading& reading) {
  if (policy.when != RestartWhen::never) {
    return;
  }
  for (const Entry& entry : node.entries) {
    if (entry.key != "when") {
      reading.wrong(entry.key_at, text::format("{} means nothing without restarts", entry.key),
                    "say when = \"failure\", or leave it out");
    }
  }
}

RestartPolicy read_restart_table(const Node& node, RestartWhen by_default, const Reading& reading) {
  RestartPolicy policy{.when = by_default};
  KeyReader keys(node, "restart", reading);
  if (const auto when = keys.word("when", when_words)) {
    policy.when = static_cast<RestartWhen>(*when);
  }
  if (const auto delay = keys.duration("delay")) {
    policy.first_at_once = false;
    policy.delay = *delay;
  }
  policy.factor = keys.number("factor", {1, 100}).value_or(policy.factor);
  policy.jitter = keys.number("jitter", {0, 1}).value_or(policy.jitter);
  const Entry* max_delay = keys.find("max-delay");
  if (max_delay == nullptr) {
    policy.max_delay = std::max(policy.max_delay, policy.delay);
  } else if (const auto given = reading.duration(max_delay->value, "max-delay")) {
    policy.max_delay = *given;
    if (policy.max_delay < policy.delay) {
      reading.wrong(max_delay->value.at, text::format("max-delay is shorter than delay ({})",
                                                      duration_text(policy.delay)));
    }
  }
  policy.reset_after = keys.duration("reset-after").value_or(policy.reset_after);
  read_limit(keys, policy);
  policy.cool_down = keys.duration("cool-down", {.min = 1ms}).value_or(policy.cool_down);
  keys.finish();
  refuse_without_restart(node, policy, reading);
  return policy;
}

std::optional<int> read_signal(const Node& node, const Reading& reading) {
  if (node.type != NodeType::text) {
    reading.wrong_type(node, "the signal of a stage", "a name such as \"TERM\"");
    return std::nullopt;
  }
  const auto number = signal_number(node.text);
  if (!number) {
    reading.wrong(node.at, text::format("{} is no signal", text::quoted(node.text)),
                  "such as TERM, INT, QUIT, HUP, USR1 or KILL");
    return std::nullopt;
  }
  if (*number == SIGSTOP || *number == SIGTSTP || *number == SIGTTIN || *number == SIGTTOU) {
    reading.wrong(node.at, text::format("{} suspends a process, it does not end it", node.text));
    return std::nullopt;
  }
  return number;
}

std::optional<StopStage> read_stage(const Node& node, const Reading& reading) {
  if (node.type != NodeType::list || node.items.empty() || node.items.size() > 2) {
    reading.wrong_type(node, "a stage of stop", "a list of a signal and a time",
                       "such as [\"TERM\", \"8s\"]");
    return std::nullopt;
  }
  const auto signal = read_signal(node.items[0], reading);
  std::optional<milliseconds> wait;
  if (node.items.size() == 2) {
    wait = reading.duration(node.items[1], "the time of a stage");
    if (!wait) {
      return std::nullopt;
    }
  }
  if (!signal) {
    return std::nullopt;
  }
  if (!wait && *signal != SIGKILL) {
    reading.wrong(node.at, "the stage does not say how long to wait",
                  text::format("such as [{}, \"8s\"]", text::quoted(node.items[0].text)));
    return std::nullopt;
  }
  return StopStage{*signal, wait.value_or(kill_wait)};
}

}  // namespace

RestartPolicy read_restart(const Node& node, RestartWhen by_default, const Reading& reading) {
  if (node.type == NodeType::table) {
    return read_restart_table(node, by_default, reading);
  }
  RestartPolicy policy{.when = by_default};
  if (node.type != NodeType::text) {
    reading.wrong_type(node, "restart", "always, failure, never, or a table");
  } else if (const auto when = reading.word(node, "restart", when_words)) {
    policy.when = static_cast<RestartWhen>(*when);
  }
  return policy;
}

std::vector<StopStage> read_stop(const Node& node, const Reading& reading) {
  if (node.type != NodeType::list) {
    reading.wrong_type(node, "stop", "a list of stages",
                       "such as [[\"TERM\", \"8s\"], [\"KILL\"]]");
    return {};
  }
  if (node.items.empty() || node.items.size() > stages_max) {
    reading.wrong(node.at, text::format("stop must have from 1 to {} stages", stages_max),
                  "such as [[\"TERM\", \"8s\"], [\"KILL\"]]");
    return {};
  }
  std::vector<StopStage> ladder;
  bool is_right = true;
  for (const Node& item : node.items) {
    if (!ladder.empty() && ladder.back().signal == SIGKILL) {
      reading.wrong(item.at, "a stage behind KILL is never reached");
      return {};
    }
    const auto stage = read_stage(item, reading);
    is_right = is_right && stage.has_value();
    if (stage) {
      ladder.push_back(*stage);
    }
  }
  if (!is_right) {
    return {};
  }
  if (ladder.back().signal != SIGKILL) {
    ladder.push_back({SIGKILL, kill_wait});
  }
  return ladder;
}

}  // namespace tend::service::config
