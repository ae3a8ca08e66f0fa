#include "cli/process/process_json.hpp"

#include <array>
#include <chrono>

#include "base/text.hpp"
#include "cli/process/process_words.hpp"

namespace tend::cli {

namespace {

using inspect::Field;
using inspect::Process;
using json::Value;

std::int64_t milliseconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

std::string hexadecimal(std::uint64_t number) { return text::format("0x{:x}", number); }

template <typename Range>
Value array_of(const Range& range) {
  Value items = Value::array();
  for (const auto& item : range) {
    items.push(Value(item));
  }
  return items;
}

Value parts_value(const std::string& nul_separated) {
  return array_of(inspect::parts_of(nul_separated));
}

Value arguments_value(const std::string& command_line) {
  return array_of(inspect::arguments_of(command_line));
}

Value ids_value(const inspect::Ids& ids) {
  return Value::object({{"real", ids.real},
                        {"effective", ids.effective},
                        {"saved", ids.saved},
                        {"file_system", ids.file_system}});
}

Value credentials_value(const inspect::Credentials& of) {
  return Value::object({{"uid", ids_value(of.user)},
                        {"gid", ids_value(of.group)},
                        {"groups", array_of(of.supplementary)},
                        {"no_new_privileges", of.has_no_new_privileges},
                        {"seccomp_mode", of.seccomp_mode},
                        {"seccomp_filters", of.seccomp_filters},
                        {"umask", of.umask ? Value(text::format("{:03o}", *of.umask)) : Value()}});
}

Value capabilities_value(const inspect::Capabilities& of) {
  return Value::object({{"effective", array_of(of.effective.names())},
                        {"permitted", array_of(of.permitted.names())},
                        {"inheritable", array_of(of.inheritable.names())},
                        {"bounding", array_of(of.bounding.names())},
                        {"ambient", array_of(of.ambient.names())}});
}

Value signals_value(const inspect::Signals& of) {
  return Value::object({{"pending", json_of(of.pending)},
                        {"pending_for_all", json_of(of.pending_for_all)},
                        {"blocked", json_of(of.blocked)},
                        {"ignored", json_of(of.ignored)},
                        {"caught", json_of(of.caught)},
                        {"queued", of.queued},
                        {"queued_max", of.queued_max}});
}

Value memory_value(const inspect::Memory& of) {
  return Value::object({{"virtual_bytes", of.virtual_bytes},
                        {"virtual_peak_bytes", of.virtual_peak_bytes},
                        {"resident_bytes", of.resident_bytes},
                        {"resident_peak_bytes", of.resident_peak_bytes},
                        {"anonymous_bytes", of.anonymous_bytes},
                        {"file_bytes", of.file_bytes},
                        {"shared_bytes", of.shared_bytes},
                        {"swapped_bytes", of.swapped_bytes},
                        {"locked_bytes", of.locked_bytes},
                        {"data_bytes", of.data_bytes},
                        {"stack_bytes", of.stack_bytes},
                        {"code_bytes", of.code_bytes},
                        {"page_table_bytes", of.page_table_bytes}});
}

Value thread_value(const inspect::Thread& of) {
  return Value::object({{"tid", of.tid},
                        {"name", of.name},
                        {"state", name_of(of.state)},
                        {"cpu_ms", milliseconds_of(of.user_time + of.system_time)},
                        {"last_cpu", of.scheduling.last_cpu}});
}

Value scheduling_value(const inspect::Scheduling& of) {
  return Value::object({{"policy", name_of(of.policy)},
                        {"nice", of.nice},
                        {"realtime_priority", of.realtime_priority},
                        {"last_cpu", of.last_cpu}});
}

Value input_output_value(const inspect::InputOutput& of) {
  return Value::object({{"read_bytes", of.read_bytes},
                        {"written_bytes", of.written_bytes},
                        {"read_calls", of.read_calls},
                        {"write_calls", of.write_calls},
                        {"storage_read_bytes", of.storage_read_bytes},
                        {"storage_written_bytes", of.storage_written_bytes}});
}

Value socket_value(const inspect::Socket& of) {
  Value value = Value::object({{"family", name_of(of.family)},
                               {"type", name_of(of.type)},
                               {"state", name_of(of.state)},
                               {"inode", of.inode}});
  if (of.family == inspect::SocketFamily::ipv4 || of.family == inspect::SocketFamily::ipv6) {
    value.set("local", of.local.text());
    value.set("remote", of.remote.text());
  }
  if (!of.path.empty()) {
    value.set("path", of.path);
  }
  if (of.peer_inode != 0) {
    value.set("peer_inode", of.peer_inode);
  }
  value.set("send_queue_bytes", of.send_queue_bytes);
  value.set("receive_queue_bytes", of.receive_queue_bytes);
  return value;
}

/// What is special about a descriptor, in a member of its own.
struct DetailSetter {
  Value& object;

  void operator()(std::monostate /*nothing*/) const {}
  void operator()(const inspect::Socket& of) const { object.set("socket", socket_value(of)); }
  void operator()(const inspect::EventCounter& of) const { object.set("count", of.count); }
  void operator()(const inspect::EpollSet& of) const {
    Value watched = Value::array();
    for (const inspect::EpollTarget& target : of.targets) {
      watched.push(Value::object({{"descriptor", target.descriptor}, {"events", target.events}}));
    }
    object.set("watches", std::move(watched));
  }
  void operator()(const inspect::Timer& of) const {
    object.set("remaining_ms", milliseconds_of(of.remaining));
    object.set("interval_ms", milliseconds_of(of.interval));
  }
  void operator()(const inspect::SignalReader& of) const {
    object.set("signals", json_of(of.signals));
  }
  void operator()(const inspect::Watches& of) const { object.set("watch_count", of.count); }
  void operator()(const inspect::HeldProcess& of) const { object.set("holds_pid", of.pid); }
};

/// Builds the object, and gathers why members are null.
class ProcessObject {
 public:
  explicit ProcessObject(Value object) : object_(std::move(object)) {}

  template <typename T, typename ToValue>
  ProcessObject& set(std::string_view key, const Field<T>& field, ToValue to_value) {
    if (field) {
      object_.set(key, to_value(*field));
    } else if (field.why() != inspect::Absence::not_asked) {
      object_.set(key, Value());
      absent_.set(key, name_of(field.why()));
    }
    return *this;
  }

  [[nodiscard]] Value take() {
    object_.set("absent", std::move(absent_));
    return std::move(object_);
  }

 private:
  Value object_;
  Value absent_ = Value::object();
};

template <typename T>
auto each_of() {
  return [](const std::vector<T>& items) {
    Value values = Value::array();
    for (const T& item : items) {
      values.push(json_of(item));
    }
    return values;
  };
}

Value basic_object(const Process& process) {
  return Value::object({
      {"pid", process.identity.pid},
      {"start_ticks", process.identity.start_ticks},
      {"ppid", process.parent.pid},
      {"name", process.name},
      {"state", name_of(process.state)},
      {"kernel_thread", process.is_kernel_thread},
      {"pgid", process.group},
      {"sid", process.session},
      {"tty", process.terminal == 0 ? Value() : Value(terminal_words(process.terminal))},
      {"threads", process.thread_count},
      {"user_ms", milliseconds_of(process.user_time)},
      {"system_ms", milliseconds_of(process.system_time)},
      {"minor_faults", process.minor_faults},
      {"major_faults", process.major_faults},
      {"scheduling", scheduling_value(process.scheduling)},
      {"virtual_bytes", process.virtual_bytes},
      {"rss_bytes", process.resident_bytes},
  });
}

Value status_value(const inspect::Status& of) {
  return Value::object({{"credentials", credentials_value(of.credentials)},
                        {"capabilities", capabilities_value(of.capabilities)},
                        {"signals", signals_value(of.signals)},
                        {"memory", of.memory ? memory_value(*of.memory) : Value()},
                        {"tracer", of.tracer == 0 ? Value() : Value(of.tracer)},
                        {"namespace_pids", array_of(of.namespace_pids)},
                        {"allowed_cpus", of.allowed_cpus},
                        {"voluntary_switches", of.voluntary_switches},
                        {"involuntary_switches", of.involuntary_switches}});
}

Value cgroups_value(const std::vector<inspect::CgroupPlace>& places) {
  Value values = Value::array();
  for (const inspect::CgroupPlace& place : places) {
    values.push(Value::object({{"hierarchy", place.hierarchy},
                               {"controllers", place.controllers},
                               {"path", place.path}}));
  }
  return values;
}

Value namespaces_value(const std::vector<inspect::Namespace>& namespaces) {
  Value object = Value::object();
  for (const inspect::Namespace& space : namespaces) {
    object.set(space.type, space.inode);
  }
  return object;
}

Value threads_value(const inspect::Threads& threads) {
  Value values = Value::array();
  for (const inspect::Thread& thread : threads.all) {
    values.push(thread_value(thread));
  }
  return values;
}

}  // namespace

Value json_of(SignalSet signals) {
  Value names = Value::array();
  for (const int number : signals.numbers()) {
    names.push(signal_name(number));
  }
  return names;
}

Value json_of(const inspect::Limit& limit) {
  return Value::object(
      {{"label", limit.label}, {"unit", limit.unit}, {"soft", limit.soft}, {"hard", limit.hard}});
}

Value json_of(const inspect::Descriptor& of) {
  Value object = Value::object({{"fd", of.number},
                                {"kind", name_of(of.kind)},
                                {"target", of.target},
                                {"deleted", of.is_deleted},
                                {"read", of.can_read},
                                {"write", of.can_write},
                                {"close_on_exec", of.is_close_on_exec},
                                {"nonblocking", of.is_nonblocking},
                                {"append", of.is_append},
                                {"position", of.position},
                                {"inode", of.inode}});
  std::visit(DetailSetter{object}, of.detail);
  return object;
}

Value json_of(const inspect::Region& of) {
  Value object = Value::object({{"begin", hexadecimal(of.begin)},
                                {"end", hexadecimal(of.end)},
                                {"bytes", of.bytes()},
                                {"kind", name_of(of.kind)},
                                {"read", of.is_readable},
                                {"write", of.is_writable},
                                {"execute", of.is_executable},
                                {"shared", of.is_shared},
                                {"offset", of.offset},
                                {"inode", of.inode},
                                {"deleted", of.is_deleted},
                                {"name", of.name.empty() ? Value() : Value(of.name)},
                                {"thread", of.thread == 0 ? Value() : Value(of.thread)}});
  if (of.sizes) {
    object.set("resident_bytes", of.sizes->resident_bytes);
    object.set("proportional_bytes", of.sizes->proportional_bytes);
    object.set("private_dirty_bytes", of.sizes->private_dirty_bytes);
    object.set("swapped_bytes", of.sizes->swapped_bytes);
  }
  return object;
}

Value json_of(const Process& process) {
  const auto text_value = [](const std::string& text) { return Value(text); };
  ProcessObject object(basic_object(process));
  object.set("command", process.command_line, arguments_value)
      .set("exe", process.executable, text_value)
      .set("cwd", process.directory, text_value)
      .set("root", process.root, text_value)
      .set("environment", process.environment, parts_value)
      .set("status", process.status, status_value)
      .set("cgroups", process.cgroups, cgroups_value)
      .set("limits", process.limits, each_of<inspect::Limit>())
      .set("namespaces", process.namespaces, namespaces_value)
      .set("oom", process.oom,
           [](const inspect::OomScore& of) {
             return Value::object({{"score", of.score}, {"adjustment", of.adjustment}});
           })
      .set("proportional_memory", process.proportional_memory,
           [](const inspect::ProportionalMemory& of) {
             return Value::object({{"pss_bytes", of.proportional_bytes},
                                   {"uss_bytes", of.private_bytes},
                                   {"swap_pss_bytes", of.swapped_proportional_bytes}});
           })
      .set("io", process.input_output, input_output_value)
      .set("wait_channel", process.wait_channel, text_value)
      .set("thread_list", process.threads, threads_value)
      .set("descriptors", process.descriptors,
           [](const inspect::Descriptors& of) { return each_of<inspect::Descriptor>()(of.open); })
      .set("regions", process.memory_map,
           [](const inspect::MemoryMap& of) { return each_of<inspect::Region>()(of.regions); });
  return object.take();
}

}  // namespace tend::cli
