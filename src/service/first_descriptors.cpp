#include "service/first_descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tend::service {

void FirstDescriptors::add(Stored entry, os::Fd fd) {
  entry.fd = fd.get();
  entry.passed = Passed::not_yet;
  entries_.push_back(entry);
  opened_.push_back(std::move(fd));
}

bool FirstDescriptors::has(StoredKind kind, std::uint32_t record, std::uint32_t run) const {
  return std::ranges::any_of(entries_, [&](const Stored& entry) {
    return entry.kind == kind && entry.record == record && entry.run == run;
  });
}

Result<> FirstDescriptors::write_to(StateFile& state) const {
  const auto table = state.stored();
  if (entries_.size() > table.size()) {
    return failed("list descriptors in", "state file", ENOSPC);
  }
  const auto rest = std::ranges::copy(entries_, table.begin()).out;
  std::fill(rest, table.end(), Stored{});
  return {};
}

}  // namespace tend::service
