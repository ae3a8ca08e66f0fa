#include "jobs/remote/frame.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "jobs/remote/byte_codec.hpp"

namespace tend::jobs {

namespace {

constexpr std::string_view magic{"\0tend-jobs\0", 11};
constexpr std::size_t greeting_bytes = magic.size() + sizeof(std::uint32_t) + 1;
constexpr std::size_t head_bytes = 1 + sizeof(std::uint32_t);

// Below this, what was taken stays in front: moving the rest for every frame would cost more.
constexpr std::size_t taken_bytes_max = std::size_t{64} << 10U;

constexpr char frame_end = '\n';

struct Head {
  std::uint8_t kind = 0;
  std::uint32_t size = 0;
};

Head head_of(std::string_view bytes) {
  Head head;
  ByteReader read(bytes.substr(0, head_bytes));
  read(head.kind);
  read(head.size);
  return head;
}

}  // namespace

std::string greeting(std::uint32_t version) {
  std::string bytes(magic);
  ByteWriter write(bytes);
  write(version);
  bytes += frame_end;
  return bytes;
}

void append_frame(std::string& bytes, std::uint8_t kind, std::string_view payload) {
  ByteWriter write(bytes);
  write(kind);
  write(payload);
  bytes += frame_end;
}

void FrameReader::feed(std::string_view bytes) {
  if (failure_) {
    return;
  }
  if (taken_ == bytes_.size() || taken_ > taken_bytes_max) {
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
  bytes_ += bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
  if (failure_) {
    return std::unexpected(*failure_);
  }
  if (!is_greeted_) {
    const auto found = find_greeting();
    if (!found || !*found) {
      return found ? Result<std::optional<Frame>>(std::nullopt) : std::unexpected(found.error());
    }
  }
  const std::string_view bytes = rest();
  if (bytes.size() < head_bytes) {
    return std::nullopt;
  }
  const Head head = head_of(bytes);
  if (head.size > frame_payload_bytes_max) {
    return fail("read frame", "its size is beyond the limit: the stream was altered on its way");
  }
  if (bytes.size() < head_bytes + head.size + 1) {
    return std::nullopt;
  }
  if (bytes[head_bytes + head.size] != frame_end) {
    return fail("read frame", "its end is missing: the stream was altered on its way");
  }
  taken_ += head_bytes + head.size + 1;
  return Frame{.kind = head.kind, .payload = bytes.substr(head_bytes, head.size)};
}

std::string_view FrameReader::foreword() const noexcept {
  return is_greeted_ || failure_ ? std::string_view(foreword_) : rest();
}

Result<bool> FrameReader::find_greeting() {
  const std::string_view bytes = rest();
  const std::size_t at = bytes.find(magic);
  // Without one, the first place where it could still begin.
  if (std::min(at, bytes.size() - std::min(bytes.size(), magic.size() - 1)) > foreword_bytes_max) {
    foreword_ = bytes.substr(0, foreword_bytes_max);
    return fail("greet", "what was written here is not of a worker of tend");
  }
  if (at == std::string_view::npos || bytes.size() < at + greeting_bytes) {
    return false;
  }
  foreword_ = bytes.substr(0, at);
  std::uint32_t version = 0;
  ByteReader read(bytes.substr(at + magic.size(), sizeof version));
  read(version);
  if (bytes[at + greeting_bytes - 1] != frame_end) {
    return fail("greet", "the greeting was altered on its way");
  }
  if (version != protocol_version) {
    return fail(
        "greet",
        text::format("the other side is another tend: it speaks version {} of the protocol, "
                     "and this one version {}",
                     version, protocol_version));
  }
  taken_ += at + greeting_bytes;
  is_greeted_ = true;
  return true;
}

std::unexpected<Error> FrameReader::fail(std::string step, std::string problem) {
  failure_ = Error{.step = std::move(step), .detail = std::move(problem)};
  bytes_.clear();
  taken_ = 0;
  return std::unexpected(*failure_);
}

}  // namespace tend::jobs
