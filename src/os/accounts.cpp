#include "os/accounts.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/number.hpp"
#include "base/try.hpp"

namespace tend::os {

namespace {

constexpr std::size_t buffer_bytes_max = std::size_t{1} << 20U;
constexpr int groups_max = 65536;  // NGROUPS_MAX, setgroups(2)

/// What getpwnam(3) lists as other ways to say "not found".
bool means_not_found(int code) {
  return code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

/// One of the get..._r functions, with a buffer that grows until the entry fits. `take` copies what
/// is wanted out of the entry.
template <typename Entry, typename Ask, typename Take>
auto look_up(std::string_view subject, Ask ask, Take take)
    -> Result<std::optional<decltype(take(std::declval<const Entry&>()))>> {
  for (std::size_t bytes = 4096; bytes <= buffer_bytes_max; bytes *= 4) {
    std::vector<char> buffer(bytes);
    Entry entry{};
    Entry* found = nullptr;
    const int code = ask(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) {
      return std::optional(take(*found));
    }
    if (code == 0 || means_not_found(code)) {
      return std::nullopt;
    }
    if (code != ERANGE && code != EINTR) {
      return failed("look up", std::string(subject), code);
    }
  }
  return failed("look up", std::string(subject), ERANGE);
}

Result<std::vector<std::uint32_t>> groups_of(const std::string& name, gid_t primary) {
  for (int room = 64; room <= groups_max; room *= 4) {
    std::vector<gid_t> groups(static_cast<std::size_t>(room));
    int count = room;
    if (getgrouplist(name.c_str(), primary, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return std::vector<std::uint32_t>(groups.begin(), groups.end());
    }
  }
  return failed("list the groups of", name, ERANGE);
}

Account account_of(const passwd& entry) {
  return {.name = entry.pw_name,
          .uid = entry.pw_uid,
          .gid = entry.pw_gid,
          .home = entry.pw_dir,
          .shell = entry.pw_shell};
}

}  // namespace

Result<std::optional<Account>> find_account(std::string_view name_or_uid) {
  const std::string name(name_or_uid);
  auto account = TEND_TRY(look_up<passwd>(
      name,
      [&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
        return getpwnam_r(name.c_str(), entry, buffer, size, found);
      },
      account_of));
  const auto uid = parse_integer<std::uint32_t>(name);
  if (!account && uid) {
    account = TEND_TRY(look_up<passwd>(
        name,
        [&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
          return getpwuid_r(*uid, entry, buffer, size, found);
        },
        account_of));
  }
  if (account) {
    account->groups = TEND_TRY(groups_of(account->name, account->gid));
  }
  return account;
}

Result<std::optional<std::uint32_t>> find_group(std::string_view name_or_gid) {
  const std::string name(name_or_gid);
  const auto gid_of = [](const group& entry) { return std::uint32_t{entry.gr_gid}; };
  auto gid = TEND_TRY(look_up<group>(
      name,
      [&](group* entry, char* buffer, std::size_t size, group** found) {
        return getgrnam_r(name.c_str(), entry, buffer, size, found);
      },
      gid_of));
  const auto number = parse_integer<std::uint32_t>(name);
  if (!gid && number) {
    gid = TEND_TRY(look_up<group>(
        name,
        [&](group* entry, char* buffer, std::size_t size, group** found) {
          return getgrgid_r(*number, entry, buffer, size, found);
        },
        gid_of));
  }
  return gid;
}

}  // namespace tend::os
