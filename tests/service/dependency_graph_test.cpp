#include "service/director/dependency_graph.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>

namespace tend::service {

namespace {

using Indices = std::vector<std::uint32_t>;

/// Builds a project by names; those that are needed come first.
class Project {
 public:
  Project& add(const std::string& name, std::initializer_list<const char*> requires_names = {},
               Until until = Until::ready) {
    ServiceSpec spec{.name = name};
    for (const char* on : requires_names) {
      spec.requires_.push_back({.on = index_of(on), .until = until});
    }
    indices_[name] = static_cast<std::uint32_t>(spec_.services.size());
    spec_.services.push_back(std::move(spec));
    return *this;
  }
  Project& after(const std::string& name, const std::string& predecessor) {
    (*this)[name].after.push_back(index_of(predecessor));
    return *this;
  }
  Project& requires_(const std::string& name, const std::string& on) {
    (*this)[name].requires_.push_back({.on = index_of(on)});
    return *this;
  }
  ServiceSpec& operator[](const std::string& name) { return spec_.services[index_of(name)]; }
  [[nodiscard]] std::uint32_t index_of(const std::string& name) const { return indices_.at(name); }
  [[nodiscard]] const ProjectSpec& spec() const { return spec_; }
  [[nodiscard]] std::vector<Standing> all_in(Phase phase) const {
    return std::vector<Standing>(spec_.services.size(), standing(phase));
  }

  static Standing standing(Phase phase) {
    ServiceState state{.phase = phase, .wanted = phase != Phase::stopped};
    if (state.is_ready()) {
      state.leader = Leader::alive;
    }
    return standing_of(state);
  }

 private:
  ProjectSpec spec_{};
  std::map<std::string, std::uint32_t> indices_{};
};

Project db_and_web(Until until = Until::ready) {
  return Project().add("db").add("web", {"db"}, until);
}

// --- starting -----------------------------------------------------------------------------------

TEST(dependency_graph, what_needs_nothing_may_start) {
  const Project project = db_and_web();
  EXPECT_EQ(DependencyGraph(project.spec()).holding_back(0, project.all_in(Phase::stopped)),
            Indices{});
}

TEST(dependency_graph, a_requirement_holds_back_until_it_is_ready) {
  const Project project = db_and_web();
  const DependencyGraph graph(project.spec());
  for (const Phase phase : {Phase::stopped, Phase::waiting, Phase::starting, Phase::stopping,
                            Phase::backoff, Phase::cooling_down, Phase::failed}) {
    EXPECT_EQ(graph.holding_back(1, project.all_in(phase)), Indices{0}) << word(phase);
  }
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::up)), Indices{});
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::reloading)), Indices{});
}

TEST(dependency_graph, until_started_is_content_with_a_program_that_is_not_ready_yet) {
  const Project project = db_and_web(Until::started);
  const DependencyGraph graph(project.spec());
  std::vector<Standing> all = project.all_in(Phase::stopped);
  all[0] = standing_of({.phase = Phase::starting, .leader = Leader::asked, .wanted = true});
  EXPECT_EQ(graph.holding_back(1, all), Indices{0});
  all[0] = standing_of({.phase = Phase::starting, .leader = Leader::alive, .wanted = true});
  EXPECT_EQ(graph.holding_back(1, all), Indices{});
  all[0] = standing_of({.phase = Phase::stopping, .leader = Leader::alive});
  EXPECT_EQ(graph.holding_back(1, all), Indices{0});
}

TEST(dependency_graph, until_completed_waits_for_the_end_of_the_task) {
  Project project = db_and_web(Until::completed);
  project["db"].kind = Kind::task;
  const DependencyGraph graph(project.spec());
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::up)), Indices{0});
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::failed)), Indices{0});
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::done)), Indices{});
}

TEST(dependency_graph, a_completed_task_satisfies_every_requirement) {
  for (const Until until : {Until::started, Until::ready, Until::completed}) {
    Project project = db_and_web(until);
    project["db"].kind = Kind::task;
    EXPECT_EQ(DependencyGraph(project.spec()).holding_back(1, project.all_in(Phase::done)),
              Indices{});
  }
}

TEST(dependency_graph, all_that_hold_back_are_named_once) {
  Project project = Project().add("a").add("b").add("web", {"a", "b", "a"}).after("web", "b");
  EXPECT_EQ(DependencyGraph(project.spec()).holding_back(2, project.all_in(Phase::starting)),
            (Indices{0, 1}));
}

// --- mere order ---------------------------------------------------------------------------------

TEST(dependency_graph, order_waits_only_for_what_is_on_the_way_up) {
  const Project project = Project().add("db").add("web").after("web", "db");
  const DependencyGraph graph(project.spec());
  for (const Phase phase : {Phase::waiting, Phase::starting, Phase::stopping}) {
    EXPECT_EQ(graph.holding_back(1, project.all_in(phase)), Indices{0}) << word(phase);
  }
  for (const Phase phase : {Phase::stopped, Phase::up, Phase::reloading, Phase::done}) {
    EXPECT_EQ(graph.holding_back(1, project.all_in(phase)), Indices{}) << word(phase);
  }
}

TEST(dependency_graph, a_soft_dependency_that_fails_lets_the_dependent_start) {
  const Project project = Project().add("db").add("web").after("web", "db");
  const DependencyGraph graph(project.spec());
  for (const Phase phase : {Phase::failed, Phase::backoff, Phase::cooling_down}) {
    EXPECT_EQ(graph.holding_back(1, project.all_in(phase)), Indices{}) << word(phase);
  }
}

TEST(dependency_graph, order_after_a_task_waits_for_its_end) {
  Project project = Project().add("migrate").add("web").after("web", "migrate");
  project["migrate"].kind = Kind::task;
  const DependencyGraph graph(project.spec());
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::up)), Indices{0});
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::done)), Indices{});
  EXPECT_EQ(graph.holding_back(1, project.all_in(Phase::failed)), Indices{});
}

TEST(dependency_graph, what_is_stopping_for_good_holds_nobody_back) {
  const Project project = Project().add("db").add("web").after("web", "db");
  std::vector<Standing> all = project.all_in(Phase::stopping);
  all[0].wanted = false;
  EXPECT_EQ(DependencyGraph(project.spec()).holding_back(1, all), Indices{});
}

// --- stopping -----------------------------------------------------------------------------------

TEST(dependency_graph, dependents_that_are_to_stop_end_first) {
  const Project project =
      Project().add("db").add("web", {"db"}).add("log").after("log", "db").add("other");
  const DependencyGraph graph(project.spec());
  std::vector<Standing> all = project.all_in(Phase::up);
  EXPECT_EQ(graph.ends_first(0, all), Indices{});
  for (Standing& standing : all) {
    standing.wanted = false;
  }
  EXPECT_EQ(graph.ends_first(0, all), (Indices{1, 2}));
  all[1] = Project::standing(Phase::stopped);
  EXPECT_EQ(graph.ends_first(0, all), Indices{2});
  EXPECT_EQ(graph.ends_first(1, all), Indices{});
}

TEST(dependency_graph, a_dependent_that_stops_to_begin_anew_ends_first_too) {
  const Project project = db_and_web();
  std::vector<Standing> all = project.all_in(Phase::up);
  all[1] = Project::standing(Phase::stopping);
  EXPECT_EQ(DependencyGraph(project.spec()).ends_first(0, all), Indices{1});
}

// --- sets of services ---------------------------------------------------------------------------

Project chain() {
  // Written against the order of starting: web needs app, app needs db; log is alone.
  Project project = Project().add("web").add("log").add("app").add("db");
  return project.requires_("web", "app").requires_("app", "db").after("db", "log");
}

TEST(dependency_graph, with_requirements_comes_in_the_order_to_start) {
  const Project project = chain();
  const DependencyGraph graph(project.spec());
  EXPECT_EQ(graph.with_requirements(Indices{0}), (Indices{3, 2, 0}));
  EXPECT_EQ(graph.with_requirements(Indices{2, 1}), (Indices{1, 3, 2}));
  EXPECT_EQ(graph.with_requirements(Indices{}), Indices{});
}

TEST(dependency_graph, a_task_that_is_done_is_started_again_only_by_its_own_name) {
  Project project = Project().add("db").add("migrate", {"db"}).add("web", {"migrate"});
  project["migrate"].kind = Kind::task;
  const DependencyGraph graph(project.spec());
  std::vector<Standing> all = project.all_in(Phase::stopped);
  EXPECT_EQ(graph.with_requirements(Indices{2}, all), (Indices{0, 1, 2}));
  all[1].phase = Phase::failed;
  EXPECT_EQ(graph.with_requirements(Indices{2}, all), (Indices{0, 1, 2}));
  all[1].phase = Phase::done;
  EXPECT_EQ(graph.with_requirements(Indices{2}, all), Indices{2});
  EXPECT_EQ(graph.with_requirements(Indices{0, 2}, all), (Indices{0, 2}));
  EXPECT_EQ(graph.with_requirements(Indices{1}, all), (Indices{0, 1}));
}

TEST(dependency_graph, with_dependents_comes_in_the_order_to_stop) {
  const Project project = chain();
  const DependencyGraph graph(project.spec());
  EXPECT_EQ(graph.with_dependents(Indices{3}), (Indices{0, 2, 3}));
  EXPECT_EQ(graph.with_dependents(Indices{1}), Indices{1});
  EXPECT_EQ(graph.with_dependents(Indices{1, 2}), (Indices{0, 2, 1}));
}

TEST(dependency_graph, names_whom_a_service_wakes_and_restarts) {
  Project project = Project().add("db").add("web", {"db", "db"}).add("app", {"db"}).add("log");
  project.after("log", "db");
  project["web"].requires_[0].restart = true;
  project["web"].requires_[1].restart = true;
  const DependencyGraph graph(project.spec());
  const auto list = [](std::span<const std::uint32_t> span) {
    return Indices(span.begin(), span.end());
  };
  EXPECT_EQ(list(graph.waiting_on(0)), (Indices{1, 2, 3}));
  EXPECT_EQ(list(graph.restarted_with(0)), Indices{1});
  EXPECT_EQ(list(graph.restarted_with(2)), Indices{});
}

// --- cycles -------------------------------------------------------------------------------------

TEST(dependency_graph, a_project_without_a_cycle_has_none) {
  EXPECT_EQ(DependencyGraph::find_cycle(chain().spec()), std::nullopt);
  EXPECT_EQ(DependencyGraph::find_cycle({}), std::nullopt);
}

TEST(dependency_graph, a_diamond_is_no_cycle) {
  const Project project = Project().add("d").add("b", {"d"}).add("c", {"d"}).add("a", {"b", "c"});
  EXPECT_EQ(DependencyGraph::find_cycle(project.spec()), std::nullopt);
}

TEST(dependency_graph, a_cycle_is_told_with_its_path) {
  Project project = Project().add("x").add("a").add("b").add("c");
  project.requires_("x", "a").requires_("a", "b").requires_("b", "c").requires_("c", "a");
  EXPECT_EQ(DependencyGraph::find_cycle(project.spec()), (Indices{1, 2, 3, 1}));
}

TEST(dependency_graph, a_cycle_may_lead_over_mere_order) {
  Project project = Project().add("a").add("b", {"a"}).after("a", "b");
  EXPECT_EQ(DependencyGraph::find_cycle(project.spec()), (Indices{0, 1, 0}));
}

TEST(dependency_graph, who_requires_itself_is_a_cycle) {
  Project project = Project().add("a").requires_("a", "a");
  EXPECT_EQ(DependencyGraph::find_cycle(project.spec()), (Indices{0, 0}));
}

TEST(dependency_graph, a_chain_of_100000_needs_no_deep_stack) {
  ProjectSpec project;
  project.services.resize(100'000);
  for (std::uint32_t index = 0; index + 1 < project.services.size(); ++index) {
    project.services[index].requires_.push_back({.on = index + 1});
  }
  EXPECT_EQ(DependencyGraph::find_cycle(project), std::nullopt);
  const Indices order = DependencyGraph(project).with_requirements(Indices{0});
  ASSERT_EQ(order.size(), project.services.size());
  EXPECT_EQ(order.front(), 99'999U);
  EXPECT_EQ(order.back(), 0U);
}

TEST(dependency_graph, one_service_may_be_required_by_100000) {
  ProjectSpec project;
  project.services.resize(100'000);
  for (std::uint32_t index = 1; index < project.services.size(); ++index) {
    project.services[index].requires_.push_back({.on = 0, .restart = true});
  }
  const DependencyGraph graph(project);
  EXPECT_EQ(graph.waiting_on(0).size(), 99'999U);
  EXPECT_EQ(graph.restarted_with(0).size(), 99'999U);
}

}  // namespace

}  // namespace tend::service
