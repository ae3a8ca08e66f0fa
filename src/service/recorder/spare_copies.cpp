#include "service/recorder/spare_copies.hpp"

#include <set>
#include <utility>

#include "service/leader.hpp"

namespace tend::service {

void SpareCopies::keep(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd) {
  kept_.insert_or_assign(Key{kind, record, run}, std::move(fd));
}

void SpareCopies::forget_dropped() {
  if (kept_.empty()) {
    return;
  }
  std::set<Key> stored;
  for (const Stored& entry : state_.stored()) {
    if (const StoredKind kind = load_shared(entry.kind); kind != StoredKind::none) {
      stored.emplace(kind, entry.record, entry.run);
    }
  }
  std::erase_if(kept_, [&stored](const auto& one) { return !stored.contains(one.first); });
}

void SpareCopies::hold_leaders() {
  for (std::uint32_t index = 0; index < state_.count(); ++index) {
    const KnownLeader leader = leader_in(state_, index);
    const Key key{StoredKind::leader, index, leader.run};
    if (kept_.contains(key) || state_.has_report(index, leader.run)) {
      continue;
    }
    if (auto pidfd = open_leader(leader)) {
      kept_.emplace(key, *std::move(pidfd));
    }
  }
}

std::vector<Offer> SpareCopies::offers() const {
  std::vector<Offer> offers;
  offers.reserve(kept_.size());
  for (const auto& [key, fd] : kept_) {
    const auto& [kind, record, run] = key;
    offers.push_back({.kind = kind, .record = record, .run = run, .fd = &fd});
  }
  return offers;
}

}  // namespace tend::service
