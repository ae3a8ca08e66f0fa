#pragma once
// A service as its own table describes it, before the names in it are resolved to other services.

#include <optional>
#include <string>
#include <vector>

#include "service/config/key_reader.hpp"
#include "service/service_spec.hpp"

namespace tend::service::config {

/// One part of `requires`.
struct RequirementDraft {
  TextAt on{};
  std::optional<Until> until{};
  Position until_at{};
  bool restart = false;
};

struct Draft {
  ServiceSpec spec{};
  Position at{};  ///< Of the name in the table's header.
  std::vector<RequirementDraft> requires_{};
  std::vector<TextAt> before{};
  std::vector<TextAt> after{};
};

}  // namespace tend::service::config
