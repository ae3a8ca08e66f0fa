#include "jobs/detached/detached_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/detached/record_file.hpp"
#include "jobs/remote/byte_codec.hpp"
#include "jobs/remote/message_fields.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

constexpr std::string_view suffix = ".detached";
constexpr std::size_t names_max = 1U << 20U;
constexpr std::size_t number_bytes_max = 256;

void fields_of(auto& codec, Is<DetachedPlan> auto& plan) {
  codec(plan.name);
  codec(plan.command);
  codec(plan.jobs);
  codec(plan.tasks);
  codec(plan.slots);
  time_field(codec, plan.delay);
  codec(plan.retries.attempts_max);
  time_field(codec, plan.retries.pause_first);
  time_field(codec, plan.retries.pause_max);
  optional_field(codec, plan.timeout.fixed, timed);
  optional_field(codec, plan.timeout.median_percent, plain);
  settings_fields(codec, plan.settings);
}

/// Folder and name of a path.
std::pair<std::string, std::string> taken_apart(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Result<DetachedFolder> DetachedFolder::beside(const std::string& log) {
  std::string path = log + std::string(suffix);
  if (!path.starts_with('/')) {
    path = TEND_TRY(os::read_link("/proc/self/cwd")) + "/" + path;
  }
  return DetachedFolder(std::move(path));
}

std::string DetachedFolder::file(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string DetachedFolder::share_name(unsigned task) { return text::format("{}.jobs", task); }

std::string DetachedFolder::recording_name(unsigned task, unsigned start) {
  return text::format("{}.{}.results", task, start);
}

bool DetachedFolder::exists() const { return os::status_of(path_).has_value(); }

Result<> DetachedFolder::create() const { return os::make_directory(path_); }

Result<> DetachedFolder::write_plan(const DetachedPlan& plan) const {
  std::string payload;
  ByteWriter write(payload);
  fields_of(write, plan);
  std::string bytes = greeting();
  append_record(bytes, 0, payload);
  return write_file("plan", bytes);
}

Result<DetachedPlan> DetachedFolder::read_plan() const {
  const std::string path = file("plan");
  RecordReader reader = TEND_TRY(RecordReader::open(path));
  const std::optional<Record> record = TEND_TRY(reader.next());
  if (!record) {
    return refused("read", path, "is not complete");
  }
  DetachedPlan plan;
  ByteReader read(record->payload);
  fields_of(read, plan);
  if (read.is_failed()) {
    return refused("read", path, std::string(read.problem()));
  }
  return plan;
}

Result<> DetachedFolder::write_file(const std::string& name, std::string_view text) const {
  return os::replace_file_at(TEND_TRY(os::open_directory(path_)), name, text);
}

std::optional<std::string> DetachedFolder::slurm_job() const {
  const auto text = os::read_file(file("slurm-job"), number_bytes_max);
  return text ? std::optional(std::string(text::trimmed(*text))) : std::nullopt;
}

Result<std::vector<std::string>> DetachedFolder::recordings_of(unsigned task) const {
  std::vector<std::string> paths;
  for (unsigned start = 0;; ++start) {
    std::string path = file(recording_name(task, start));
    const auto status = os::status_of(path);
    if (!status) {
      return status.error().code == ENOENT ? Result<std::vector<std::string>>(std::move(paths))
                                           : std::unexpected(status.error());
    }
    paths.push_back(std::move(path));
  }
}

Result<bool> DetachedFolder::withdraw() const {
  const auto [parent, name] = taken_apart(path_);
  const os::Fd above = TEND_TRY(os::open_directory(parent.empty() ? "/" : parent));
  const std::string aside = name + ".withdrawn";
  TEND_TRY(os::rename_at(above, name, aside));
  const os::Fd folder = TEND_TRY(os::open_directory_at(above, aside));
  const std::vector<std::string> names = TEND_TRY(os::list_directory(folder, names_max));
  if (std::ranges::any_of(names,
                          [](const std::string& each) { return each.ends_with(".results"); })) {
    TEND_TRY(os::rename_at(above, aside, name));
    return false;
  }
  TEND_TRY(DetachedFolder(path_ + ".withdrawn").remove());
  return true;
}

Result<> DetachedFolder::remove() const {
  {
    const os::Fd folder = TEND_TRY(os::open_directory(path_));
    for (const std::string& name : TEND_TRY(os::list_directory(folder, names_max))) {
      TEND_TRY(os::remove_file_at(folder, name));
    }
  }
  return os::remove_directory(path_);
}

}  // namespace tend::jobs
