#include "service/config/order_check.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "service/config/wait_graph.hpp"

namespace tend::service::config {

namespace {

class Resolver {
 public:
  Resolver(std::vector<Draft> drafts, const Reading& reading)
      : drafts_(std::move(drafts)), reading_(reading) {
    for (std::uint32_t index = 0; index < drafts_.size(); ++index) {
      names_.emplace_back(drafts_[index].spec.name);
      index_.emplace(names_.back(), index);
    }
  }

  std::vector<ServiceSpec> resolve() {
    for (std::uint32_t index = 0; index < drafts_.size(); ++index) {
      for (const RequirementDraft& requirement : drafts_[index].requires_) {
        resolve_requirement(index, requirement);
      }
      resolve_names(index, "after", drafts_[index].after, WaitReason::after);
      resolve_names(index, "before", drafts_[index].before, WaitReason::before);
    }
    for (Problem& problem : find_circles(drafts_, waits_)) {
      reading_.wrong(problem.at, std::move(problem.message), std::move(problem.hint));
    }
    return take_specs();
  }

 private:
  /// Absent, and said so, when there is no other service of that name.
  std::optional<std::uint32_t> find(std::uint32_t who, const TextAt& name, std::string_view key) {
    const auto found = index_.find(name.text);
    if (found == index_.end()) {
      std::string hint;
      if (reading_.problems->are_hints_worthwhile()) {
        const auto meant = text::nearest(name.text, names_);
        hint = meant ? text::format("did you mean {}?", text::quoted(*meant)) : "";
      }
      reading_.wrong(
          name.at, text::format("{}: there is no service or task {}", key, text::quoted(name.text)),
          std::move(hint));
      return std::nullopt;
    }
    if (found->second == who) {
      reading_.wrong(name.at, text::format("{}: {} names itself", key, name.text));
      return std::nullopt;
    }
    return found->second;
  }

  void resolve_requirement(std::uint32_t who, const RequirementDraft& requirement) {
    const auto on = find(who, requirement.on, "requires");
    if (!on) {
      return;
    }
    const ServiceSpec& target = drafts_[*on].spec;
    Until until = target.ready.means == ReadyMeans::none ? Until::started : Until::ready;
    if (target.kind == Kind::task) {
      until = Until::completed;
    }
    if (requirement.until) {
      check_until(target, *requirement.until, requirement.until_at);
      until = *requirement.until;
    }
    drafts_[who].spec.requires_.push_back({*on, until, requirement.restart});
    waits_.push_back({who, *on, WaitReason::requires_, requirement.on.at});
  }

  void check_until(const ServiceSpec& target, Until until, Position at) const {
    if (target.kind == Kind::task && until == Until::ready) {
      reading_.wrong(at, text::format("{} is a task: it is never ready", target.name),
                     "\"completed\" waits for its end with exit code 0");
    } else if (target.kind == Kind::service && until == Until::completed) {
      reading_.wrong(at, text::format("{} is a service: it never completes", target.name),
                     text::format("make it [task.{}] if it runs once", target.name));
    } else if (until == Until::ready && target.ready.means == ReadyMeans::none) {
      reading_.wrong(at, text::format("{} does not say when it is ready", target.name),
                     text::format("give it a ready = ..., or write until = \"started\""));
    }
  }

  void resolve_names(std::uint32_t who, std::string_view key, const std::vector<TextAt>& names,
                     WaitReason reason) {
    std::vector<std::uint32_t> seen;
    for (const TextAt& name : names) {
      const auto other = find(who, name, key);
      if (!other) {
        continue;
      }
      if (std::ranges::find(seen, *other) != seen.end()) {
        reading_.wrong(name.at, text::format("{} comes twice in {}", text::quoted(name.text), key));
        continue;
      }
      seen.push_back(*other);
      const bool is_before = reason == WaitReason::before;
      waits_.push_back({is_before ? *other : who, is_before ? who : *other, reason, name.at});
      drafts_[waits_.back().who].spec.after.push_back(waits_.back().on);
    }
  }

  std::vector<ServiceSpec> take_specs() {
    std::vector<ServiceSpec> specs;
    specs.reserve(drafts_.size());
    for (Draft& draft : drafts_) {
      std::ranges::sort(draft.spec.after);
      const auto [first, last] = std::ranges::unique(draft.spec.after);
      draft.spec.after.erase(first, last);
      specs.push_back(std::move(draft.spec));
    }
    return specs;
  }

  std::vector<Draft> drafts_;
  const Reading& reading_;
  std::vector<std::string> names_{};
  std::unordered_map<std::string, std::uint32_t> index_{};
  std::vector<Wait> waits_{};
};

}  // namespace

std::vector<ServiceSpec> resolve_order(std::vector<Draft> drafts, const Reading& reading) {
  return Resolver(std::move(drafts), reading).resolve();
}

}  // namespace tend::service::config
