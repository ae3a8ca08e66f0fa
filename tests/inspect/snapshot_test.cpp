// All processes in one pass: what it finds, what it filters, and what it says of what it may not
// see.

#include <tend/inspect/snapshot.hpp>

#include <gmock/gmock.h>
#include <unistd.h>
#include <tend/inspect/tree.hpp>

#include <csignal>
#include <string>

#include "inspect/inspected.hpp"
#include "os/cgroup.hpp"
#include "support/temp_dir.hpp"

namespace tend::inspect {
namespace {

using test::Inspected;
using testing::HasSubstr;
using testing::IsEmpty;

Snapshot taken(const SnapshotOptions& options = {}) {
  auto snapshot = Snapshot::take(options);
  if (!snapshot) {
    ADD_FAILURE() << snapshot.error().message();
    std::abort();
  }
  return *std::move(snapshot);
}

TEST(Snapshot, holds_us_and_our_child_below_us) {
  const Inspected child({"name", "needle"});
  const Snapshot snapshot = taken();
  const Process* found = snapshot.find(child.pid());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "needle");
  EXPECT_EQ(snapshot.find(found->identity), found);
  EXPECT_EQ(snapshot.find(Identity{.pid = child.pid(), .start_ticks = 1}), nullptr);
  const Process* self = snapshot.find(::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(found->parent, self->identity);
  const Tree tree(snapshot.processes());
  const auto index = tree.find(child.pid());
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(&tree.processes()[tree.parent(*index).value()], self);
  EXPECT_TRUE(snapshot.view().is_own_namespace);
}

TEST(Snapshot, lists_in_the_order_of_pids) {
  const Snapshot snapshot = taken();
  EXPECT_TRUE(std::ranges::is_sorted(snapshot.processes(), {},
                                     [](const Process& one) { return one.identity.pid; }));
  EXPECT_EQ(snapshot.find(0), nullptr);
}

TEST(Snapshot, filters_by_name_parent_and_user) {
  const Inspected child({"name", "needle"});
  const Inspected other({"name", "hay"});
  const Snapshot by_name = taken({.filter = {.name = "needle"}});
  EXPECT_NE(by_name.find(child.pid()), nullptr);
  EXPECT_EQ(by_name.find(other.pid()), nullptr);
  const Snapshot by_parent = taken({.filter = {.parent = ::getpid()}});
  EXPECT_NE(by_parent.find(child.pid()), nullptr);
  EXPECT_NE(by_parent.find(other.pid()), nullptr);
  EXPECT_EQ(by_parent.find(::getpid()), nullptr);
  const Snapshot by_user = taken({.fields = Fields::status, .filter = {.user = ::geteuid()}});
  EXPECT_NE(by_user.find(child.pid()), nullptr);
  for (const Process& process : by_user.processes()) {
    ASSERT_TRUE(process.status.has_value());
    EXPECT_EQ(process.status->credentials.user.effective, ::geteuid());
  }
  EXPECT_THAT(taken({.filter = {.user = 3999999999}}).processes(), IsEmpty());
}

TEST(Snapshot, filters_by_cgroup_with_everything_below_it) {
  const auto self = read_process(::getpid(), Fields::cgroups).value();
  const auto path = self.cgroups ? unified_cgroup(*self.cgroups) : std::nullopt;
  if (!path) {
    GTEST_SKIP() << "no cgroup2 here";
  }
  EXPECT_NE(taken({.filter = {.cgroup = std::string(*path)}}).find(::getpid()), nullptr);
  EXPECT_NE(taken({.filter = {.cgroup = "/"}}).find(::getpid()), nullptr);
  EXPECT_EQ(taken({.filter = {.cgroup = "/no such group"}}).find(::getpid()), nullptr);
}

TEST(Snapshot, filters_by_cgroup_tell_groups_apart) {
  const auto own = os::find_writable_cgroup();
  if (!own) {
    GTEST_SKIP() << "no writable cgroup2";
  }
  const std::string name = "tend-test-" + std::to_string(::getpid());
  const os::Cgroup outer = own->make_child(name).value();
  const os::Cgroup inner = outer.make_child("inner").value();
  const os::Cgroup neighbour = own->make_child(name + "-neighbour").value();
  const auto inside = [](const os::Cgroup& group) {
    return Command("/bin/cat").in(Stdio::pipe()).cgroup(group.path()).spawn().value();
  };
  {
    Child in_outer = inside(outer);
    Child in_inner = inside(inner);
    Child in_neighbour = inside(neighbour);
    const auto self = read_process(in_outer.pid(), Fields::cgroups).value();
    const std::string path(unified_cgroup(*self.cgroups).value());
    const Snapshot whole = taken({.filter = {.cgroup = path}});
    EXPECT_EQ(whole.processes().size(), 2U);
    EXPECT_NE(whole.find(in_outer.pid()), nullptr);
    EXPECT_NE(whole.find(in_inner.pid()), nullptr);
    const Snapshot part = taken({.filter = {.cgroup = path + "/inner"}});
    EXPECT_EQ(part.processes().size(), 1U);
    EXPECT_NE(part.find(in_inner.pid()), nullptr);
    for (Child* child : {&in_outer, &in_inner, &in_neighbour}) {
      child->in().reset();
      EXPECT_TRUE(child->wait().value().success());
    }
  }
  EXPECT_TRUE(own->remove_child(name).has_value());
  EXPECT_TRUE(own->remove_child(name + "-neighbour").has_value());
}

TEST(Snapshot, filters_by_names_with_any_bytes) {
  for (const std::string name : {"a\nb", "with space", "nl-at-end\n", "(x) S 1"}) {
    const Inspected child({"name", name});
    const Snapshot found = taken({.filter = {.name = name}});
    EXPECT_NE(found.find(child.pid()), nullptr) << name;
  }
}

TEST(Snapshot, processor_time_is_told_per_time) {
  const Snapshot earlier = taken({.fields = Fields::none});
  const Snapshot later = taken({.fields = Fields::none});
  const Process* self = later.find(::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_GE(later.taken(), earlier.taken());
  EXPECT_GE(age_of(*self, later).count(), 0);
  EXPECT_GE(recent_cpu(*self, earlier, later), 0.0);
  Process busy{.identity = {.pid = 1 << 30, .start_ticks = 1}, .user_time = later.taken()};
  EXPECT_GE(average_cpu(busy, later), 1.0);
  EXPECT_EQ(recent_cpu(busy, earlier, later), average_cpu(busy, later));
}

std::string looked(const Command& command) {
  const auto output = command.capture();
  EXPECT_TRUE(output.has_value()) << output.error().message();
  return output ? output->out + output->err : "";
}

Command look(std::string what) { return Command(test::program("look"), {std::move(what)}); }

bool is_root() { return ::geteuid() == 0; }

TEST(OtherUsers, see_what_everybody_may_see_and_are_told_what_they_may_not) {
  if (!is_root()) {
    GTEST_SKIP() << "only root can become somebody else";
  }
  const Inspected child({"name", "secretive"});
  const std::string seen = looked(look(std::to_string(child.pid())).user(65534, 65534));
  EXPECT_THAT(seen, HasSubstr("name: secretive\n"));
  EXPECT_THAT(seen, HasSubstr("command_line: known\n"));
  EXPECT_THAT(seen, HasSubstr("status: known\n"));
  EXPECT_THAT(seen, HasSubstr("limits: known\n"));
  EXPECT_THAT(seen, HasSubstr("threads: known\n"));
  for (const char* field :
       {"executable", "directory", "environment", "namespaces", "descriptors", "memory_map"}) {
    EXPECT_THAT(seen, HasSubstr(std::string(field) + ": not permitted\n"));
  }
}

/// Runs a script as root of namespaces of its own; nothing where those are not permitted.
std::optional<std::string> in_own_mounts(const std::string& script) {
  const Namespaces own{.kinds = {tend::Namespace::pid, tend::Namespace::mount}};
  const auto output = Command::shell(script).namespaces(own).capture();
  if (!output || (output->status.code() != 0 && output->out.empty())) {
    return std::nullopt;
  }
  return output->out + output->err;
}

TEST(PidNamespace, shows_its_own_processes_only) {
  const auto seen = in_own_mounts("mount --make-rprivate / && mount -t proc proc /proc && exec '" +
                                  test::program("look") + "' all");
  if (!seen) {
    GTEST_SKIP() << "namespaces are not permitted here";
  }
  EXPECT_EQ(*seen, "1 0 look\nvanished 0 unreadable 0\nnote: \n");
}

TEST(PidNamespace, a_proc_of_another_one_is_told) {
  const auto seen = in_own_mounts("'" + test::program("look") + "' all");
  if (!seen) {
    GTEST_SKIP() << "namespaces are not permitted here";
  }
  EXPECT_THAT(*seen, HasSubstr("note: /proc belongs to another pid namespace"));
}

TEST(HiddenProc, without_proc_is_an_error_that_says_what_to_try) {
  const auto seen = in_own_mounts("mount --make-rprivate / && mount -t tmpfs none /proc && '" +
                                  test::program("look") + "' all");
  if (!seen) {
    GTEST_SKIP() << "namespaces are not permitted here";
  }
  EXPECT_THAT(*seen, HasSubstr("no process file system is mounted there"));
  EXPECT_THAT(*seen, HasSubstr("mount -t proc proc /proc"));
}

TEST(HiddenProc, with_hidepid_others_are_missing_and_that_is_said) {
  const std::string mount = "mount --make-rprivate / && mount -t proc -o hidepid=";
  const std::string as_other =
      " proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups '" +
      test::program("look") + "' ";
  const auto invisible = in_own_mounts(mount + "2" + as_other + "all");
  if (!invisible) {
    GTEST_SKIP() << "namespaces are not permitted here";
  }
  EXPECT_THAT(*invisible, HasSubstr("note: /proc is mounted with hidepid"));
  EXPECT_THAT(*invisible, HasSubstr("unreadable 0\n"));
  const auto closed = in_own_mounts("sleep 60 & " + mount + "1" + as_other + "all");
  ASSERT_TRUE(closed.has_value());
  EXPECT_THAT(*closed, HasSubstr("unreadable 1\n"));
  EXPECT_THAT(*closed, HasSubstr("nothing of the processes of others can be read"));
}

}  // namespace
}  // namespace tend::inspect
