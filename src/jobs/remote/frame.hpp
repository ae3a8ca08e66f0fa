#pragma once
// Frames: what travels between the front end and a worker, over any stream of bytes that a launcher
// (srun, ssh, mpirun) connects them with. Pure: bytes in, frames out.
//
//   greeting | frame | frame | ...
//   greeting = NUL "tend-jobs" NUL, version (4 bytes), newline
//   frame    = kind (1 byte), size of the payload (4 bytes), payload, newline
//
// Numbers are little-endian. Each side greets first. Before the greeting there may be anything: the
// message of the day of a login shell, say; it is skipped and kept for people. The newlines are for
// launchers that pass on whole lines only (slurmstepd does), and catch those that alter bytes.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::jobs {

/// Both sides must speak the same one.
inline constexpr std::uint32_t protocol_version = 1;

/// A job's arguments and environment can have 6 MiB in all (execve(2)).
inline constexpr std::size_t frame_payload_bytes_max = std::size_t{8} << 20U;

/// How much may come before the greeting.
inline constexpr std::size_t foreword_bytes_max = std::size_t{64} << 10U;

/// A frame inside the reader's buffer, until the reader is used again.
struct Frame {
  std::uint8_t kind = 0;
  std::string_view payload{};
};

[[nodiscard]] std::string greeting(std::uint32_t version = protocol_version);

/// Adds one frame to the end of `bytes`. The payload is at most frame_payload_bytes_max.
void append_frame(std::string& bytes, std::uint8_t kind, std::string_view payload);

/// Takes a stream apart. What it holds is bounded: the foreword, and then the longest frame and as
/// much as the caller feeds at once.
class FrameReader {
 public:
  /// More bytes of the stream. Frames given before are gone.
  void feed(std::string_view bytes);

  /// The next frame; nothing: it is not complete yet. After an error the same error.
  ///
  /// Errors: step "greet" when a greeting cannot come any more or is of another version; step "read
  /// frame" when the stream is none of ours.
  [[nodiscard]] Result<std::optional<Frame>> next();

  [[nodiscard]] bool is_greeted() const noexcept { return is_greeted_; }

  /// What came before the greeting; all that came, while there is none.
  [[nodiscard]] std::string_view foreword() const noexcept;

  /// Whether the stream may end here: not within a frame.
  [[nodiscard]] bool is_at_boundary() const noexcept { return is_greeted_ && rest().empty(); }

 private:
  [[nodiscard]] std::string_view rest() const noexcept {
    return std::string_view(bytes_).substr(taken_);
  }
  [[nodiscard]] Result<bool> find_greeting();
  std::unexpected<Error> fail(std::string step, std::string problem);

  std::string bytes_{};
  std::size_t taken_ = 0;
  std::string foreword_{};
  bool is_greeted_ = false;
  std::optional<Error> failure_{};
};

}  // namespace tend::jobs
