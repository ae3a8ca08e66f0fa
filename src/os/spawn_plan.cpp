#include "os/spawn_plan.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/raw/kernel.hpp"
#include "os/spawn_check.hpp"

namespace tend::os {

namespace {

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

/// As /proc/PID/timens_offsets has it: clock, seconds, nanoseconds.
std::string time_offsets_of(const NamespaceOptions& namespaces) {
  return "monotonic " + std::to_string(namespaces.monotonic_s) + " 0\nboottime " +
         std::to_string(namespaces.boottime_s) + " 0\n";
}

/// An open directory leads back into the mounts and the root that it was opened in; where the child
/// gets others, it goes there by path.
const char* directory_path_of(const SpawnOptions& options) {
  if (!options.root.empty()) {
    return options.directory.empty() ? "/" : options.directory.c_str();
  }
  const bool has_own_mounts = (options.namespaces.flags & raw::clone_newns) != 0;
  return has_own_mounts && !options.directory.empty() ? options.directory.c_str() : nullptr;
}

std::string_view path_in(const SpawnOptions& options) {
  constexpr std::string_view key = "PATH=";
  if (options.environment_in_place != nullptr) {
    for (const char* const* entry = options.environment_in_place; *entry != nullptr; ++entry) {
      if (std::string_view(*entry).starts_with(key)) {
        return std::string_view(*entry).substr(key.size());
      }
    }
  }
  for (const std::string& entry : options.environment) {
    if (entry.starts_with(key)) {
      return std::string_view(entry).substr(key.size());
    }
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

std::vector<std::string> path_candidates(const SpawnOptions& options) {
  if (options.program.contains('/')) {
    return {options.program};
  }
  const std::string_view path = path_in(options);
  std::vector<std::string> candidates;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view entry = path.substr(begin, end - begin);
    std::string& candidate = candidates.emplace_back(entry.empty() ? "." : entry);
    candidate.append("/").append(options.program);
    begin = end + 1;
  }
  return candidates;
}

Result<> SpawnPlan::plan_descriptors_and_program(std::span<const int> kept) {
  if (!options_->program_descriptor) {
    descriptors_ = TEND_TRY(plan_descriptors(options_->descriptors, kept));
    placed_.assign(descriptors_.sources.size(), -1);
    return {};
  }
  const int program = *options_->program_descriptor;
  const auto wish = std::ranges::find(options_->descriptors, program, &DescriptorWish::source);
  std::vector<int> all_kept(kept.begin(), kept.end());
  if (wish != options_->descriptors.end()) {
    program_target_ = wish->target;
  } else {
    all_kept.push_back(program);
  }
  descriptors_ = TEND_TRY(plan_descriptors(options_->descriptors, all_kept));
  placed_.assign(descriptors_.sources.size(), -1);
  const auto source =
      std::ranges::find(descriptors_.sources, program, &raw::DescriptorSource::number);
  program_source_ = static_cast<std::int32_t>(source - descriptors_.sources.begin());
  return {};
}

Result<> SpawnPlan::open_directory_of_child() {
  if (!options_->root.empty()) {
    const auto root = open_file(options_->root, O_PATH | O_DIRECTORY);
    return root ? Result<>() : failed("chroot", options_->root, root.error().code);
  }
  if (options_->directory.empty()) {
    return {};
  }
  auto directory = open_file(options_->directory, O_PATH | O_DIRECTORY);
  if (!directory) {
    return failed("chdir", options_->directory, directory.error().code);
  }
  directory_ = *std::move(directory);
  return {};
}

Result<SpawnPlan> SpawnPlan::make(const SpawnOptions& options, std::span<const int> kept) {
  TEND_TRY(check_spawn_options(options));
  SpawnPlan plan(options);
  TEND_TRY(plan.plan_descriptors_and_program(kept));
  TEND_TRY(plan.open_directory_of_child());
  plan.paths_ = path_candidates(options);
  plan.candidates_ = pointers_to(plan.paths_);
  plan.argv_ = pointers_to(options.arguments);
  if (options.environment_in_place == nullptr) {
    plan.envp_ = pointers_to(options.environment);
  }
  plan.affinity_ = mask_of(options.cpus);
  std::ranges::remove_copy_if(options.limits, std::back_inserter(plan.limits_), is_late);
  plan.early_limits_ = static_cast<std::uint32_t>(plan.limits_.size());
  std::ranges::copy_if(options.limits, std::back_inserter(plan.limits_), is_late);
  if (options.oom_score) {
    plan.oom_score_ = std::to_string(*options.oom_score);
  }
  if ((options.namespaces.flags & raw::clone_newtime) != 0) {
    plan.time_offsets_ = time_offsets_of(options.namespaces);
  }
  return plan;
}

void SpawnPlan::close_copies() noexcept {
  for (std::size_t index = 0; index < placed_.size(); ++index) {
    if (descriptors_.sources[index].is_in_the_way != 0) {
      Fd(std::exchange(placed_[index], -1)).reset();
    }
  }
}

void SpawnPlan::set_attributes(raw::ChildInput& input) const {
  input.umask = options_->umask ? static_cast<std::int32_t>(*options_->umask) : -1;
  input.limits = limits_.data();
  input.limit_count = static_cast<std::uint32_t>(limits_.size());
  input.early_limit_count = early_limits_;
  input.has_nice = options_->nice.has_value();
  input.nice = options_->nice.value_or(0);
  input.affinity = affinity_.empty() ? nullptr : affinity_.data();
  input.affinity_bytes = static_cast<std::uint32_t>(affinity_.size() * sizeof affinity_[0]);
  if (options_->scheduler) {
    input.scheduling_policy = options_->scheduler->policy;
    input.scheduling_priority = options_->scheduler->priority;
  }
  input.oom_score = oom_score_.empty() ? nullptr : oom_score_.data();
  input.oom_score_bytes = static_cast<std::uint32_t>(oom_score_.size());
  input.root = options_->root.empty() ? nullptr : options_->root.c_str();
  input.directory_fd = directory_.get();
  input.directory_path = directory_path_of(*options_);
}

void SpawnPlan::set_descriptors(raw::ChildInput& input) {
  input.sources = descriptors_.sources.data();
  input.source_count = static_cast<std::uint32_t>(descriptors_.sources.size());
  input.placed = placed_.data();
  input.placements = descriptors_.placements.data();
  input.placement_count = static_cast<std::uint32_t>(descriptors_.placements.size());
  input.holes = descriptors_.holes.data();
  input.hole_count = static_cast<std::uint32_t>(descriptors_.holes.size());
}

void SpawnPlan::set_identity(raw::ChildInput& input) const {
  input.has_groups = options_->groups.has_value();
  if (options_->groups) {
    input.groups = options_->groups->data();
    input.group_count = static_cast<std::uint32_t>(options_->groups->size());
  }
  input.has_gid = options_->gid.has_value();
  input.gid = options_->gid.value_or(0);
  input.has_uid = options_->uid.has_value();
  input.uid = options_->uid.value_or(0);
  input.has_capabilities = options_->capabilities.has_value();
  input.capabilities = options_->capabilities.value_or(CapabilitySet()).bits();
}

raw::ChildInput SpawnPlan::input() {
  raw::ChildInput input;
  input.namespaces = options_->namespaces.flags & ~raw::clone_newtime;
  input.time_offsets = time_offsets_.empty() ? nullptr : time_offsets_.data();
  input.time_offsets_bytes = static_cast<std::uint32_t>(time_offsets_.size());
  input.session = options_->session;
  input.group = options_->group;
  input.controlling_fd = options_->controlling_fd;
  input.foreground_fd = options_->foreground_fd;
  set_attributes(input);
  set_descriptors(input);
  set_identity(input);
  input.parent_death_signal = options_->parent_death_signal;
  input.no_new_privileges = options_->no_new_privileges;
  input.ignored = options_->ignored.bits();
  input.keep_ignored = options_->keep_ignored.bits();
  input.pre_exec = options_->pre_exec;
  input.pre_exec_context = options_->pre_exec_context;
  input.final_mask = options_->mask.bits();
  input.program_source = program_source_;
  input.program_target = program_target_;
  input.candidates = candidates_.data();
  input.argv = argv_.data();
  input.envp = envp_.empty() ? options_->environment_in_place : envp_.data();
  return input;
}

}  // namespace tend::os
