#include "cli/process/ps_columns.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <functional>

#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/process_words.hpp"

namespace tend::cli {

namespace {

using inspect::Field;
using inspect::Fields;
using json::Value;
using Seen = SeenProcess;

constexpr double percent = 100;

std::string number_words(std::int64_t number) { return text::format("{}", number); }

std::int64_t milliseconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

/// The value of a field as text: `-` where there is none to have, `?` where it is hidden from us.
template <typename T, typename Words>
Cell cell_of(const Field<T>& field, Words words) {
  if (field) {
    return words(*field);
  }
  return field.why() == inspect::Absence::not_available ? "-" : "?";
}

Cell path_cell(const Field<std::string>& field) {
  return cell_of(
      field, [](const std::string& path) { return path.empty() ? "-" : text::printable(path); });
}

Value path_value(const Field<std::string>& field) { return field ? Value(*field) : Value(); }

Cell size_cell(std::uint64_t bytes) { return bytes == 0 ? "-" : Cell(human_size(bytes)); }

const inspect::Credentials* credentials_of(const Seen& seen) {
  return seen.process->status ? &seen.process->status->credentials : nullptr;
}

const inspect::Memory* memory_of(const Seen& seen) {
  const auto& status = seen.process->status;
  return status && status->memory ? &*status->memory : nullptr;
}

std::string started_words(const Seen& seen) {
  return rfc3339(seen.started, Precision::seconds, seen.utc_offset);
}

std::string cgroup_of(const Seen& seen) {
  if (!seen.process->cgroups) {
    return {};
  }
  return std::string(inspect::unified_cgroup(*seen.process->cgroups).value_or(""));
}

std::string container_words(const Seen& seen) {
  constexpr std::size_t id_shown = 12;
  const auto container =
      seen.process->cgroups ? inspect::container_of(*seen.process->cgroups) : std::nullopt;
  if (!container) {
    return {};
  }
  return container->engine + (container->id.empty() ? "" : ":" + container->id.substr(0, id_shown));
}

Value nothing_if_empty(std::string words) {
  return words.empty() ? Value() : Value(std::move(words));
}

Cell dash_if_empty(const std::string& words) {
  return words.empty() ? "-" : Cell(text::printable(words));
}

// NOLINTBEGIN(readability-function-size): a table reads best in one piece.
constexpr std::array columns = {
    PsColumn{"pid", "pid", "PID", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->identity.pid)); },
             [](const Seen& s) { return Value(s.process->identity.pid); }, "process id"},
    PsColumn{"identity", "identity", "IDENTITY", Align::left, Fields::none,
             [](const Seen& s) { return Cell(identity_words(s.process->identity, s.boot_id)); },
             [](const Seen& s) { return Value(identity_words(s.process->identity, s.boot_id)); },
             "pid:start:boot, which no other process ever has; kill and wait take it"},
    PsColumn{"ppid", "ppid", "PPID", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->parent.pid)); },
             [](const Seen& s) { return Value(s.process->parent.pid); }, "its parent; 0: none"},
    PsColumn{"pgid", "pgid", "PGID", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->group)); },
             [](const Seen& s) { return Value(s.process->group); }, "process group"},
    PsColumn{"sid", "sid", "SID", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->session)); },
             [](const Seen& s) { return Value(s.process->session); }, "session"},
    PsColumn{"user", "user", "USER", Align::left, Fields::status,
             [](const Seen& s) { return s.user.empty() ? Cell("?") : Cell(s.user); },
             [](const Seen& s) { return nothing_if_empty(s.user); }, "effective user"},
    PsColumn{"uid", "uid", "UID", Align::right, Fields::status,
             [](const Seen& s) {
               const auto* found = credentials_of(s);
               return found == nullptr ? Cell("?") : Cell(number_words(found->user.effective));
             },
             [](const Seen& s) {
               const auto* found = credentials_of(s);
               return found == nullptr ? Value() : Value(found->user.effective);
             },
             "effective user id"},
    PsColumn{"gid", "gid", "GID", Align::right, Fields::status,
             [](const Seen& s) {
               const auto* found = credentials_of(s);
               return found == nullptr ? Cell("?") : Cell(number_words(found->group.effective));
             },
             [](const Seen& s) {
               const auto* found = credentials_of(s);
               return found == nullptr ? Value() : Value(found->group.effective);
             },
             "effective group id"},
    PsColumn{"state", "state", "STATE", Align::left, Fields::none,
             [](const Seen& s) {
               return Cell(std::string(name_of(s.process->state)), tone_of(s.process->state));
             },
             [](const Seen& s) { return Value(name_of(s.process->state)); },
             "what it is doing: running, sleeping, uninterruptible, stopped, traced, zombie"},
    PsColumn{"name", "name", "NAME", Align::left, Fields::none,
             [](const Seen& s) { return Cell(name_words(*s.process)); },
             [](const Seen& s) { return Value(s.process->name); },
             "the kernel's name for it, at most 15 bytes"},
    PsColumn{"command", "command", "COMMAND", Align::left, Fields::command_line,
             [](const Seen& s) { return Cell(command_words(*s.process)); },
             [](const Seen& s) {
               if (!s.process->command_line) {
                 return Value();
               }
               Value words = Value::array();
               for (const std::string_view part : inspect::arguments_of(*s.process->command_line)) {
                 words.push(part);
               }
               return words;
             },
             "its arguments; [name] where it has none"},
    PsColumn{"exe", "exe", "EXE", Align::left, Fields::executable,
             [](const Seen& s) { return path_cell(s.process->executable); },
             [](const Seen& s) { return path_value(s.process->executable); },
             "the file it executes"},
    PsColumn{"cwd", "cwd", "CWD", Align::left, Fields::directory,
             [](const Seen& s) { return path_cell(s.process->directory); },
             [](const Seen& s) { return path_value(s.process->directory); },
             "its working directory"},
    PsColumn{"tty", "tty", "TTY", Align::left, Fields::none,
             [](const Seen& s) { return Cell(terminal_words(s.process->terminal)); },
             [](const Seen& s) {
               return s.process->terminal == 0 ? Value()
                                               : Value(terminal_words(s.process->terminal));
             },
             "its terminal"},
    PsColumn{"cpu", "cpu_percent", "CPU", Align::right, Fields::none,
             [](const Seen& s) { return Cell(percent_words(s.cpu)); },
             [](const Seen& s) { return Value(s.cpu * percent); },
             "share of one processor since it started; `tend top` shows that of now"},
    PsColumn{"time", "cpu_ms", "TIME", Align::right, Fields::none,
             [](const Seen& s) { return Cell(cpu_time_words(s.process->cpu_time())); },
             [](const Seen& s) { return Value(milliseconds_of(s.process->cpu_time())); },
             "processor time it has used"},
    PsColumn{"rss", "rss_bytes", "RSS", Align::right, Fields::status,
             [](const Seen& s) { return size_cell(s.process->resident_bytes); },
             [](const Seen& s) { return Value(s.process->resident_bytes); },
             "memory that is in RAM, shared pages counted in full"},
    PsColumn{"vsz", "virtual_bytes", "VSZ", Align::right, Fields::none,
             [](const Seen& s) { return size_cell(s.process->virtual_bytes); },
             [](const Seen& s) { return Value(s.process->virtual_bytes); },
             "addresses in use, whether there is memory behind them or not"},
    PsColumn{"pss", "pss_bytes", "PSS", Align::right, Fields::proportional_memory,
             [](const Seen& s) {
               return cell_of(s.process->proportional_memory, [](const auto& memory) {
                 return size_cell(memory.proportional_bytes);
               });
             },
             [](const Seen& s) {
               const auto& memory = s.process->proportional_memory;
               return memory ? Value(memory->proportional_bytes) : Value();
             },
             "memory in RAM, shared pages divided by how many share them (slow to read)"},
    PsColumn{"swap", "swap_bytes", "SWAP", Align::right, Fields::status,
             [](const Seen& s) {
               const auto* memory = memory_of(s);
               return memory == nullptr ? Cell("-") : size_cell(memory->swapped_bytes);
             },
             [](const Seen& s) {
               const auto* memory = memory_of(s);
               return memory == nullptr ? Value() : Value(memory->swapped_bytes);
             },
             "memory that was moved to a disk"},
    PsColumn{"threads", "threads", "THREADS", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->thread_count)); },
             [](const Seen& s) { return Value(s.process->thread_count); }, "how many threads"},
    PsColumn{"age", "age_ms", "AGE", Align::right, Fields::none,
             [](const Seen& s) { return Cell(human_duration(s.age)); },
             [](const Seen& s) { return Value(milliseconds_of(s.age)); }, "time since its start"},
    PsColumn{"start", "started", "STARTED", Align::left, Fields::none,
             [](const Seen& s) { return Cell(started_words(s)); },
             [](const Seen& s) { return Value(started_words(s)); }, "when it was started"},
    PsColumn{"nice", "nice", "NICE", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->scheduling.nice)); },
             [](const Seen& s) { return Value(s.process->scheduling.nice); },
             "-20 (more) to 19 (less of the processor)"},
    PsColumn{"sched", "scheduling", "SCHED", Align::left, Fields::none,
             [](const Seen& s) { return Cell(scheduling_words(s.process->scheduling)); },
             [](const Seen& s) { return Value(name_of(s.process->scheduling.policy)); },
             "scheduling policy and priority"},
    PsColumn{"on", "last_cpu", "ON", Align::right, Fields::none,
             [](const Seen& s) { return Cell(number_words(s.process->scheduling.last_cpu)); },
             [](const Seen& s) { return Value(s.process->scheduling.last_cpu); },
             "processor it ran on last"},
    PsColumn{"faults", "major_faults", "FAULTS", Align::right, Fields::none,
             [](const Seen& s) { return Cell(text::format("{}", s.process->major_faults)); },
             [](const Seen& s) { return Value(s.process->major_faults); },
             "page faults that waited for a disk"},
    PsColumn{"wait", "wait_channel", "WAIT", Align::left, Fields::wait_channel,
             [](const Seen& s) { return path_cell(s.process->wait_channel); },
             [](const Seen& s) {
               const auto& channel = s.process->wait_channel;
               return channel ? nothing_if_empty(*channel) : Value();
             },
             "the function of the kernel in which it sleeps"},
    PsColumn{"fds", "descriptors", "FDS", Align::right, Fields::descriptors,
             [](const Seen& s) {
               return cell_of(s.process->descriptors, [](const auto& descriptors) {
                 return Cell(text::format("{}", descriptors.open.size()));
               });
             },
             [](const Seen& s) {
               const auto& descriptors = s.process->descriptors;
               return descriptors ? Value(descriptors->open.size()) : Value();
             },
             "how many descriptors are open"},
    PsColumn{"oom", "oom_score", "OOM", Align::right, Fields::oom,
             [](const Seen& s) {
               return cell_of(s.process->oom,
                              [](const auto& oom) { return Cell(number_words(oom.score)); });
             },
             [](const Seen& s) { return s.process->oom ? Value(s.process->oom->score) : Value(); },
             "who has the most is killed first when memory runs out"},
    PsColumn{"cgroup", "cgroup", "CGROUP", Align::left, Fields::cgroups,
             [](const Seen& s) { return dash_if_empty(cgroup_of(s)); },
             [](const Seen& s) { return nothing_if_empty(cgroup_of(s)); },
             "control group (version 2)"},
    PsColumn{"container", "container", "CONTAINER", Align::left, Fields::cgroups,
             [](const Seen& s) { return dash_if_empty(container_words(s)); },
             [](const Seen& s) { return nothing_if_empty(container_words(s)); },
             "the container it seems to run in"},
    PsColumn{"service", "service", "SERVICE", Align::left, Fields::limits,
             [](const Seen& s) {
               return s.service == nullptr
                          ? Cell("-")
                          : Cell(s.service->title(), s.service->is_own ? Tone::dim : Tone::cyan);
             },
             [](const Seen& s) { return s.service == nullptr ? Value() : s.service->title(); },
             "the service of tend that it belongs to"},
    PsColumn{"job", "job", "JOB", Align::left, Fields::none,
             [](const Seen& s) { return s.job ? Cell(s.job->title(), Tone::cyan) : Cell("-"); },
             [](const Seen& s) { return json_of(s.job); },
             "the job that it belongs to, and the pid of its `tend run`"},
};
// NOLINTEND(readability-function-size)

const PsColumn* find_column(std::string_view name) {
  const auto* const found = std::ranges::find(columns, name, &PsColumn::name);
  return found == columns.end() ? nullptr : found;
}

Outcome<const PsColumn*> column_named(std::string_view name) {
  if (const PsColumn* found = find_column(name)) {
    return found;
  }
  std::vector<std::string_view> names;
  std::ranges::transform(columns, std::back_inserter(names), &PsColumn::name);
  const auto meant = text::nearest(name, names);
  return fail(exit_usage,
              text::format("ps: there is no column {}{}; there are {}", text::quoted(name),
                           meant ? text::format(" (did you mean {}?)", *meant) : "",
                           text::join(names, ", ")));
}

std::partial_ordering compare(const Value& a, const Value& b);

/// Value by value; of two that begin alike the shorter is less.
template <typename Values, typename ValueOf>
std::partial_ordering compare_all(const Values& a, const Values& b, ValueOf value_of) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const auto order = compare(std::invoke(value_of, a[i]), std::invoke(value_of, b[i]));
        order != 0) {
      return order;
    }
  }
  return a.size() <=> b.size();
}

std::partial_ordering compare(const Value& a, const Value& b) {
  const auto number_a = a.as_double();
  const auto number_b = b.as_double();
  if (number_a && number_b) {
    return *number_a <=> *number_b;
  }
  const std::string* text_a = a.as_string();
  const std::string* text_b = b.as_string();
  if (text_a != nullptr && text_b != nullptr) {
    return *text_a <=> *text_b;
  }
  if (a.is_array() && b.is_array()) {
    return compare_all(a.items(), b.items(), std::identity());
  }
  if (a.is_object() && b.is_object()) {
    return compare_all(a.members(), b.members(), &json::Member::second);
  }
  return json::write(a) <=> json::write(b);
}

/// A process with the values it is sorted by, each worked out once.
struct Sortable {
  SeenProcess seen{};
  std::vector<Value> values{};
  std::size_t place = 0;  ///< Before the sorting: equals keep their order.
};

bool comes_before(const Sortable& a, const Sortable& b, std::span<const SortKey> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool has_a = !a.values[i].is_null();
    const bool has_b = !b.values[i].is_null();
    if (has_a != has_b) {
      return has_a;
    }
    const auto order = compare(a.values[i], b.values[i]);
    if (order != 0) {
      return keys[i].is_descending ? order > 0 : order < 0;
    }
  }
  return a.place < b.place;
}

}  // namespace

std::span<const PsColumn> ps_columns() { return columns; }

Outcome<std::vector<const PsColumn*>> columns_named(std::string_view list) {
  std::vector<const PsColumn*> chosen;
  for (const std::string_view name : text::split(list, ',')) {
    chosen.push_back(TEND_TRY(column_named(text::trimmed(name))));
  }
  return chosen;
}

Outcome<std::vector<SortKey>> sort_keys_named(std::string_view list) {
  std::vector<SortKey> keys;
  for (std::string_view name : text::split(list, ',')) {
    name = text::trimmed(name);
    const bool is_descending = name.starts_with('-');
    keys.push_back({.column = TEND_TRY(column_named(name.substr(is_descending ? 1 : 0))),
                    .is_descending = is_descending});
  }
  return keys;
}

void sort_by(std::vector<SeenProcess>& processes, std::span<const SortKey> keys) {
  std::vector<Sortable> sortable;
  sortable.reserve(processes.size());
  for (SeenProcess& seen : processes) {
    Sortable one{.seen = std::move(seen), .place = sortable.size()};
    for (const SortKey& key : keys) {
      one.values.push_back(key.column->value(one.seen));
    }
    sortable.push_back(std::move(one));
  }
  std::ranges::sort(
      sortable, [keys](const Sortable& a, const Sortable& b) { return comes_before(a, b, keys); });
  std::ranges::transform(sortable, processes.begin(),
                         [](Sortable& one) { return std::move(one.seen); });
}

json::Value object_of(const SeenProcess& process, std::span<const PsColumn* const> chosen) {
  json::Value object = json::Value::object();
  for (const PsColumn* column : chosen) {
    object.set(column->key, column->value(process));
  }
  return object;
}

}  // namespace tend::cli
