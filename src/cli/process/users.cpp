#include "cli/process/users.hpp"

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/accounts.hpp"

namespace tend::cli {

const std::string& Users::name_of(std::uint32_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) {
    return known->second;
  }
  std::string name = std::to_string(uid);
  if (const auto account = os::find_account(name); account && *account) {
    name = text::printable((*account)->name);
  }
  return names_.emplace(uid, std::move(name)).first->second;
}

Outcome<std::uint32_t> uid_named(std::string_view option, std::string_view name) {
  const auto account = TEND_TRY(os::find_account(name));
  if (account) {
    return account->uid;
  }
  if (const auto uid = parse_integer<std::uint32_t>(name)) {
    return *uid;  // A number needs no name: containers have many of them.
  }
  return fail(exit_usage, text::format("{}: there is no user {}", option, text::quoted(name)));
}

}  // namespace tend::cli
