#pragma once
// Squeue: asks squeue(1) why workers wait. One question at a time, with a time limit, and never
// whether a job is done.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobs/remote/remote_backend.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "os/spawn.hpp"

namespace tend::jobs {

class Squeue final : public WaitExplainer {
 public:
  explicit Squeue(os::EventLoop& loop) : loop_(loop) {}
  ~Squeue() override;
  Squeue(const Squeue&) = delete;
  Squeue(Squeue&&) = delete;
  Squeue& operator=(const Squeue&) = delete;
  Squeue& operator=(Squeue&&) = delete;

  /// Words such as `2 pending (Resources)`; what is wrong, when squeue does not answer; empty when
  /// srun has not said yet which jobs it waits for.
  void explain(const std::vector<std::string>& complaints,
               std::function<void(const std::string& words)> on_words) override;

 private:
  struct Question {
    os::Spawned process{};
    os::Fd answer{};
    os::WatchId watch = os::WatchId::none;
    os::TimerId limit = os::TimerId::none;
    std::string text{};
    std::function<void(const std::string& words)> on_words{};
  };

  [[nodiscard]] bool ask(const std::vector<std::string>& command);
  void read();
  void end(const std::string& words);
  void forget();

  os::EventLoop& loop_;
  std::unique_ptr<Question> question_{};
};

}  // namespace tend::jobs
