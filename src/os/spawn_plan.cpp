#include "os/spawn_plan.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <limits>

#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::os {

namespace {

constexpr std::uint32_t cpus_max = 65536;
constexpr int nice_min = -20;
constexpr int nice_max = 19;
constexpr std::uint32_t umask_max = 0777;

std::unexpected<Error> bad(std::string subject, std::string why) {
  return std::unexpected(Error{
      .step = "spawn", .subject = std::move(subject), .code = EINVAL, .detail = std::move(why)});
}

Result<> check_strings(const SpawnOptions& options) {
  if (options.program.empty()) {
    return bad("", "the name of the program is empty");
  }
  if (options.program.contains('\0')) {
    return bad(options.program.c_str(), "the name of the program contains a NUL byte");
  }
  if (options.arguments.empty()) {
    return bad(options.program, "no arguments, not even the program's name");
  }
  for (std::size_t index = 0; index < options.arguments.size(); ++index) {
    if (options.arguments[index].contains('\0')) {
      return bad(options.program, "argument " + std::to_string(index) + " contains a NUL byte");
    }
  }
  for (const std::string& entry : options.environment) {
    const std::size_t equals = entry.find('=');
    if (entry.contains('\0')) {
      return bad(options.program, "environment variable " +
                                      entry.substr(0, std::min(equals, entry.find('\0'))) +
                                      " contains a NUL byte");
    }
    if (equals == std::string::npos || equals == 0) {
      return bad(options.program, "environment entry `" + entry + "` is not KEY=VALUE");
    }
  }
  if (options.directory.contains('\0')) {
    return bad(options.program, "the working directory contains a NUL byte");
  }
  return {};
}

Result<> check_numbers(const SpawnOptions& options) {
  if (options.nice && (*options.nice < nice_min || *options.nice > nice_max)) {
    return bad(options.program, "nice must be from -20 to 19");
  }
  if (options.umask && *options.umask > umask_max) {
    return bad(options.program, "a umask has only the bits of 0777");
  }
  if (std::ranges::any_of(options.cpus, [](std::uint32_t cpu) { return cpu >= cpus_max; })) {
    return bad(options.program, "no such CPU");
  }
  if (options.parent_death_signal < 0 || options.parent_death_signal > signal_max) {
    return bad(options.program, "no such signal");
  }
  if (options.session == raw::SessionKind::join_group && options.group <= 0) {
    return bad(options.program, "no such process group");
  }
  for (const DescriptorWish& wish : options.descriptors) {
    if (wish.source >= 0 && ::fcntl(wish.source, F_GETFD) < 0) {
      return failed("descriptor", std::to_string(wish.source), errno);
    }
  }
  return {};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<const char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) {
    pointers.push_back(text.c_str());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<unsigned long> mask_of(const std::vector<std::uint32_t>& cpus) {
  constexpr std::uint32_t bits = std::numeric_limits<unsigned long>::digits;
  std::vector<unsigned long> mask;
  for (const std::uint32_t cpu : cpus) {
    if (mask.size() <= cpu / bits) {
      mask.resize(cpu / bits + 1);
    }
    mask[cpu / bits] |= 1UL << cpu % bits;
  }
  return mask;
}

/// A lower limit of descriptors must not hinder the placing of descriptors, so it is set
/// afterwards.
bool is_late(const raw::LimitSetting& limit) {
  if (limit.resource != RLIMIT_NOFILE) {
    return false;
  }
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  return limit.soft < now.rlim_cur;
}

std::string path_in(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (entry.starts_with("PATH=")) {
      return entry.substr(5);
    }
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

std::vector<std::string> path_candidates(const SpawnOptions& options) {
  if (options.program.contains('/')) {
    return {options.program};
  }
  const std::string path = path_in(options.environment);
  std::vector<std::string> candidates;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string entry = path.substr(begin, end - begin);
    candidates.push_back(entry.empty() ? "./" + options.program : entry + "/" + options.program);
    begin = end + 1;
  }
  return candidates;
}

Result<SpawnPlan> SpawnPlan::make(const SpawnOptions& options, std::span<const int> kept) {
  TEND_TRY(check_strings(options));
  TEND_TRY(check_numbers(options));
  SpawnPlan plan(options);
  plan.descriptors_ = TEND_TRY(plan_descriptors(options.descriptors, kept));
  plan.placed_.resize(plan.descriptors_.sources.size());
  if (!options.directory.empty()) {
    auto directory = open_file(options.directory, O_PATH | O_DIRECTORY);
    if (!directory) {
      return failed("chdir", options.directory, directory.error().code);
    }
    plan.directory_ = *std::move(directory);
  }
  plan.paths_ = path_candidates(options);
  plan.candidates_ = pointers_to(plan.paths_);
  plan.argv_ = pointers_to(options.arguments);
  plan.envp_ = pointers_to(options.environment);
  plan.affinity_ = mask_of(options.cpus);
  std::ranges::remove_copy_if(options.limits, std::back_inserter(plan.limits_), is_late);
  plan.early_limits_ = static_cast<std::uint32_t>(plan.limits_.size());
  std::ranges::copy_if(options.limits, std::back_inserter(plan.limits_), is_late);
  return plan;
}

raw::ChildInput SpawnPlan::input() {
  raw::ChildInput input;
  input.session = options_->session;
  input.group = options_->group;
  input.umask = options_->umask ? static_cast<std::int32_t>(*options_->umask) : -1;
  input.limits = limits_.data();
  input.limit_count = static_cast<std::uint32_t>(limits_.size());
  input.early_limit_count = early_limits_;
  input.has_nice = options_->nice.has_value();
  input.nice = options_->nice.value_or(0);
  input.affinity = affinity_.empty() ? nullptr : affinity_.data();
  input.affinity_bytes = static_cast<std::uint32_t>(affinity_.size() * sizeof affinity_[0]);
  input.directory_fd = directory_.get();
  input.sources = descriptors_.sources.data();
  input.source_count = static_cast<std::uint32_t>(descriptors_.sources.size());
  input.placed = placed_.data();
  input.placements = descriptors_.placements.data();
  input.placement_count = static_cast<std::uint32_t>(descriptors_.placements.size());
  input.holes = descriptors_.holes.data();
  input.hole_count = static_cast<std::uint32_t>(descriptors_.holes.size());
  input.has_groups = options_->groups.has_value();
  if (options_->groups) {
    input.groups = options_->groups->data();
    input.group_count = static_cast<std::uint32_t>(options_->groups->size());
  }
  input.has_gid = options_->gid.has_value();
  input.gid = options_->gid.value_or(0);
  input.has_uid = options_->uid.has_value();
  input.uid = options_->uid.value_or(0);
  input.parent_death_signal = options_->parent_death_signal;
  input.no_new_privileges = options_->no_new_privileges;
  input.keep_ignored = options_->keep_ignored.bits();
  input.final_mask = options_->mask.bits();
  input.candidates = candidates_.data();
  input.argv = argv_.data();
  input.envp = envp_.data();
  return input;
}

}  // namespace tend::os
