#pragma once
// Messages between the front end and a worker, and their form as frames. The front end decides; a
// worker is a Backend (backend.hpp) at the other end of a stream, so the messages are its calls and
// its events, and three more things:
//
// - Credit: a worker may send so many bytes of output of an attempt, and more only as the front end
//   has used them. So a reader who waits holds up the job, not the stream, and the memory of both
//   ends is bounded by window × slots.
// - Acknowledgement: the front end has taken over a result, with all output. What was not
//   acknowledged when either side is lost has happened for nobody, and is run again.
// - Ping: a worker that is not heard any more is lost, though its stream is still open.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "jobs/backend.hpp"
#include "jobs/remote/frame.hpp"

namespace tend::jobs {

/// Output of one attempt that may be on its way, in bytes.
inline constexpr std::uint64_t output_window_bytes = std::uint64_t{256} << 10U;

/// No message carries more input or output than this at once.
inline constexpr std::size_t piece_bytes_max = std::size_t{64} << 10U;

// --- from a worker -------------------------------------------------------------------------------

/// The first one: who it is.
struct Hello {
  std::string tend_version{};
  std::string host{};
  std::int32_t pid = 0;
  std::uint32_t cpus = 1;  ///< That it may use: its number of slots, unless told otherwise.

  bool operator==(const Hello&) const = default;
};

struct AttemptStarted {
  AttemptId id{};
  AttemptStart start{};
};

struct AttemptOutput {
  AttemptId id{};
  OutputStream stream = OutputStream::out;
  std::string_view bytes{};  ///< In the buffer it was decoded from.
};

struct AttemptEnded {
  AttemptId id{};
  AttemptResult result{};
  std::uint64_t output_bytes = 0;  ///< Of both streams, all sent before this: to be compared.
};

/// The worker is of no more use; its reason.
struct WorkerFailed {
  std::string problem{};
};

struct Pong {};

// --- from the front end --------------------------------------------------------------------------

/// The first one.
struct RunSettings {
  AttemptSettings settings{};
};

/// An attempt without its input, which follows in pieces; it starts when all of it has arrived.
struct StartAttempt {
  Attempt attempt{};
  bool has_input = false;
  std::uint64_t input_bytes = 0;
};

struct AttemptInput {
  AttemptId id{};
  std::string_view bytes{};  ///< In the buffer it was decoded from.
};

struct StopAttempt {
  AttemptId id{};
  StopHow how = StopHow::by_ladder;
};

struct LimitAttempt {
  AttemptId id{};
  std::optional<std::chrono::nanoseconds> limit{};
};

/// In addition to what was given before.
struct Credit {
  AttemptId id{};
  std::uint64_t bytes = 0;
};

struct Acknowledge {
  AttemptId id{};
};

struct PauseJobs {};
struct ResumeJobs {};
struct Ping {};

/// The kind of a frame is the place of its message in this list: add at the end, or raise
/// protocol_version.
using Message = std::variant<Hello, AttemptStarted, AttemptOutput, AttemptEnded, WorkerFailed, Pong,
                             RunSettings, StartAttempt, AttemptInput, StopAttempt, LimitAttempt,
                             Credit, Acknowledge, PauseJobs, ResumeJobs, Ping>;

/// Adds the message as one frame to the end of `bytes`. Errors: it is longer than a frame can be.
Result<> append_message(std::string& bytes, const Message& message);

/// Errors: step "read message": a kind or a value that this version does not know.
[[nodiscard]] Result<Message> decode_message(const Frame& frame);

}  // namespace tend::jobs
