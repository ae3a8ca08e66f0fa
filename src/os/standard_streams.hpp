#pragma once
// The three descriptors a program is born with: made sure to be there, asked what they are, and
// written to.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "os/fd.hpp"

namespace tend::os {

enum class Stream : std::uint8_t { in, out, err };

/// Opens /dev/null on those of 0, 1 and 2 that are closed, so that no file of ours ever gets one of
/// these numbers. Before anything else is opened.
Result<> reopen_closed_streams();

/// A second descriptor of it, close-on-exec, with a number above all three.
[[nodiscard]] Result<Fd> duplicate_stream(Stream stream);

/// Whether reopen_closed_streams() had to open it: the one who started us has closed it.
[[nodiscard]] bool was_closed(Stream stream) noexcept;

[[nodiscard]] bool is_terminal(Stream stream) noexcept;

/// Width of the terminal; nothing if it is none or does not say.
[[nodiscard]] std::optional<std::uint16_t> terminal_columns(Stream stream) noexcept;

/// All of it, through short writes; also if somebody has made the stream non-blocking.
Result<> write_stream(Stream stream, std::string_view bytes);

/// Whether the kernel gave this program more rights than its caller has (AT_SECURE, getauxval(3)):
/// then nothing in its environment can be trusted.
[[nodiscard]] bool has_raised_rights() noexcept;

}  // namespace tend::os
