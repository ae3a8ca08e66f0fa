#pragma once
// Outlet: our standard output and standard error as one queue: what is written first appears first,
// on whichever of the two, and a slow reader never makes the run stand still.

#include <tend/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "jobs/backend.hpp"
#include "jobs/output/output_store.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class Outlet {
 public:
  struct Callbacks {
    /// What waited has been written.
    std::function<void()> drained{};
    /// A stream cannot be written any more (EPIPE: its reader has gone). Told once for each; what
    /// is written to it from then on is dropped.
    std::function<void(OutputStream, const Error&)> broken{};
  };

  Outlet(os::EventLoop& loop, OutputStore& store, Callbacks callbacks);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  /// Writes now as much as can be, and the rest when there is room.
  void write(OutputStream stream, std::string_view bytes);

  /// The same with what was held back, which is read only when its turn comes.
  void write(OutputStream stream, HeldOutput&& held);

  /// Bytes wait for a reader: whoever can should not write more.
  [[nodiscard]] bool is_blocked() const noexcept { return !queue_.empty(); }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }

  /// Paints a line at the bottom of the terminal behind standard error; other output takes it away
  /// first. Nothing happens in the middle of a line of output. Empty: takes it away.
  void set_status_line(std::string_view line);

 private:
  struct Piece {
    OutputStream stream = OutputStream::out;
    std::string bytes{};   ///< First.
    HeldOutput held{};     ///< Then.
    std::size_t done = 0;  ///< Of bytes.
  };

  /// Where one of the streams leads, and how it can be written without waiting.
  struct Target {
    int number = -1;
    os::Fd own{};            ///< Another open file of the same pipe or terminal; non-blocking.
    os::WatchId watch{};     ///< While it is full.
    bool can_block = false;  ///< Asked before each small write instead.
    bool is_terminal = false;
    bool is_in_line = false;  ///< The last byte was no newline.
    bool is_broken = false;
  };

  static Target open_target(OutputStream stream);
  [[nodiscard]] Target& target(OutputStream stream) {
    return targets_.at(std::to_underlying(stream));
  }
  [[nodiscard]] std::string_view write_now(OutputStream stream, std::string_view bytes);
  void pump();
  bool refill(Piece& piece);
  void wait_for_room(OutputStream stream);
  void break_down(OutputStream stream, const Error& error);
  void hide_status_line();

  os::EventLoop& loop_;
  OutputStore& store_;
  Callbacks callbacks_;
  std::array<Target, 2> targets_;
  std::deque<Piece> queue_{};
  std::size_t waiting_bytes_ = 0;
  bool is_status_shown_ = false;
};

}  // namespace tend::jobs
