#pragma once
// The fields of records in the order in which they are written and read (remote/message_fields.hpp
// has more). A change here changes the format: raise protocol_version.

#include <chrono>
#include <type_traits>

#include "jobs/detached/recording.hpp"
#include "jobs/remote/message_fields.hpp"

namespace tend::jobs {

void identity_field(auto& codec, Is<JobIdentity> auto& identity) {
  codec(identity.hash.high);
  codec(identity.hash.low);
  codec(identity.copy);
}

/// A point of wall time as nanoseconds since 1970.
template <typename T>
void date_field(auto& codec, T& time) {
  if constexpr (std::is_const_v<T>) {
    codec(std::int64_t{time.time_since_epoch().count()});
  } else {
    std::int64_t count = 0;
    codec(count);
    time = T(std::chrono::nanoseconds(count));
  }
}

void fields_of(auto& codec, Is<RecordedBegin> auto& begin) {
  id_field(codec, begin.id);
  identity_field(codec, begin.identity);
  codec(begin.attempt);
  codec(begin.slot);
}

void fields_of(auto& codec, Is<RecordedOutput> auto& output) {
  id_field(codec, output.id);
  codec.choice(output.stream, OutputStream::err);
  codec.tail(output.bytes);
}

void fields_of(auto& codec, Is<RecordedEnd> auto& end) {
  id_field(codec, end.id);
  codec(end.has_started);
  date_field(codec, end.start.time);
  codec(end.start.host);
  codec(end.start.pid);
  result_fields(codec, end.result);
  codec(end.output_bytes);
  date_field(codec, end.time);
}

void fields_of(auto& /*codec*/, Is<RecordedAll> auto& /*all*/) {}

}  // namespace tend::jobs
