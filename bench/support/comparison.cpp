#include "bench/support/comparison.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "bench/support/conversation.hpp"

namespace tend::bench {

namespace {

struct Times {
  double wall = 0;
  double cpu = 0;
};

struct Participant {
  std::string name{};
  Conversation conversation;
  std::vector<Times> rounds{};
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::size_t available_memory() {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("MemAvailable:")) {
      return std::stoul(line.substr(13)) * 1024;
    }
  }
  return 0;
}

bool takes_part(const Comparison& comparison, const std::string& name) {
  return comparison.who.empty() || std::ranges::find(comparison.who, name) != comparison.who.end();
}

/// The times of one answer; none when the contender cannot do it.
bool parse(const std::string& answer, Times& times) {
  std::istringstream words(answer);
  return static_cast<bool>(words >> times.wall >> times.cpu);
}

/// Whether it can do it; one turn to warm up.
bool is_ready(Conversation& conversation, const Comparison& comparison) {
  for (const std::string& request : comparison.setup) {
    if (conversation.ask(request) != "ok") {
      return false;
    }
  }
  Times times;
  return parse(conversation.ask(comparison.request), times);
}

std::vector<Participant> participants_of(const Comparison& comparison,
                                         const std::vector<ContenderProgram>& contenders) {
  std::vector<Participant> participants;
  for (const ContenderProgram& contender : contenders) {
    if (!takes_part(comparison, contender.name)) {
      continue;
    }
    Participant participant{.name = contender.name,
                            .conversation = Conversation(contender.command)};
    if (is_ready(participant.conversation, comparison)) {
      participants.push_back(std::move(participant));
    }
  }
  return participants;
}

void run_round(std::vector<Participant>& participants, const Comparison& comparison, int round) {
  for (std::size_t index = 0; index < participants.size(); ++index) {
    Participant& next = participants[round % 2 == 0 ? index : participants.size() - 1 - index];
    Times times;
    parse(next.conversation.ask(comparison.request), times);
    next.rounds.push_back(times);
  }
}

Figure figure_of(const Participant& one, const Participant& floor, int count) {
  std::vector<double> walls;
  std::vector<double> wall_ratios;
  std::vector<double> cpu_ratios;
  for (std::size_t round = 0; round < one.rounds.size(); ++round) {
    walls.push_back(one.rounds[round].wall);
    wall_ratios.push_back(one.rounds[round].wall / floor.rounds[round].wall);
    cpu_ratios.push_back(one.rounds[round].cpu / std::max(1.0, floor.rounds[round].cpu));
  }
  return {.name = one.name,
          .wall_us = median(walls) / 1000 / count,
          .wall_ratio = median(wall_ratios),
          .cpu_ratio = median(cpu_ratios)};
}

}  // namespace

const Figure* ComparisonResult::figure_of(const std::string& name) const {
  const auto found = std::ranges::find(figures, name, &Figure::name);
  return found == figures.end() ? nullptr : &*found;
}

bool ComparisonResult::is_met() const {
  const Figure* ours = figure_of("tend");
  return comparison.target == 0 || ours == nullptr || ours->wall_ratio <= comparison.target;
}

ComparisonResult compare(const Comparison& comparison,
                         const std::vector<ContenderProgram>& contenders) {
  ComparisonResult result{.comparison = comparison};
  const std::size_t needed = comparison.bytes_each * comparison.who.size();
  if (needed > available_memory() / 10 * 8) {
    result.skipped = "not enough memory";
    return result;
  }
  std::vector<Participant> participants = participants_of(comparison, contenders);
  if (participants.empty() || participants.front().name != contenders.front().name) {
    result.skipped = "the floor cannot do it here";
    return result;
  }
  for (int round = 0; round < comparison.rounds; ++round) {
    run_round(participants, comparison, round);
  }
  for (const Participant& each : participants) {
    result.figures.push_back(figure_of(each, participants.front(), comparison.count));
  }
  return result;
}

}  // namespace tend::bench
