#pragma once
// The environment of this process, read so that another thread's setenv cannot crash us: libc gives
// no lock for that, so where there are threads the variables are copied by the kernel and looked at
// twice.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::os {

/// KEY=VALUE of every variable, in order. Entries without a key are left out.
[[nodiscard]] std::vector<std::string> own_environment();

/// The same without a copy, ended by null: libc's own array, where this process has no second
/// thread that could change it. Null: there is one, or an entry without a key, so a copy is needed.
[[nodiscard]] const char* const* environment_in_place() noexcept;

/// The value of one variable in such a list.
[[nodiscard]] std::optional<std::string_view> find_variable(
    const std::vector<std::string>& environment, std::string_view key);

}  // namespace tend::os
