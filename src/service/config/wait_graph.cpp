#include "service/config/wait_graph.hpp"

#include <algorithm>
#include <ranges>

#include "base/text.hpp"

namespace tend::service::config {

namespace {

constexpr std::size_t told_max = 12;

std::string told(std::span<const Draft> drafts, const Wait& wait) {
  const std::string& who = drafts[wait.who].spec.name;
  const std::string& on = drafts[wait.on].spec.name;
  switch (wait.reason) {
    case WaitReason::requires_:
      return text::format("{} requires {} (line {})", who, on, wait.at.line);
    case WaitReason::after:
      return text::format("{} comes after {} (line {})", who, on, wait.at.line);
    case WaitReason::before:
      return text::format("{} comes before {} (line {})", on, who, wait.at.line);
  }
  return {};
}

/// `circle` is a list of waits, each one's `on` the next one's `who`.
Problem tell(std::span<const Draft> drafts, std::vector<const Wait*> circle) {
  // It is told from the service that stands first in the file.
  std::ranges::rotate(circle, std::ranges::min_element(circle, {}, &Wait::who));
  std::string path = drafts[circle.front()->who].spec.name;
  std::vector<std::string> reasons;
  for (const Wait* wait : circle | std::views::take(told_max)) {
    path += " -> " + drafts[wait->on].spec.name;
    reasons.push_back(told(drafts, *wait));
  }
  if (circle.size() > told_max) {
    path += text::format(" -> ... ({} in all)", circle.size());
    reasons.emplace_back("...");
  }
  return {circle.front()->at, "nothing in this circle can start: " + path,
          text::join(reasons, ", ")};
}

class Walk {
 public:
  Walk(std::span<const Draft> drafts, std::span<const Wait> waits)
      : drafts_(drafts), out_(drafts.size()), marks_(drafts.size(), Mark::fresh) {
    for (const Wait& wait : waits) {
      out_[wait.who].push_back(&wait);
    }
  }

  std::vector<Problem> run() {
    for (std::uint32_t start = 0; start < drafts_.size(); ++start) {
      if (marks_[start] == Mark::fresh) {
        walk_from(start);
      }
    }
    return std::move(problems_);
  }

 private:
  enum class Mark : std::uint8_t { fresh, on_path, done };
  struct Step {
    std::uint32_t node = 0;
    std::size_t next = 0;  ///< The wait of this node to follow next.
  };

  // Depth first with a path of our own: ten thousand services in a row must not end the stack.
  void walk_from(std::uint32_t start) {
    path_ = {{start}};
    marks_[start] = Mark::on_path;
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == out_[step.node].size()) {
        marks_[step.node] = Mark::done;
        path_.pop_back();
        continue;
      }
      const Wait& wait = *out_[step.node][step.next];
      ++step.next;
      if (marks_[wait.on] == Mark::on_path) {
        problems_.push_back(tell(drafts_, circle_closed_by(wait)));
      } else if (marks_[wait.on] == Mark::fresh) {
        marks_[wait.on] = Mark::on_path;
        path_.push_back({wait.on});
      }
    }
  }

  [[nodiscard]] std::vector<const Wait*> circle_closed_by(const Wait& last) const {
    auto from = std::ranges::find(path_, last.on, &Step::node);
    std::vector<const Wait*> circle;
    for (; from != path_.end(); ++from) {
      // `next` already points behind the wait that the walk is following.
      circle.push_back(out_[from->node][from->next - 1]);
    }
    return circle;
  }

  std::span<const Draft> drafts_;
  std::vector<std::vector<const Wait*>> out_;
  std::vector<Mark> marks_;
  std::vector<Step> path_{};
  std::vector<Problem> problems_{};
};

}  // namespace

std::vector<Problem> find_circles(std::span<const Draft> drafts, std::span<const Wait> waits) {
  return Walk(drafts, waits).run();
}

}  // namespace tend::service::config
