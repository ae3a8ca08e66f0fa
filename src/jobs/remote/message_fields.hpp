#pragma once
// The fields of each message in the order in which they are written and read, said once for both.
// `Codec` is a ByteWriter or a ByteReader. A change here changes the format: raise
// protocol_version.

#include <concepts>
#include <type_traits>
#include <utility>

#include "jobs/remote/message.hpp"

namespace tend::jobs {

/// T, or const T.
template <typename Given, typename T>
concept Is = std::same_as<std::remove_const_t<Given>, T>;

/// Numbers with a unit travel as 64 bits.
template <typename T>
void time_field(auto& codec, T& time) {
  using Bare = std::remove_const_t<T>;
  if constexpr (std::is_const_v<T>) {
    codec(std::int64_t{time.count()});
  } else {
    std::int64_t count = 0;
    codec(count);
    time = Bare(count);
  }
}

void id_field(auto& codec, Is<AttemptId> auto& id) {
  if constexpr (std::is_const_v<std::remove_reference_t<decltype(id)>>) {
    codec(std::to_underlying(id));
  } else {
    std::uint64_t number = 0;
    codec(number);
    id = AttemptId{number};
  }
}

/// A value that may be absent: whether it is there, then the value.
template <typename T>
void optional_field(auto& codec, T& value, const auto& field) {
  if constexpr (std::is_const_v<T>) {
    codec(value.has_value());
    if (value) {
      field(codec, *value);
    }
  } else {
    bool is_there = false;
    codec(is_there);
    value.reset();
    if (is_there) {
      field(codec, value.emplace());
    }
  }
}

inline constexpr auto plain = [](auto& codec, auto& value) { codec(value); };
inline constexpr auto timed = [](auto& codec, auto& value) { time_field(codec, value); };

/// How a process ended: absent, by itself, by a signal, by one that wrote a core; then the number.
enum class EndMeans : std::uint8_t { none, exit, signal, core };

template <typename T>
void status_field(auto& codec, T& status) {
  auto means = EndMeans::none;
  std::uint8_t number = 0;
  if constexpr (std::is_const_v<T>) {
    if (status) {
      means = status->code() ? EndMeans::exit
                             : (status->core_dumped() ? EndMeans::core : EndMeans::signal);
      number = static_cast<std::uint8_t>(status->code().value_or(status->signal().value_or(0)));
    }
    codec.choice(means, EndMeans::core);
    codec(number);
  } else {
    codec.choice(means, EndMeans::core);
    codec(number);
    status.reset();
    if (means == EndMeans::exit) {
      status = ExitStatus::exited(number);
    } else if (means != EndMeans::none) {
      status = ExitStatus::killed(number, means == EndMeans::core);
    }
  }
}

void fields_of(auto& codec, Is<Hello> auto& hello) {
  codec(hello.tend_version);
  codec(hello.host);
  codec(hello.pid);
  codec(hello.cpus);
}

void fields_of(auto& codec, Is<AttemptStarted> auto& started) {
  id_field(codec, started.id);
  if constexpr (std::is_const_v<std::remove_reference_t<decltype(started)>>) {
    codec(std::int64_t{started.start.time.time_since_epoch().count()});
  } else {
    std::chrono::nanoseconds since_1970{};
    time_field(codec, since_1970);
    started.start.time = std::chrono::sys_time<std::chrono::nanoseconds>(since_1970);
  }
  codec(started.start.host);
  codec(started.start.pid);
}

void fields_of(auto& codec, Is<AttemptOutput> auto& output) {
  id_field(codec, output.id);
  codec.choice(output.stream, OutputStream::err);
  codec.tail(output.bytes);
}

void result_fields(auto& codec, Is<AttemptResult> auto& result) {
  codec.choice(result.end, AttemptEnd::worker_lost);
  status_field(codec, result.status);
  codec(result.problem);
  time_field(codec, result.runtime);
  codec(result.usage.user_us);
  codec(result.usage.system_us);
  codec(result.usage.max_rss_kib);
}

void fields_of(auto& codec, Is<AttemptEnded> auto& ended) {
  id_field(codec, ended.id);
  result_fields(codec, ended.result);
  codec(ended.output_bytes);
}

void fields_of(auto& codec, Is<WorkerFailed> auto& failed) { codec(failed.problem); }

void settings_fields(auto& codec, Is<AttemptSettings> auto& settings) {
  codec(settings.token);
  codec(settings.directory);
  codec(settings.environment);
  optional_field(codec, settings.nice, plain);
  optional_field(codec, settings.memory_bytes_max, plain);
  time_field(codec, settings.grace);
}

void fields_of(auto& codec, Is<RunSettings> auto& setup) { settings_fields(codec, setup.settings); }

void fields_of(auto& codec, Is<StartAttempt> auto& start) {
  id_field(codec, start.attempt.id);
  codec(start.attempt.sequence);
  codec(start.attempt.attempt);
  codec(start.attempt.slot);
  codec(start.attempt.argv);
  optional_field(codec, start.attempt.timeout, timed);
  codec(start.has_input);
  codec(start.input_bytes);
}

void fields_of(auto& codec, Is<AttemptInput> auto& input) {
  id_field(codec, input.id);
  codec.tail(input.bytes);
}

void fields_of(auto& codec, Is<StopAttempt> auto& stop) {
  id_field(codec, stop.id);
  codec.choice(stop.how, StopHow::at_once);
}

void fields_of(auto& codec, Is<LimitAttempt> auto& limit) {
  id_field(codec, limit.id);
  optional_field(codec, limit.limit, timed);
}

void fields_of(auto& codec, Is<Credit> auto& credit) {
  id_field(codec, credit.id);
  codec(credit.bytes);
}

void fields_of(auto& codec, Is<Acknowledge> auto& acknowledge) { id_field(codec, acknowledge.id); }

template <typename T>
concept Bare = Is<T, Pong> || Is<T, PauseJobs> || Is<T, ResumeJobs> || Is<T, Ping>;

void fields_of(auto& /*codec*/, Bare auto& /*message*/) {}

}  // namespace tend::jobs
