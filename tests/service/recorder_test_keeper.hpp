#pragma once
// TestKeeper: what a recorder needs of a keeper. It makes the state file, holds the staging pipe
// and the log pipes, and starts, kills and finishes real recorder processes (this test binary under
// another role).

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "os/fd.hpp"
#include "os/pipe.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/service_spec.hpp"
#include "service/state_file.hpp"

namespace tend::test {

/// A service whose log is rotated at this size.
service::ServiceSpec logged_service(std::string name, std::uint64_t max_size = 16 << 20,
                                    std::uint32_t keep = 1'000'000,
                                    service::LogPolicy policy = service::LogPolicy::block);

class TestKeeper {
 public:
  /// The state file lies in `directory`, the logs in `directory`/log.
  TestKeeper(const std::filesystem::path& directory, std::vector<service::ServiceSpec> services);
  ~TestKeeper();
  TestKeeper(const TestKeeper&) = delete;
  TestKeeper& operator=(const TestKeeper&) = delete;

  [[nodiscard]] std::filesystem::path log_dir() const { return log_dir_; }
  [[nodiscard]] service::StateFile& state() { return state_; }
  [[nodiscard]] const service::RecorderPart& shown() const { return state_.header().recorder; }

  /// A fresh pipe for the output of a run; its write end. A running recorder is told.
  os::Fd open_log(std::uint32_t record, std::uint32_t run);

  /// The same, with the end held by a log_writer process; its pid.
  pid_t start_writer(std::uint32_t record, std::uint32_t run, std::size_t block_bytes,
                     long pause_us, unsigned long count);

  /// The socket at which the next keeper asks the recorder for what it holds.
  void open_door(const std::string& path);

  /// `wrapper`: a command that runs it, such as strace with its options.
  void start_recorder(const std::vector<std::string>& wrapper = {});
  void kill_recorder();
  [[nodiscard]] bool has_recorder() const { return recorder_ > 0; }
  [[nodiscard]] pid_t recorder() const { return recorder_; }

  /// Waits for its end; the wait status.
  int wait_for_recorder();

  /// Tells it to finish; what is said before it starts waits for it.
  void say_finish();

  /// Until the recorder has said that the run has ended (false: the recorder died).
  bool wait_for_end(std::uint32_t record, std::uint32_t run);

  /// Reads what the recorder says, up to this long (0: only what is there).
  void listen(int timeout_ms);

  [[nodiscard]] bool has_ended(std::uint32_t record, std::uint32_t run) const {
    return ended_.contains({record, run});
  }
  [[nodiscard]] std::size_t ended_count() const { return ended_.size(); }

  /// The keeper's end of the socket goes away, and with it all pipes.
  void vanish();

 private:
  void store(service::StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd);
  void pass_new_pipes();
  void make_pair();
  [[noreturn]] void become_recorder(const std::vector<std::string>& wrapper);

  std::filesystem::path log_dir_;
  service::StateFile state_{};
  std::map<service::Stored*, os::Fd> held_{};
  os::Fd socket_{};
  os::Fd recorder_socket_{};
  pid_t recorder_ = 0;
  std::set<std::pair<std::uint32_t, std::uint32_t>> ended_{};
};

/// All files of a service, oldest first: finished ones, then the current one.
std::vector<std::filesystem::path> log_files_of(const std::filesystem::path& log_dir,
                                                const std::string& service);

/// Their bytes in one.
std::string whole_log(const std::filesystem::path& log_dir, const std::string& service);

/// What log_writer NAME writes in all.
std::string written_by(const std::string& name, unsigned long count);

/// Expects exactly that, for the count that the last line tells; the count.
unsigned long expect_whole_output(const std::string& name, const std::string& bytes);

void write_whole(const os::Fd& fd, std::string_view bytes);

/// Waits until it is true, looking each millisecond; false after 30 s.
template <typename Predicate>
bool comes_true(const Predicate& predicate);

void pause_ms(int milliseconds);

template <typename Predicate>
bool comes_true(const Predicate& predicate) {
  for (int i = 0; i < 30'000; ++i) {
    if (predicate()) {
      return true;
    }
    pause_ms(1);
  }
  return predicate();
}

}  // namespace tend::test
