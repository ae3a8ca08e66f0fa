#include "jobs/front/jobserver_admission.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/try.hpp"
#include "jobs/slots/makeflags.hpp"
#include "jobs/slots/token_shares.hpp"

namespace tend::jobs {

namespace {

/// Nobody tells when a job takes a token out of its pipe, or gives it back.
constexpr std::chrono::milliseconds look_again{10};

}  // namespace

Result<std::unique_ptr<JobserverAdmission>> JobserverAdmission::make(Options options) {
  // What is refused for one is refused for all: then it is told now, not waited for.
  static_cast<void>(TEND_TRY(TokenChannel::make(options.form, options.directory)));
  return std::unique_ptr<JobserverAdmission>(new JobserverAdmission(std::move(options)));
}

JobserverAdmission::~JobserverAdmission() {
  if (loop_ != nullptr) {
    loop_->cancel(timer_);
  }
}

void JobserverAdmission::attach(os::EventLoop& loop) { loop_ = &loop; }

void JobserverAdmission::set_slots(unsigned slots) { options_.slots = slots; }

/// Jobs that wait for a slot come before commands of those that run.
std::optional<Refusal> JobserverAdmission::admit(AttemptId id, unsigned /*running*/) {
  const std::vector<TokenHolding> now = holdings();
  if (const unsigned tokens = free_tokens(options_.slots, now); tokens > 0) {
    share(tokens - 1, now);
  }
  if (at_hand() == 0) {  // Or somebody has taken it meanwhile.
    return Refusal{.pause = look_again};
  }
  channels_.try_emplace(id);
  return std::nullopt;
}

Result<> JobserverAdmission::equip(Attempt& attempt) {
  TokenChannel channel = TEND_TRY(TokenChannel::make(options_.form, options_.directory));
  attempt.environment.push_back("MAKEFLAGS=" + makeflags_with_jobserver(options_.makeflags,
                                                                        channel.address(),
                                                                        options_.slots));
  for (const SharedDescriptor& shared : channel.descriptors()) {
    attempt.descriptors.push_back(shared);
  }
  channels_[attempt.id] = std::move(channel);
  if (timer_ == os::TimerId::none) {
    timer_ = loop_->add_timer(std::chrono::nanoseconds(0), [this] { look(); });
  }
  return {};
}

void JobserverAdmission::give_back(AttemptId id) { channels_.erase(id); }

std::vector<TokenHolding> JobserverAdmission::holdings() const {
  std::vector<TokenHolding> all;
  all.reserve(channels_.size());
  for (const auto& [id, channel] : channels_) {
    all.push_back(channel ? channel->holding() : TokenHolding{});
  }
  return all;
}

/// Tokens that lie in no pipe and were taken by nobody.
unsigned JobserverAdmission::at_hand() const {
  std::size_t used = channels_.size();
  for (const auto& [id, channel] : channels_) {
    used += channel ? channel->given() : 0;
  }
  return used < options_.slots ? static_cast<unsigned>(options_.slots - used) : 0;
}

void JobserverAdmission::share(unsigned tokens, const std::vector<TokenHolding>& holdings) {
  const std::vector<unsigned> shares = token_shares(tokens, holdings);
  std::size_t at = 0;
  for (auto& [id, channel] : channels_) {
    const unsigned there = holdings[at].unclaimed;
    const unsigned wanted = shares[at++];
    if (channel && wanted < there) {
      channel->take_back(there - wanted);
    }
  }
  // Of what was to be taken back a job may have been faster: only what is really here is given.
  at = 0;
  for (auto& [id, channel] : channels_) {
    const unsigned there = holdings[at].unclaimed;
    const unsigned wanted = shares[at++];
    if (channel && wanted > there) {
      channel->give(std::min(wanted - there, at_hand()));
    }
  }
}

void JobserverAdmission::look() {
  timer_ = os::TimerId::none;
  if (channels_.empty()) {
    return;
  }
  const std::vector<TokenHolding> now = holdings();
  share(free_tokens(options_.slots, now), now);
  timer_ = loop_->add_timer(look_again, [this] { look(); });
}

}  // namespace tend::jobs
