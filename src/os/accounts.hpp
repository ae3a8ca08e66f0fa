#pragma once
// The user and group database, as libc sees it (/etc/passwd, /etc/group and what nsswitch.conf
// adds). A look-up may read files and ask a name service: for commands, never for an event loop.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::os {

struct Account {
  std::string name{};
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups{};  ///< With the primary one.
  std::string home{};
  std::string shell{};
};

/// By name, else by number when it is one. Nothing: there is no such user.
Result<std::optional<Account>> find_account(std::string_view name_or_uid);

/// The gid of a group, by name, else by number when it is one. Nothing: there is no such group.
Result<std::optional<std::uint32_t>> find_group(std::string_view name_or_gid);

}  // namespace tend::os
