#pragma once
// Reading, writing and cutting a file at a place of one's choice, without moving its file offset.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "os/fd.hpp"

namespace tend::os {

/// Up to `buffer.size()` bytes from `offset`; 0 is the end of the file.
Result<std::size_t> read_at(const Fd& file, std::span<char> buffer, std::uint64_t offset);

/// All of it, through short writes. On an error a part may have been written.
Result<> write_at(const Fd& file, std::string_view bytes, std::uint64_t offset);

Result<> truncate_file(const Fd& file, std::uint64_t bytes);

/// Gives the blocks of a part back to the file system; it then reads as zeros, and the size stays
/// (fallocate(2), FALLOC_FL_PUNCH_HOLE). EOPNOTSUPP: the file system cannot.
Result<> free_range(const Fd& file, std::uint64_t offset, std::uint64_t bytes);

/// The size beyond which no file of this process may grow (RLIMIT_FSIZE); UINT64_MAX: none.
[[nodiscard]] std::uint64_t file_size_limit() noexcept;

}  // namespace tend::os
