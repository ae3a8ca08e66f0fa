#pragma once
// The clients of one schedule, and a ledger of what each asked and was told. A director that dies
// takes its connections with it; its clients see that.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "service/control/clients.hpp"

namespace tend::service::world {

/// What one client asked, and how it ended for him.
struct Asked {
  Request request{};
  std::vector<std::uint32_t> runs_before{};  ///< Of all services.
  std::optional<Done> done{};
  bool is_gone = false;      ///< He hung up, or the director died.
  std::size_t answers = 0;   ///< How often he was told that it is done.
  Clients::Source source{};  ///< Lines that he has not taken yet.
};

using Ledger = std::map<ClientId, Asked>;

/// The connections of one director.
class SimClients final : public Clients {
 public:
  using OnDone = std::function<void(ClientId, const Asked&)>;

  /// `on_done` sees each order in the moment of its answer.
  SimClients(Ledger& ledger, OnDone on_done) : ledger_(ledger), on_done_(std::move(on_done)) {}

  void stop_accepting() override { is_accepting_ = false; }
  void send(ClientId id, const Reply& reply) override {
    if (std::holds_alternative<Done>(reply)) {
      finish(id, std::get<Done>(reply));
    }
  }
  void stream(ClientId id, Source source) override {
    if (const auto asked = ledger_.find(id); asked != ledger_.end() && !asked->second.is_gone) {
      asked->second.source = std::move(source);
    }
  }
  void finish(ClientId id, const Done& done) override {
    const auto asked = ledger_.find(id);
    if (asked == ledger_.end() || asked->second.is_gone) {
      return;
    }
    asked->second.source = {};
    asked->second.done = done;
    ++asked->second.answers;
    on_done_(id, asked->second);
  }
  [[nodiscard]] bool has_output() const noexcept override {
    return std::ranges::any_of(
        ledger_, [](const auto& asked) { return static_cast<bool>(asked.second.source); });
  }
  [[nodiscard]] bool is_accepting() const { return is_accepting_; }

 private:
  Ledger& ledger_;
  OnDone on_done_;
  bool is_accepting_ = true;
};

}  // namespace tend::service::world
