#include "jobs/log/attempt_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"
#include "base/utf8.hpp"

namespace tend::jobs {

namespace {

using json::Value;
using std::chrono::microseconds;

// The arguments of a command fit into 6 MiB, and each byte of them into six: \u0001.
constexpr json::Bounds line_bounds{.bytes_max = std::size_t{96} << 20U, .depth_max = 4};

constexpr std::array<std::pair<AttemptEnd, std::string_view>, 7> end_words = {{
    {AttemptEnd::exited, "exit"},
    {AttemptEnd::signalled, "signal"},
    {AttemptEnd::timed_out, "timeout"},
    {AttemptEnd::stopped, "stopped"},
    {AttemptEnd::not_started, "start"},
    {AttemptEnd::output_lost, "output"},
    {AttemptEnd::worker_lost, "lost"},
}};

std::string_view word_of(AttemptEnd end) {
  return std::ranges::find(end_words, end, &std::pair<AttemptEnd, std::string_view>::first)->second;
}

Value texts(const std::vector<std::string>& all) { return Value::array({all.begin(), all.end()}); }

// JSON holds UTF-8 only. Where bytes are none, the key has U+FFFD for people to read, and the key
// with this behind it the very bytes.
constexpr std::string_view exact_suffix = "_base64";

std::string exact_key(std::string_view key) { return text::format("{}{}", key, exact_suffix); }

void add_text(std::vector<json::Member>& members, std::string_view key, const std::string& text) {
  members.emplace_back(key, text);
  if (!text::is_utf8(text)) {
    members.emplace_back(exact_key(key), base64(text));
  }
}

void add_texts(std::vector<json::Member>& members, std::string_view key,
               const std::vector<std::string>& all) {
  members.emplace_back(key, texts(all));
  if (!std::ranges::all_of(all, text::is_utf8)) {
    Value exact = Value::array();
    for (const std::string& text : all) {
      exact.push(base64(text));
    }
    members.emplace_back(exact_key(key), std::move(exact));
  }
}

// --- reading one back ----------------------------------------------------------------------------

std::unexpected<Error> malformed(std::string_view key) {
  return refused("log", text::format("key {}", text::quoted(key)),
                 "is missing or is something else");
}

Result<std::string> text_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? Result<std::string>(malformed(key)) : *text;
}

Result<std::uint64_t> number_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const auto number = value == nullptr ? std::nullopt : value->as_unsigned();
  return number ? Result<std::uint64_t>(*number) : malformed(key);
}

/// A number that fits into an unsigned int.
Result<unsigned> small_number_at(const Value& object, std::string_view key) {
  const std::uint64_t number = TEND_TRY(number_at(object, key));
  return std::in_range<unsigned>(number) ? Result<unsigned>(static_cast<unsigned>(number))
                                         : malformed(key);
}

Result<bool> truth_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const auto truth = value == nullptr ? std::nullopt : value->as_bool();
  return truth ? Result<bool>(*truth) : malformed(key);
}

Result<std::vector<std::string>> texts_at(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  if (value == nullptr || !value->is_array()) {
    return malformed(key);
  }
  std::vector<std::string> all;
  for (const Value& item : value->items()) {
    if (item.as_string() == nullptr) {
      return malformed(key);
    }
    all.push_back(*item.as_string());
  }
  return all;
}

Result<std::string> exact_text_at(const Value& object, std::string_view key) {
  const std::string exact = exact_key(key);
  if (object.find(exact) == nullptr) {
    return text_at(object, key);
  }
  const auto bytes = parse_base64(TEND_TRY(text_at(object, exact)));
  return bytes ? Result<std::string>(*bytes) : malformed(exact);
}

Result<std::vector<std::string>> exact_texts_at(const Value& object, std::string_view key) {
  const std::string exact = exact_key(key);
  if (object.find(exact) == nullptr) {
    return texts_at(object, key);
  }
  std::vector<std::string> all = TEND_TRY(texts_at(object, exact));
  for (std::string& text : all) {
    auto bytes = parse_base64(text);
    if (!bytes) {
      return malformed(exact);
    }
    text = *std::move(bytes);
  }
  return all;
}

/// A key that is there only where it is true.
Result<bool> mark_at(const Value& object, std::string_view key) {
  return object.find(key) == nullptr ? Result<bool>(false) : truth_at(object, key);
}

Result<microseconds> microseconds_at(const Value& object, std::string_view key) {
  const std::uint64_t number = TEND_TRY(number_at(object, key));
  constexpr std::uint64_t most = std::chrono::nanoseconds::max().count() / 1000;
  return number <= most ? Result<microseconds>(microseconds(number)) : malformed(key);
}

Result<RealTime> time_at(const Value& object, std::string_view key) {
  return parse_time(TEND_TRY(text_at(object, key)), {});
}

Result<std::optional<ExitStatus>> status_in(const Value& object) {
  const Value* code = object.find("exit");
  const Value* signal = object.find("signal");
  if (code != nullptr && !code->is_null()) {
    const std::uint64_t number = TEND_TRY(number_at(object, "exit"));
    return number <= 255
               ? Result<std::optional<ExitStatus>>(ExitStatus::exited(static_cast<int>(number)))
               : malformed("exit");
  }
  if (signal != nullptr && !signal->is_null()) {
    const std::uint64_t number = TEND_TRY(number_at(object, "signal"));
    const bool has_core = TEND_TRY(truth_at(object, "core"));
    return number >= 1 && number <= 127 ? Result<std::optional<ExitStatus>>(ExitStatus::killed(
                                              static_cast<int>(number), has_core))
                                        : malformed("signal");
  }
  return std::nullopt;
}

Result<AttemptEnd> end_in(const Value& object) {
  const std::string word = TEND_TRY(text_at(object, "end"));
  const auto found =
      std::ranges::find(end_words, word, &std::pair<AttemptEnd, std::string_view>::second);
  return found == end_words.end() ? Result<AttemptEnd>(malformed("end")) : found->first;
}

Result<Usage> usage_in(const Value& object) {
  return Usage{.user_us = TEND_TRY(number_at(object, "user_us")),
               .system_us = TEND_TRY(number_at(object, "system_us")),
               .max_rss_kib = TEND_TRY(number_at(object, "max_rss_kib"))};
}

Result<JobIdentity> identity_in(const Value& object) {
  const auto identity = parse_identity(TEND_TRY(text_at(object, "id")));
  return identity ? Result<JobIdentity>(*identity) : malformed("id");
}

}  // namespace

std::string attempt_json(const AttemptRecord& record) {
  const auto& status = record.status;
  std::vector<json::Member> members = {
      {"seq", record.sequence},
      {"attempt", record.attempt},
      {"last", record.is_last},
      {"end", word_of(record.end)},
      {"exit", status ? Value(status->code()) : Value()},
      {"signal", status ? Value(status->signal()) : Value()},
      {"core", status && status->core_dumped()},
      {"problem", record.problem},
      {"start", rfc3339(record.start, Precision::nanoseconds)},
      {"runtime_us", std::chrono::floor<microseconds>(record.runtime).count()},
      {"host", record.host},
      {"slot", record.slot},
  };
  add_texts(members, "argv", record.argv);
  add_texts(members, "items", record.items);
  if (record.may_have_run) {
    members.emplace_back("may_have_run", true);
  }
  for (const auto& [key, number] : {
           std::pair("input_bytes", record.input_bytes),
           std::pair("output_bytes", record.output_bytes),
           std::pair("error_bytes", record.error_bytes),
           std::pair("user_us", record.usage.user_us),
           std::pair("system_us", record.usage.system_us),
           std::pair("max_rss_kib", record.usage.max_rss_kib),
       }) {
    members.emplace_back(key, number);
  }
  add_text(members, "command", record.command);
  members.emplace_back("id", identity_text(record.identity));
  return json::write(Value::object(std::move(members)));
}

Result<AttemptRecord> parse_attempt(std::string_view line) {
  const Value object = TEND_TRY(json::parse(line, line_bounds));
  return AttemptRecord{
      .identity = TEND_TRY(identity_in(object)),
      .sequence = TEND_TRY(number_at(object, "seq")),
      .attempt = TEND_TRY(small_number_at(object, "attempt")),
      .is_last = TEND_TRY(truth_at(object, "last")),
      .may_have_run = TEND_TRY(mark_at(object, "may_have_run")),
      .slot = TEND_TRY(small_number_at(object, "slot")),
      .command = TEND_TRY(exact_text_at(object, "command")),
      .argv = TEND_TRY(exact_texts_at(object, "argv")),
      .items = TEND_TRY(exact_texts_at(object, "items")),
      .host = TEND_TRY(text_at(object, "host")),
      .start = TEND_TRY(time_at(object, "start")),
      .runtime = TEND_TRY(microseconds_at(object, "runtime_us")),
      .end = TEND_TRY(end_in(object)),
      .status = TEND_TRY(status_in(object)),
      .problem = TEND_TRY(text_at(object, "problem")),
      .input_bytes = TEND_TRY(number_at(object, "input_bytes")),
      .output_bytes = TEND_TRY(number_at(object, "output_bytes")),
      .error_bytes = TEND_TRY(number_at(object, "error_bytes")),
      .usage = TEND_TRY(usage_in(object)),
  };
}

std::string_view joblog_headline() {
  return "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";
}

std::string joblog_line(const AttemptRecord& record) {
  const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  const int code = record.status ? record.status->code().value_or(0) : 255;
  const int signal = record.status ? record.status->signal().value_or(0) : 0;
  std::string command = text::shell_words(record.argv);
  std::ranges::replace(command, '\n', '\0');  // As GNU parallel does; it reads it back like this.
  return text::format("{}\t{}\t{:.3f}\t{:10.3f}\t{}\t{}\t{}\t{}\t", record.sequence,
                      record.host.empty() ? ":" : record.host,
                      seconds(record.start.time_since_epoch()), seconds(record.runtime),
                      record.input_bytes, record.output_bytes, code, signal) +
         command;
}

}  // namespace tend::jobs
