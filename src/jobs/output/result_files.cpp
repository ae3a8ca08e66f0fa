#include "jobs/output/result_files.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

constexpr unsigned folder_mode = 0755;
constexpr unsigned file_mode = 0644;

const char* name_of(OutputStream stream) {
  return stream == OutputStream::out ? "stdout" : "stderr";
}

}  // namespace

Result<ResultFiles> ResultFiles::open(const std::string& path) {
  TEND_TRY(os::make_directories(path, folder_mode));
  return ResultFiles(path, TEND_TRY(os::open_directory(path)));
}

Result<> ResultFiles::begin(std::uint64_t sequence) {
  const std::string name = std::to_string(sequence);
  const auto in_job = [&](Error error) {
    return std::unexpected(std::move(error).within(path_ + "/" + name));
  };
  const auto made = os::make_directory_at(folder_, name, folder_mode);
  if (!made && made.error().code != EEXIST) {
    return in_job(made.error());
  }
  Files files;
  auto folder = os::open_directory_at(folder_, name);
  if (!folder) {
    return in_job(std::move(folder).error());
  }
  files.folder = *std::move(folder);
  // That of an earlier run must not be taken for this one's.
  if (const auto removed = os::remove_file_at(files.folder, "status");
      !removed && removed.error().code != ENOENT) {
    return in_job(removed.error());
  }
  for (const auto stream : {OutputStream::out, OutputStream::err}) {
    auto file = os::open_at(files.folder, name_of(stream), O_WRONLY | O_CREAT | O_TRUNC, file_mode);
    if (!file) {
      return in_job(std::move(file).error());
    }
    files.streams.at(std::to_underlying(stream)) = *std::move(file);
  }
  open_.insert_or_assign(sequence, std::move(files));
  return {};
}

Result<> ResultFiles::write(std::uint64_t sequence, OutputStream stream, std::string_view bytes) {
  const auto files = open_.find(sequence);
  if (files == open_.end()) {
    return {};
  }
  auto written = os::write_all(files->second.streams.at(std::to_underlying(stream)), bytes);
  if (!written) {
    written.error().subject = text::format("{}/{}/{}", path_, sequence, name_of(stream));
  }
  return written;
}

Result<> ResultFiles::finish(std::uint64_t sequence, std::string_view status) {
  const auto files = open_.extract(sequence);
  return files.empty() ? Result<>()
                       : os::replace_file_at(files.mapped().folder, "status",
                                             std::string(status) + "\n", file_mode);
}

}  // namespace tend::jobs
