#include "jobs/remote/message.hpp"

#include <cstddef>
#include <utility>

#include "base/text.hpp"
#include "jobs/remote/byte_codec.hpp"
#include "jobs/remote/message_fields.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t kinds = std::variant_size_v<Message>;

/// The message of this kind, with nothing in it yet.
template <std::size_t... Kind>
Message empty_message(std::size_t wanted, std::index_sequence<Kind...> /*all*/) {
  Message message;
  (void)((Kind == wanted && (message.emplace<Kind>(), true)) || ...);
  return message;
}

std::unexpected<Error> unreadable(std::size_t kind, std::string_view why) {
  return refused("read message", text::format("{}", kind), std::string(why));
}

}  // namespace

Result<> append_message(std::string& bytes, const Message& message) {
  std::string payload;
  ByteWriter write(payload);
  std::visit([&write](const auto& of_kind) { fields_of(write, of_kind); }, message);
  if (payload.size() > frame_payload_bytes_max) {
    return refused("send to worker", "",
                   text::format("{} bytes are more than the {} that one message can have",
                                payload.size(), frame_payload_bytes_max));
  }
  append_frame(bytes, static_cast<std::uint8_t>(message.index()), payload);
  return {};
}

Result<Message> decode_message(const Frame& frame) {
  if (frame.kind >= kinds) {
    return unreadable(frame.kind, "is of a kind that this version does not know");
  }
  Message message = empty_message(frame.kind, std::make_index_sequence<kinds>());
  ByteReader read(frame.payload);
  std::visit([&read](auto& of_kind) { fields_of(read, of_kind); }, message);
  if (!read.is_failed()) {
    read.finish();
  }
  if (read.is_failed()) {
    return unreadable(frame.kind, read.problem());
  }
  return message;
}

}  // namespace tend::jobs
