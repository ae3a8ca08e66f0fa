#pragma once
// What `tend doctor` concludes from its probes: what is there, what tend uses where something is
// not, and what to do about it. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "os/doctor_probes.hpp"

namespace tend::cli {

enum class Verdict : std::uint8_t {
  ok,
  limited,  ///< tend works, by another way.
  missing,  ///< tend does not work.
};

struct Finding {
  std::string name{};
  Verdict verdict = Verdict::ok;
  std::string found{};
  std::string uses{};    ///< The means that tend takes.
  std::string advice{};  ///< What to do; empty when there is nothing to do.
};

/// `keeper` is the path of tend-keeper, or why there is none.
[[nodiscard]] std::vector<Finding> findings(const os::DoctorProbes& probes,
                                            const Result<std::string>& keeper);

[[nodiscard]] std::string_view word(Verdict verdict) noexcept;

}  // namespace tend::cli
