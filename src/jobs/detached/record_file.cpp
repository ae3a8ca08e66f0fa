#include "jobs/detached/record_file.hpp"

#include <fcntl.h>

#include <utility>
#include <vector>

#include "base/sip_hash.hpp"
#include "base/try.hpp"
#include "jobs/remote/byte_codec.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t hash_bytes = sizeof(std::uint64_t);
constexpr std::size_t head_bytes = 1 + sizeof(std::uint32_t);
constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

std::uint64_t hash_of(std::uint8_t kind, std::string_view payload) {
  SipHash hash;
  const char letter = static_cast<char>(kind);
  hash.append({&letter, 1});
  hash.append(payload);
  return hash.finish().high;
}

/// The payload without its hash; nothing: the hash is another one.
std::optional<std::string_view> checked(const Frame& frame) {
  if (frame.payload.size() < hash_bytes) {
    return std::nullopt;
  }
  const std::string_view payload = frame.payload.substr(0, frame.payload.size() - hash_bytes);
  std::uint64_t written = 0;
  ByteReader read(frame.payload.substr(payload.size()));
  read(written);
  return written == hash_of(frame.kind, payload) ? std::optional(payload) : std::nullopt;
}

std::uint64_t bytes_of(const Frame& frame) { return head_bytes + frame.payload.size() + 1; }

}  // namespace

void append_record(std::string& bytes, std::uint8_t kind, std::string_view payload) {
  std::string whole(payload);
  ByteWriter write(whole);
  write(hash_of(kind, payload));
  append_frame(bytes, kind, whole);
}

Result<RecordFile> RecordFile::create(const std::string& path) {
  RecordFile file(TEND_TRY(os::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)), path);
  // Where a file system has no locks, readers have to ask others.
  static_cast<void>(os::try_lock(file.file_, path));
  TEND_TRY(file.append(greeting()));
  return file;
}

Result<> RecordFile::append(std::string_view records) {
  const auto written = os::write_all(file_, records);
  return written ? Result<>() : failed("write", path_, written.error().code);
}

Result<> RecordFile::sync() { return os::sync_file(file_, path_); }

Result<RecordReader> RecordReader::open(const std::string& path) {
  RecordReader reader(TEND_TRY(os::open_file(path, O_RDONLY)), path);
  reader.offset_ = greeting().size();
  return reader;
}

Result<std::optional<Record>> RecordReader::next() {
  while (true) {
    auto frame = frames_.next();
    if (!frame && !frames_.is_greeted()) {
      return refused("read", path_, frame.error().message());
    }
    if (frame && *frame) {
      if (const auto payload = checked(**frame)) {
        const std::uint64_t at = std::exchange(offset_, offset_ + bytes_of(**frame));
        return Record{.kind = (*frame)->kind, .payload = std::string(*payload), .offset = at};
      }
    }
    if (!frame || *frame) {
      is_torn_ = true;
      return std::nullopt;
    }
    std::vector<char> buffer(piece_bytes);
    const std::size_t got = TEND_TRY(os::read_at(file_, buffer, read_));
    if (got == 0) {
      is_torn_ = !frames_.is_at_boundary();
      return std::nullopt;
    }
    read_ += got;
    frames_.feed({buffer.data(), got});
  }
}

Result<Record> RecordReader::read_record(std::uint64_t offset) const {
  FrameReader frames;
  frames.feed(greeting());
  std::uint64_t at = offset;
  std::vector<char> buffer(piece_bytes + head_bytes + hash_bytes + 64);
  while (true) {
    const auto frame = frames.next();
    if (frame && *frame) {
      if (const auto payload = checked(**frame)) {
        return Record{.kind = (*frame)->kind, .payload = std::string(*payload), .offset = offset};
      }
    }
    const std::size_t got =
        frame && !*frame ? TEND_TRY(os::read_at(file_, buffer, at)) : std::size_t{0};
    if (got == 0) {
      return refused("read", path_, "has changed while it was read");
    }
    at += got;
    frames.feed({buffer.data(), got});
  }
}

Result<bool> is_being_written(const std::string& path) {
  const os::Fd file = TEND_TRY(os::open_file(path, O_RDONLY));
  return !os::try_lock(file, path).value_or(true);
}

}  // namespace tend::jobs
