#include "service/config/identity_keys.hpp"

#include <string>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::service::config {

namespace {

// (uid_t)-1 means "leave it as it is" to the kernel (setresuid(2)).
constexpr std::int64_t id_max = 0xffff'fffe;

/// What the file says, as text: a name, or a number in digits.
std::optional<std::string> read_name(const Entry& entry, const Reading& reading) {
  if (entry.value.type == NodeType::integer) {
    const auto number = reading.integer(entry.value, entry.key, {0, id_max});
    return number ? std::optional(text::format("{}", *number)) : std::nullopt;
  }
  if (entry.value.type != NodeType::text) {
    reading.wrong_type(entry.value, entry.key, "a name or a number");
    return std::nullopt;
  }
  auto name = reading.text(entry.value, entry.key);
  if (name && name->empty()) {
    reading.wrong(entry.value.at, entry.key + " is empty");
    return std::nullopt;
  }
  return name;
}

std::optional<std::uint32_t> as_number(const std::string& name) {
  const auto number = parse_integer<std::uint32_t>(name);
  return number && *number <= id_max ? number : std::nullopt;
}

class IdentityReader {
 public:
  IdentityReader(KeyReader& keys, const Surroundings& surroundings)
      : reading_(keys.reading()),
        surroundings_(surroundings),
        user_entry_(keys.find("user")),
        group_entry_(keys.find("group")) {}

  WhoRuns read() {
    if (user_entry_ == nullptr && group_entry_ == nullptr) {
      return {};
    }
    WhoRuns who;
    Identity identity{surroundings_.uid, surroundings_.gid, {}};
    const bool has_user = user_entry_ == nullptr || read_user(who, identity);
    const bool has_group = group_entry_ == nullptr || read_group(identity);
    if (!has_user || !has_group || !check_rights(identity)) {
      return {};
    }
    const bool is_same = surroundings_.uid != 0 && identity.uid == surroundings_.uid;
    if (!is_same) {
      if (identity.groups.empty()) {
        identity.groups = {identity.gid};
      }
      who.identity = std::move(identity);
    }
    return who;
  }

 private:
  bool read_user(WhoRuns& who, Identity& identity) {
    const auto name = read_name(*user_entry_, reading_);
    if (!name) {
      return false;
    }
    auto found = surroundings_.find_user(*name);
    if (!found) {
      reading_.wrong(user_entry_->value.at, "user: " + found.error().message());
      return false;
    }
    if (*found) {
      identity.uid = (*found)->uid;
      identity.gid = (*found)->gid;
      identity.groups = (*found)->groups;
      who.user = *std::move(*found);
      return true;
    }
    const auto uid = as_number(*name);
    if (!uid) {
      reading_.wrong(user_entry_->value.at,
                     text::format("there is no user {}", text::quoted(*name)));
      return false;
    }
    if (group_entry_ == nullptr) {
      reading_.wrong(
          user_entry_->value.at,
          text::format("user {} is not in the user database, so its group is unknown", *uid),
          "say group too");
      return false;
    }
    identity.uid = *uid;
    return true;
  }

  bool read_group(Identity& identity) {
    const auto name = read_name(*group_entry_, reading_);
    if (!name) {
      return false;
    }
    const auto found = surroundings_.find_group(*name);
    if (!found) {
      reading_.wrong(group_entry_->value.at, "group: " + found.error().message());
      return false;
    }
    const auto gid = *found ? *found : as_number(*name);
    if (!gid) {
      reading_.wrong(group_entry_->value.at,
                     text::format("there is no group {}", text::quoted(*name)));
      return false;
    }
    identity.gid = *gid;
    return true;
  }

  /// Only root can become somebody else.
  bool check_rights(const Identity& identity) {
    if (surroundings_.uid == 0) {
      return true;
    }
    if (identity.uid != surroundings_.uid) {
      reading_.wrong(user_entry_->value.at, "only root can run a service as another user",
                     text::format("tend runs as uid {}; leave user out, or start tend as root",
                                  surroundings_.uid));
      return false;
    }
    if (group_entry_ != nullptr && identity.gid != surroundings_.gid) {
      reading_.wrong(group_entry_->value.at, "only root can run a service as another group",
                     text::format("tend runs as gid {}; leave group out, or start tend as root",
                                  surroundings_.gid));
      return false;
    }
    return true;
  }

  const Reading& reading_;
  const Surroundings& surroundings_;
  const Entry* user_entry_;
  const Entry* group_entry_;
};

}  // namespace

WhoRuns read_identity(KeyReader& keys, const Surroundings& surroundings) {
  return IdentityReader(keys, surroundings).read();
}

}  // namespace tend::service::config
