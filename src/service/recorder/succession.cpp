#include "service/recorder/succession.hpp"

#include <chrono>
#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/procfs.hpp"
#include "os/readable.hpp"
#include "os/unix_socket.hpp"
#include "service/exit_report.hpp"
#include "service/keeper/state_view.hpp"

namespace tend::service {

namespace {

constexpr std::chrono::seconds give_within{10};

/// Who may take over: we ourselves and root.
bool is_welcome(const os::Fd& heir) {
  const auto peer = os::peer_of(heir);
  return peer && (peer->uid == os::effective_uid() || peer->uid == 0);
}

}  // namespace

Succession::Succession(os::EventLoop& loop, StateFile& state, os::Fd door)
    : loop_(loop), state_(state), copies_(state), door_(std::move(door)) {}

Succession::~Succession() { loop_.remove(door_watch_); }

void Succession::begin(OwnOffers own_offers) {
  own_offers_ = std::move(own_offers);
  starts_before_ = load_shared(state_.header().keeper.recorder_starts);
  copies_.forget_dropped();
  copies_.hold_leaders();
  watch_leaders();
  if (!door_.is_open()) {
    return;
  }
  if (const auto watch = loop_.add(door_, os::Interest::read, [this](os::Ready) { open_door(); })) {
    door_watch_ = *watch;
  }
}

void Succession::watch_leaders() {
  for (const Offer& offer : copies_.offers()) {
    if (offer.kind != StoredKind::leader || !awaits_report(state_, offer.record, offer.run)) {
      continue;
    }
    leaders_.emplace(offer.record,
                     std::make_unique<LeaderWatch>(loop_, *offer.fd,
                                                   [this, index = offer.record, run = offer.run](
                                                       std::optional<ExitStatus> status) {
                                                     report_end(index, run, status);
                                                   }));
  }
}

void Succession::report_end(std::uint32_t index, std::uint32_t run,
                            std::optional<ExitStatus> status) {
  if (status) {
    write_report(state_, index, run, *status);
  }
  // The watch is what calls us: it goes when it has returned.
  loop_.add_timer(std::chrono::nanoseconds(0), [this, index] { leaders_.erase(index); });
}

void Succession::open_door() {
  auto heir = os::accept_unix(door_);
  if (!heir || !*heir || !is_welcome(**heir)) {
    return;
  }
  // From here on nothing moves: the heir's recorder may be at work before we know of it.
  leaders_.clear();
  // By the number of starts: the pid may be 0 again, where the successor has died meanwhile.
  if (hand_over(**heir)) {
    is_over_ = load_shared(state_.header().keeper.recorder_starts) != starts_before_;
  }
  if (!is_over_) {
    watch_leaders();
  }
}

Result<> Succession::hand_over(const os::Fd& heir) {
  std::vector<Offer> offers = own_offers_();
  offers.push_back({.kind = StoredKind::handover_socket, .fd = &door_});
  for (const Offer& copy : copies_.offers()) {
    offers.push_back(copy);
  }
  const auto given = give_all(heir, offers, os::monotonic_now() + give_within);
  // It says nothing: what comes is the end of the connection.
  TEND_TRY(os::wait_readable(heir, std::nullopt));
  return given;
}

}  // namespace tend::service
