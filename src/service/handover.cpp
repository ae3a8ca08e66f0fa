#include "service/handover.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/pause.hpp"
#include "os/poll.hpp"
#include "os/readable.hpp"
#include "os/unix_socket.hpp"

namespace tend::service {

namespace {

struct Item {
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
};

/// More than any project has: a giver that never ends is none of ours.
constexpr std::size_t items_max = 1'000'000;

/// Too many descriptors are under way (unix(7)): nothing says when there are fewer.
constexpr std::chrono::milliseconds in_flight_pause{1};

Result<> wait_writable(const os::Fd& connection, os::Instant deadline) {
  os::PollEntry entry{.fd = &connection, .for_writing = true};
  if (!TEND_TRY(os::poll_any({&entry, 1}, deadline))) {
    return failed("hand over", "descriptors", ETIMEDOUT);
  }
  return {};
}

Result<> give(const os::Fd& connection, const Item& item, const os::Fd* fd, os::Instant deadline) {
  char bytes[sizeof item];
  std::memcpy(bytes, &item, sizeof item);
  for (;;) {
    TEND_TRY(wait_writable(connection, deadline));
    const auto sent = os::send_message(connection, std::string_view(bytes, sizeof bytes),
                                       std::span(&fd, fd != nullptr ? 1 : 0));
    if (sent) {
      return *sent == sizeof bytes ? Result<>() : failed("hand over", "descriptors", EMSGSIZE);
    }
    if (sent.error().code == ETOOMANYREFS && os::monotonic_now() < deadline) {
      os::pause_for(in_flight_pause);
    } else if (sent.error().code != EAGAIN) {
      return std::unexpected(sent.error());
    }
  }
}

Result<std::pair<Item, os::Fd>> take(const os::Fd& connection, os::Instant deadline) {
  if (!TEND_TRY(os::wait_readable(connection, deadline))) {
    return failed("take over", "descriptors", ETIMEDOUT);
  }
  auto received = TEND_TRY(os::receive_message(connection, sizeof(Item)));
  if (!received || received->bytes.size() != sizeof(Item)) {
    return failed("take over", "descriptors", ECONNRESET);
  }
  Item item;
  std::memcpy(&item, received->bytes.data(), sizeof item);
  return std::pair(
      item, received->descriptors.empty() ? os::Fd() : std::move(received->descriptors.front()));
}

}  // namespace

Result<> give_all(const os::Fd& connection, std::span<const Offer> offers, os::Instant deadline) {
  for (const Offer& offer : offers) {
    const Item item{.kind = offer.kind, .record = offer.record, .run = offer.run};
    TEND_TRY(give(connection, item, offer.fd, deadline));
  }
  return give(connection, {}, nullptr, deadline);
}

Result<std::vector<Bequest>> take_all(const os::Fd& connection, os::Instant deadline) {
  std::vector<Bequest> taken;
  while (taken.size() < items_max) {
    auto [item, fd] = TEND_TRY(take(connection, deadline));
    if (item.kind == StoredKind::none) {
      return taken;
    }
    if (fd.is_open()) {
      taken.push_back(
          {.kind = item.kind, .record = item.record, .run = item.run, .fd = std::move(fd)});
    }
  }
  return failed("take over", "descriptors", EOVERFLOW);
}

}  // namespace tend::service
