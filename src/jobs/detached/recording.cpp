#include "jobs/detached/recording.hpp"

#include "base/text.hpp"
#include "jobs/detached/recording_fields.hpp"
#include "jobs/remote/byte_codec.hpp"

namespace tend::jobs {

namespace {

template <typename T>
Result<RecordedEvent> read_as(std::string_view payload) {
  T event;
  ByteReader read(payload);
  fields_of(read, event);
  if (!read.is_failed()) {
    read.finish();
  }
  if (read.is_failed()) {
    return refused("read record", "", std::string(read.problem()));
  }
  return event;
}

}  // namespace

void append_event(std::string& bytes, const RecordedEvent& event) {
  std::string payload;
  ByteWriter write(payload);
  std::visit([&write](const auto& of_kind) { fields_of(write, of_kind); }, event);
  append_record(bytes, static_cast<std::uint8_t>(event.index()), payload);
}

Result<RecordedEvent> read_event(const Record& record) {
  switch (record.kind) {
    case 0: return read_as<RecordedBegin>(record.payload);
    case 1: return read_as<RecordedOutput>(record.payload);
    case 2: return read_as<RecordedEnd>(record.payload);
    case 3: return read_as<RecordedAll>(record.payload);
    default:
      return refused("read record", text::format("{}", record.kind),
                     "is of a kind that this version does not know");
  }
}

}  // namespace tend::jobs
