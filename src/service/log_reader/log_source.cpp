#include "service/log_reader/log_source.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"
#include "service/recorder/log_names.hpp"

namespace tend::service {

namespace {

constexpr std::size_t names_max = 4'000'000;
constexpr std::size_t index_bytes_max = std::size_t{256} << 20U;
constexpr std::size_t block_bytes = 64 * 1024;

/// Nothing: there is no such file. O_NONBLOCK: a FIFO that somebody planted must not hold us.
Result<std::optional<os::Fd>> open_if_there(const os::Fd& directory, const std::string& name) {
  auto opened = os::open_at(directory, name, O_RDONLY | O_NONBLOCK);
  if (!opened && opened.error().code == ENOENT) {
    return std::nullopt;
  }
  os::Fd file = TEND_TRY(std::move(opened));
  if (!TEND_TRY(os::status_of(file)).is_regular) {
    return failed("open", name, EINVAL);
  }
  return file;
}

Result<bool> begins_amid_line(const os::Fd& file, std::uint64_t offset) {
  if (offset == 0) {
    return false;
  }
  char before = '\n';
  static_cast<void>(TEND_TRY(os::read_at(file, std::span(&before, 1), offset - 1)));
  return before != '\n';
}

/// Counts newlines backwards, through as many files as it takes.
class TailSearch {
 public:
  explicit TailSearch(std::uint64_t lines) : lines_(lines) {}

  /// The offset behind the newline before the wanted lines; nothing: they begin further back.
  Result<std::optional<std::uint64_t>> look_into(const os::Fd& file, std::uint64_t size) {
    std::array<char, block_bytes> block{};
    for (std::uint64_t end = size; end > 0;) {
      const std::uint64_t at = end - std::min<std::uint64_t>(end, block.size());
      const std::size_t count = TEND_TRY(os::read_at(file, std::span(block).first(end - at), at));
      for (std::size_t i = count; i > 0; --i) {
        if (is_wanted(block[i - 1])) {
          return at + i;
        }
      }
      end = at;
    }
    return std::nullopt;
  }

 private:
  bool is_wanted(char byte) noexcept {
    // The newline at the very end ends the last line; it begins none.
    const bool is_last_byte = std::exchange(is_at_end_, false);
    return byte == '\n' && !is_last_byte && ++newlines_ == lines_;
  }

  std::uint64_t lines_;
  std::uint64_t newlines_ = 0;
  bool is_at_end_ = true;
};

}  // namespace

Result<std::optional<OpenedLog>> open_generation(const os::Fd& directory,
                                                 const std::string& service,
                                                 std::uint64_t generation) {
  const std::string finished = finished_log_name(service, generation);
  if (auto file = TEND_TRY(open_if_there(directory, finished)); file) {
    return OpenedLog{.fd = *std::move(file), .is_finished = true};
  }
  auto current = TEND_TRY(open_if_there(directory, current_log_name(service)));
  if (!current) {
    // Between two renames of a rotation, or never begun; or finished just now.
    auto late = TEND_TRY(open_if_there(directory, finished));
    return late ? std::optional(OpenedLog{.fd = *std::move(late), .is_finished = true})
                : std::nullopt;
  }
  // Was it finished between the two looks? Then the current file is the next one.
  if (auto file = TEND_TRY(open_if_there(directory, finished)); file) {
    return OpenedLog{.fd = *std::move(file), .is_finished = true};
  }
  return OpenedLog{.fd = *std::move(current)};
}

Result<FoundByService> find_logs(const os::Fd& directory) {
  FoundByService found;
  for (const std::string& name : TEND_TRY(os::list_directory(directory, names_max))) {
    add_found(found, name);
  }
  return found;
}

std::vector<std::uint64_t> generations_of(const FoundLogs& found) {
  std::vector<std::uint64_t> generations(found.finished.begin(), found.finished.end());
  if (found.has_current) {
    generations.push_back(found.generation());
  }
  return generations;
}

std::vector<IndexEntry> read_index(const os::Fd& directory, const std::string& service,
                                   std::uint64_t generation) {
  const auto bytes = os::read_file_at(directory, index_name(service, generation), index_bytes_max);
  return bytes ? decode_index(*bytes) : std::vector<IndexEntry>{};
}

LogPosition beginning_of(const FoundLogs& found) {
  const auto generations = generations_of(found);
  return {.generation = generations.empty() ? found.generation() : generations.front()};
}

Result<LogPosition> end_of(const os::Fd& directory, const std::string& service,
                           const FoundLogs& found) {
  LogPosition end{.generation = found.generation()};
  if (!found.has_current) {
    return end;
  }
  const auto opened = TEND_TRY(open_generation(directory, service, end.generation));
  if (opened) {
    end.offset = TEND_TRY(os::status_of(opened->fd)).size_bytes;
    end.is_amid_line = TEND_TRY(begins_amid_line(opened->fd, end.offset));
  }
  return end;
}

Result<LogPosition> tail_of(const os::Fd& directory, const std::string& service,
                            const FoundLogs& found, std::uint64_t lines) {
  if (lines == 0) {
    return end_of(directory, service, found);
  }
  TailSearch search(lines);
  auto generations = generations_of(found);
  for (; !generations.empty(); generations.pop_back()) {
    const std::uint64_t generation = generations.back();
    const auto opened = TEND_TRY(open_generation(directory, service, generation));
    if (!opened) {
      break;  // Removed meanwhile, with all that are older.
    }
    const std::uint64_t size = TEND_TRY(os::status_of(opened->fd)).size_bytes;
    const auto begin = TEND_TRY(search.look_into(opened->fd, size));
    if (begin) {
      return LogPosition{.generation = generation, .offset = *begin};
    }
  }
  return beginning_of(found);
}

Result<LogPosition> since(const os::Fd& directory, const std::string& service,
                          const FoundLogs& found, std::int64_t realtime_ns) {
  const auto generations = generations_of(found);
  for (const std::uint64_t generation : generations) {
    const auto entries = read_index(directory, service, generation);
    const auto offset = offset_since(entries, realtime_ns);
    const bool is_unknown = entries.empty() && generation == generations.back();
    if (!offset && !is_unknown) {
      continue;
    }
    LogPosition begin{.generation = generation, .offset = offset.value_or(0)};
    if (const auto opened = TEND_TRY(open_generation(directory, service, generation)); opened) {
      begin.is_amid_line = TEND_TRY(begins_amid_line(opened->fd, begin.offset));
    }
    return begin;
  }
  return end_of(directory, service, found);
}

}  // namespace tend::service
