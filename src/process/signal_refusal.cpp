#include "process/signal_refusal.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace tend::process {

namespace {

std::string user(std::uint32_t uid) { return uid == 0 ? "root" : "uid " + std::to_string(uid); }

}  // namespace

std::optional<UserIds> parse_user_ids(std::string_view status) {
  constexpr std::string_view key = "\nUid:";
  const std::size_t at = status.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const char* from = status.data() + at + key.size();
  const char* const end = status.data() + status.size();
  std::array<std::uint32_t, 3> ids{};
  for (std::uint32_t& id : ids) {
    while (from != end && (*from == '\t' || *from == ' ')) {
      ++from;
    }
    const auto parsed = std::from_chars(from, end, id);
    if (parsed.ec != std::errc{}) {
      return std::nullopt;
    }
    from = parsed.ptr;
  }
  return UserIds{.real = ids[0], .effective = ids[1], .saved = ids[2]};
}

bool may_signal(const UserIds& ours, const UserIds& theirs) {
  return ours.effective == theirs.real || ours.effective == theirs.saved ||
         ours.real == theirs.real || ours.real == theirs.saved;
}

std::string explain_refusal(std::optional<UserIds> ours, std::optional<UserIds> theirs) {
  if (!ours || !theirs) {
    return "not permitted: a process may signal those of its own user, others need CAP_KILL";
  }
  if (may_signal(*ours, *theirs)) {
    return "not permitted, though it belongs to the same user: a sandbox or security module "
           "refuses";
  }
  return text::format("not permitted: it belongs to {}, we are {}; signals to other users need {}",
                      user(theirs->real), user(ours->effective), "root or CAP_KILL");
}

}  // namespace tend::process
