#include "service/control/control_message.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::service {

namespace {

constexpr std::array<std::string_view, 8> verb_words = {"status", "start", "stop",    "restart",
                                                        "down",   "hurry", "upgrade", "watch"};
constexpr std::size_t depth_max = 8;
constexpr std::size_t reply_bytes_max = 1024 * 1024;
constexpr std::size_t name_bytes_max = 80;  // 64 of the service, then `.N` of an instance.
constexpr std::int64_t wait_ms_max = std::int64_t{366} * 24 * 3600 * 1000;

// --- the fields of each message, told once for writing and for reading ---------------------------

template <typename Archive>
void each_field(Archive& archive, auto& exit)
  requires std::same_as<std::remove_cvref_t<decltype(exit)>, LastExit>
{
  archive("how", exit.how);
  archive("code", exit.code);
  archive("signal", exit.signal);
  archive("text", exit.text);
}

template <typename Archive>
void each_field(Archive& archive, auto& status)
  requires std::same_as<std::remove_cvref_t<decltype(status)>, ServiceStatus>
{
  archive("name", status.name);
  archive("kind", status.kind);
  archive("state", status.state);
  archive("ready", status.ready);
  archive("wanted", status.wanted);
  archive("pid", status.pid);
  archive("since_realtime_ns", status.since_realtime_ns);
  archive("uptime_ms", status.uptime_ms);
  archive("run", status.run);
  archive("restarts", status.restarts);
  archive("last_exit", status.last_exit);
  archive("next_attempt_ms", status.next_attempt_ms);
  archive("reason", status.reason);
  archive("waiting_for", status.waiting_for);
  archive("leftovers", status.leftovers);
  archive("status_text", status.status_text);
  archive("tree", status.tree);
  archive("log", status.log);
  archive("log_bytes_dropped", status.log_bytes_dropped);
}

template <typename Archive>
void each_field(Archive& archive, auto& status)
  requires std::same_as<std::remove_cvref_t<decltype(status)>, ProjectStatus>
{
  archive("name", status.name);
  archive("file", status.file);
  archive("runtime_dir", status.runtime_dir);
  archive("log_dir", status.log_dir);
  archive("keeper_pid", status.keeper_pid);
  archive("director_pid", status.director_pid);
  archive("recorder_pid", status.recorder_pid);
  archive("director_starts", status.director_starts);
  archive("recorder_starts", status.recorder_starts);
  archive("since_realtime_ns", status.since_realtime_ns);
  archive("tree", status.tree);
  archive("orphans_reaped", status.orphans_reaped);
  archive("unclaimed", status.unclaimed);
  archive("log_blocked", status.log_blocked);
  archive("stopping", status.stopping);
}

template <typename Archive>
void each_field(Archive& archive, auto& occurrence)
  requires std::same_as<std::remove_cvref_t<decltype(occurrence)>, Occurrence>
{
  archive("realtime_ns", occurrence.realtime_ns);
  archive("name", occurrence.name);
  archive("state", occurrence.state);
  archive("text", occurrence.text);
  archive("is_bad", occurrence.is_bad);
}

template <typename Archive>
void each_field(Archive& archive, auto& progress)
  requires std::same_as<std::remove_cvref_t<decltype(progress)>, Progress>
{
  archive("text", progress.text);
  archive("waiting_for", progress.waiting_for);
}

template <typename Archive>
void each_field(Archive& archive, auto& done)
  requires std::same_as<std::remove_cvref_t<decltype(done)>, Done>
{
  archive("code", done.code);
  archive("message", done.message);
}

// --- writing -------------------------------------------------------------------------------------

class Writer {
 public:
  template <typename T>
  void operator()(std::string_view key, const T& field) {
    object_.set(key, value_of(field));
  }
  template <typename T>
  void operator()(std::string_view key, const std::optional<T>& field) {
    if (field) {
      object_.set(key, value_of(*field));
    }
  }

  [[nodiscard]] json::Value take() { return std::move(object_); }

 private:
  template <typename T>
  static json::Value value_of(const T& field) {
    return json::Value(field);
  }
  template <typename T>
  static json::Value value_of(const std::vector<T>& field) {
    json::Value list = json::Value::array();
    for (const T& item : field) {
      list.push(item);
    }
    return list;
  }
  static json::Value value_of(const LastExit& field) {
    Writer inner;
    each_field(inner, field);
    return inner.take();
  }

  json::Value object_ = json::Value::object();
};

// --- reading -------------------------------------------------------------------------------------

/// Fills fields from an object. A key that is absent leaves its field as it is, so that
/// neighbouring versions understand each other; one of the wrong type is remembered as the problem.
class Reader {
 public:
  explicit Reader(const json::Value& object) : object_(object) {}

  template <typename T>
  void operator()(std::string_view key, T& field) {
    const json::Value* value = object_.find(key);
    if (value != nullptr && !value->is_null() && !read(*value, field) && problem_.empty()) {
      problem_ =
          text::format("the value of {} has the wrong type or is out of range", text::quoted(key));
    }
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  static bool read(const json::Value& value, std::string& field) {
    if (value.as_string() == nullptr) {
      return false;
    }
    field = *value.as_string();
    return true;
  }
  static bool read(const json::Value& value, bool& field) {
    field = value.as_bool().value_or(false);
    return value.as_bool().has_value();
  }
  template <std::unsigned_integral T>
  static bool read(const json::Value& value, T& field) {
    const auto number = value.as_unsigned();
    if (!number || !std::in_range<T>(*number)) {
      return false;
    }
    field = static_cast<T>(*number);
    return true;
  }
  template <std::signed_integral T>
  static bool read(const json::Value& value, T& field) {
    const auto number = value.as_integer();
    if (!number || !std::in_range<T>(*number)) {
      return false;
    }
    field = static_cast<T>(*number);
    return true;
  }
  template <typename T>
  static bool read(const json::Value& value, std::optional<T>& field) {
    return read(value, field.emplace());
  }
  template <typename T>
  static bool read(const json::Value& value, std::vector<T>& field) {
    field.clear();
    for (const json::Value& item : value.items()) {
      if (!read(item, field.emplace_back())) {
        return false;
      }
    }
    return value.is_array();
  }
  static bool read(const json::Value& value, LastExit& field) {
    Reader inner(value);
    each_field(inner, field);
    return value.is_object() && inner.problem().empty();
  }

  const json::Value& object_;
  std::string problem_{};
};

Result<json::Value> parse_object(std::string_view line, std::size_t bytes_max,
                                 const std::string& step) {
  auto parsed = json::parse(line, {.bytes_max = bytes_max, .depth_max = depth_max});
  if (!parsed) {
    return refused(step, "", std::move(parsed).error().detail);
  }
  if (!parsed->is_object()) {
    return refused(step, "", "not a JSON object");
  }
  return *std::move(parsed);
}

bool is_name_letter(char letter) {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == '@' ||
         letter == '-';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         std::ranges::all_of(name, is_name_letter) &&
         std::string_view("_.@-").find(name.front()) == std::string_view::npos;
}

constexpr std::array<std::string_view, 5> request_keys = {"verb", "names", "wait_ms", "tend",
                                                          "keeper"};

Result<> check_keys(const json::Value& object) {
  // A mistyped "names" would otherwise mean all of them.
  for (const auto& [key, value] : object.members()) {
    if (std::ranges::find(request_keys, key) == request_keys.end()) {
      return refused("read request", "", text::format("unknown key {}", text::quoted(key)));
    }
  }
  return {};
}

template <typename T>
Result<Reply> read_reply(const json::Value& object) {
  T reply;
  Reader reader(object);
  each_field(reader, reply);
  if (!reader.problem().empty()) {
    return refused("read reply", "", reader.problem());
  }
  return reply;
}

template <typename T>
json::Value with_type(std::string_view type, const T& reply) {
  json::Value object = json::Value::object({{"type", type}});
  Writer writer;
  each_field(writer, reply);
  const json::Value fields = writer.take();
  for (const auto& [key, value] : fields.members()) {
    object.set(key, value);
  }
  return object;
}

json::Value typed(const ServiceStatus& reply) { return with_type("service", reply); }
json::Value typed(const ProjectStatus& reply) { return with_type("project", reply); }
json::Value typed(const Occurrence& reply) { return with_type("occurrence", reply); }
json::Value typed(const Progress& reply) { return with_type("progress", reply); }
json::Value typed(const Done& reply) { return with_type("done", reply); }

}  // namespace

std::string_view word(Verb verb) noexcept { return verb_words[static_cast<std::size_t>(verb)]; }

std::string to_line(const Request& request) {
  json::Value object = json::Value::object({{"verb", word(request.verb)}});
  if (!request.names.empty()) {
    json::Value names = json::Value::array();
    for (const std::string& name : request.names) {
      names.push(name);
    }
    object.set("names", std::move(names));
  }
  if (request.wait_ms) {
    object.set("wait_ms", *request.wait_ms);
  }
  if (request.verb == Verb::upgrade) {
    object.set("tend", request.tend);
    object.set("keeper", request.keeper);
  }
  return json::write(object);
}

std::string to_line(const Reply& reply) {
  return json::write(std::visit([](const auto& known) { return typed(known); }, reply));
}

Result<Request> parse_request(std::string_view line) {
  const std::string step = "read request";
  const json::Value object = TEND_TRY(parse_object(line, request_bytes_max, step));
  TEND_TRY(check_keys(object));
  Request request;
  std::string verb;
  Reader reader(object);
  reader("verb", verb);
  reader("names", request.names);
  reader("wait_ms", request.wait_ms);
  reader("tend", request.tend);
  reader("keeper", request.keeper);
  if (!reader.problem().empty()) {
    return refused(step, "", reader.problem());
  }
  const auto known = std::ranges::find(verb_words, verb);
  if (known == verb_words.end()) {
    return refused(step, "", text::format("unknown verb {}", text::quoted(verb)));
  }
  request.verb = static_cast<Verb>(known - verb_words.begin());
  const auto bad = std::ranges::find_if_not(request.names, is_name);
  if (bad != request.names.end()) {
    return refused(step, "", text::format("{} is not a name", text::quoted(*bad)));
  }
  if (request.wait_ms && (*request.wait_ms < 0 || *request.wait_ms > wait_ms_max)) {
    return refused(step, "", "wait_ms is negative or longer than a year");
  }
  if (request.verb == Verb::upgrade &&
      !(request.tend.starts_with('/') && request.keeper.starts_with('/'))) {
    return refused(step, "", "upgrade needs the absolute paths `tend` and `keeper`");
  }
  return request;
}

Result<Reply> parse_reply(std::string_view line) {
  const std::string step = "read reply";
  const json::Value object = TEND_TRY(parse_object(line, reply_bytes_max, step));
  const json::Value* type = object.find("type");
  const std::string* name = type == nullptr ? nullptr : type->as_string();
  if (name == nullptr) {
    return refused(step, "", "it has no type");
  }
  if (*name == "service") {
    return read_reply<ServiceStatus>(object);
  }
  if (*name == "project") {
    return read_reply<ProjectStatus>(object);
  }
  if (*name == "occurrence") {
    return read_reply<Occurrence>(object);
  }
  if (*name == "progress") {
    return read_reply<Progress>(object);
  }
  if (*name == "done") {
    return read_reply<Done>(object);
  }
  return refused(step, "", text::format("unknown type {}", text::quoted(*name)));
}

}  // namespace tend::service
