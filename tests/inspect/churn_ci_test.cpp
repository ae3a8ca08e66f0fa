// Snapshots while processes come and go by the thousand: every record is whole, every parent is
// right, and nobody is met twice.

#include <gmock/gmock.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/inspect/snapshot.hpp>
#include <tend/inspect/tree.hpp>

#include <set>
#include <string>

#include "inspect/inspected.hpp"
#include "support/temp_dir.hpp"

namespace tend::inspect {
namespace {

constexpr int snapshots = 60;

/// A shell that starts processes as fast as it can, twenty at a time, each with a child of its own
/// that lives for a moment.
Command churner() {
  return Command::shell(
             "echo started; i=0; while :; do sh -c '(sleep 0.01); :' & i=$((i + 1)); "
             "[ $((i % 20)) -ne 0 ] || wait; done")
      .new_session()
      .on_drop(Drop::kill);
}

/// Whoever has no arguments was just executing: soon it has some, or is gone.
void check_that_it_was_executing(const Process& process) {
  while (true) {
    const auto now = read_process(process.identity, Fields::command_line);
    if (!now || !now->command_line || !now->command_line->empty()) {
      return;
    }
  }
}

/// What the snapshot says must be true of each record by itself.
void check_record(const Process& process) {
  EXPECT_GT(process.identity.pid, 0);
  EXPECT_GT(process.identity.start_ticks, 0U);
  EXPECT_FALSE(process.name.empty());
  EXPECT_NE(process.state, State::unknown);
  const bool is_known = process.command_line.has_value();
  EXPECT_TRUE(is_known || process.command_line.why() == Absence::gone);
  if (is_known && process.command_line->empty() && !process.is_kernel_thread) {
    check_that_it_was_executing(process);
  }
  if (process.status && process.state != State::zombie && !process.is_kernel_thread) {
    EXPECT_TRUE(process.status->memory.has_value() ||
                process.status->memory.why() == Absence::gone);
  }
}

void check_parents(const Snapshot& snapshot) {
  const Tree tree(snapshot.processes());
  std::size_t met = 0;
  for (const std::size_t root : tree.roots()) {
    met += tree.with_descendants(root).size();
  }
  EXPECT_EQ(met, snapshot.processes().size());
  for (std::size_t index = 0; index < tree.processes().size(); ++index) {
    const auto parent = tree.parent(index);
    if (parent) {
      EXPECT_EQ(tree.processes()[*parent].identity.pid, tree.processes()[index].parent.pid);
      EXPECT_LE(tree.processes()[*parent].identity.start_ticks,
                tree.processes()[index].identity.start_ticks);
    }
  }
}

TEST(Churn, never_gives_half_a_record_or_a_wrong_parent) {
  test::Inspected first(churner());
  test::Inspected second(churner());
  std::set<Identity> seen;
  std::size_t below = 0;
  constexpr std::size_t enough = 200;
  for (int round = 0; round < snapshots || seen.size() < enough; ++round) {
    const auto snapshot =
        Snapshot::take({.fields = Fields::command_line | Fields::status | Fields::executable});
    ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message();
    for (const Process& process : snapshot->processes()) {
      check_record(process);
      if (process.session == first.pid() || process.session == second.pid()) {
        seen.insert(process.identity);
        below += process.parent.start_ticks != 0 ? 1 : 0;
      }
    }
    check_parents(*snapshot);
    ASSERT_NE(snapshot->find(first.pid()), nullptr);
    ASSERT_NE(snapshot->find(second.pid()), nullptr);
  }
  // Both shells in all rounds, with us as their parent.
  EXPECT_GE(below, std::size_t{2} * snapshots);
  for (test::Inspected* one : {&first, &second}) {
    one->child().kill_tree().value();
  }
}

TEST(Churn, one_process_that_ends_at_any_point_is_whole_or_gone) {
  constexpr int rounds = 300;
  int whole = 0;
  for (int round = 0; round < rounds; ++round) {
    auto child = Command(test::program("inspected"), {"name", "brief"})
                     .in(Stdio::null())
                     .out(Stdio::null())
                     .spawn();
    ASSERT_TRUE(child.has_value()) << child.error().message();
    const auto process = read_process(child->pid());
    if (!process) {
      EXPECT_EQ(process.error().code, ESRCH);
    } else {
      EXPECT_EQ(process->identity.pid, child->pid());
      EXPECT_EQ(process->parent.pid, ::getpid());
      EXPECT_TRUE(process->name == "inspected" || process->name == "brief") << process->name;
      for (const Absence why :
           {process->command_line.why(), process->environment.why(), process->memory_map.why()}) {
        EXPECT_TRUE(why == Absence::not_asked || why == Absence::gone) << name_of(why);
      }
      whole += process->memory_map.has_value() ? 1 : 0;
    }
    EXPECT_TRUE(child->wait().has_value());
  }
  EXPECT_GT(whole, 0);
}

TEST(Churn, four_thousand_threads_are_all_told) {
  constexpr std::size_t count = 4096;
  const test::Inspected child({"threads", std::to_string(count)});
  const auto process = read_process(child.pid(), Fields::threads | Fields::memory_map);
  ASSERT_TRUE(process.has_value()) << process.error().message();
  ASSERT_TRUE(process->threads.has_value());
  EXPECT_EQ(process->threads->all.size(), count + 1);
  std::set<std::int32_t> stacks;
  for (const Region& region : process->memory_map->regions) {
    if (region.kind == RegionKind::thread_stack) {
      stacks.insert(region.thread);
    }
  }
  EXPECT_EQ(stacks.size(), count);
}

}  // namespace
}  // namespace tend::inspect
