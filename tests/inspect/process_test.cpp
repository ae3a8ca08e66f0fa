// One process, looked at from outside: against children of which we know what they are.

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <span>
#include <string>

#include "inspect/inspected.hpp"
#include "support/temp_dir.hpp"
#include "tend/inspect/holders.hpp"
#include "tend/inspect/snapshot.hpp"

namespace tend::inspect {
namespace {

using test::Inspected;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

Process read(std::int32_t pid, Fields fields = Fields::all) {
  auto process = read_process(pid, fields);
  EXPECT_TRUE(process.has_value()) << process.error().message();
  return std::move(process).value_or(Process{});
}

TEST(Process, of_our_own_is_who_we_are) {
  const Process self = read(::getpid());
  EXPECT_EQ(self.identity.pid, ::getpid());
  EXPECT_GT(self.identity.start_ticks, 0U);
  EXPECT_EQ(self.parent.pid, ::getppid());
  EXPECT_EQ(self.group, ::getpgrp());
  EXPECT_EQ(self.session, ::getsid(0));
  EXPECT_EQ(self.state, State::running);
  EXPECT_FALSE(self.is_kernel_thread);
  ASSERT_TRUE(self.status.has_value());
  EXPECT_EQ(self.status->credentials.user.effective, ::geteuid());
  EXPECT_EQ(self.status->credentials.group.real, ::getgid());
  ASSERT_TRUE(self.executable.has_value());
  EXPECT_TRUE(self.executable->ends_with(self.name.substr(0, 10)) ||
              self.executable->contains("test_inspect"));
  ASSERT_TRUE(self.environment.has_value());
  EXPECT_THAT(self.environment->c_str(), testing::HasSubstr("="));
  EXPECT_GT(self.resident_bytes, 0U);
}

TEST(Process, arguments_and_environment_arrive_byte_by_byte) {
  Inspected child(Command(test::program("inspected"), {"name", "x", "", "a b\n\x1b[31m\xff"})
                      .env_clear()
                      .env("KEY", "va=lue\n"));
  const Process process = read(child.pid());
  ASSERT_TRUE(process.command_line.has_value());
  EXPECT_THAT(parts_of(*process.command_line),
              ElementsAre(test::program("inspected"), "name", "x", "", "a b\n\x1b[31m\xff"));
  ASSERT_TRUE(process.environment.has_value());
  EXPECT_THAT(parts_of(*process.environment), ElementsAre("KEY=va=lue\n"));
}

TEST(Process, a_name_may_hold_brackets_newlines_and_escape_codes) {
  const std::string name = ") Z 1\n(\x1b[31m";
  Inspected child({"name", name});
  const Process process = read(child.pid(), Fields::threads);
  EXPECT_EQ(process.name, name);
  EXPECT_EQ(process.parent.pid, ::getpid());
  ASSERT_TRUE(process.threads.has_value());
  EXPECT_EQ(process.threads->all.front().name, name);
}

TEST(Process, attributes_are_those_it_was_started_with) {
  test::TempDir folder;
  Inspected child(Command(test::program("inspected"), {"name", "x"})
                      .cwd(folder.path())
                      .nice(7)
                      .umask(027)
                      .limit(Resource::descriptors, 99, 200)
                      .no_new_privileges()
                      .new_session());
  const Process process = read(child.pid());
  EXPECT_EQ(process.session, child.pid());
  EXPECT_EQ(process.group, child.pid());
  EXPECT_EQ(process.terminal, 0U);
  EXPECT_EQ(process.scheduling.nice, 7);
  EXPECT_EQ(process.scheduling.policy, SchedulingPolicy::other);
  EXPECT_EQ(process.directory.value_or(""), folder.path().string());
  EXPECT_EQ(process.root.value_or(""), "/");
  EXPECT_EQ(process.status->credentials.umask, 027U);
  EXPECT_TRUE(process.status->credentials.has_no_new_privileges);
  ASSERT_TRUE(process.limits.has_value());
  EXPECT_THAT(*process.limits, Contains(Limit{.label = "Max open files",
                                              .unit = "files",
                                              .soft = 99,
                                              .hard = 200,
                                              .resource = Resource::descriptors}));
  ASSERT_TRUE(process.oom.has_value());
  ASSERT_TRUE(process.namespaces.has_value());
  EXPECT_EQ(*process.namespaces, *read(::getpid(), Fields::namespaces).namespaces);
}

TEST(Process, fields_that_were_not_asked_for_say_so) {
  const Process process = read(::getpid(), Fields::limits);
  EXPECT_TRUE(process.limits.has_value());
  EXPECT_EQ(process.command_line.why(), Absence::not_asked);
  EXPECT_EQ(process.status.why(), Absence::not_asked);
  EXPECT_EQ(process.threads.why(), Absence::not_asked);
  EXPECT_EQ(process.memory_map.why(), Absence::not_asked);
}

TEST(Process, a_stopped_one_is_stopped) {
  Inspected child({"name", "x"});
  ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
  EXPECT_EQ(read(child.pid()).state, State::stopped);
}

TEST(Process, of_a_zombie_its_name_is_left_and_its_memory_is_gone) {
  Inspected child({"name", "x"});
  child.become_zombie();
  const Process process = read(child.pid());
  EXPECT_EQ(process.state, State::zombie);
  EXPECT_EQ(process.name, "x");
  EXPECT_EQ(process.parent.pid, ::getpid());
  EXPECT_EQ(process.command_line.why(), Absence::gone);
  EXPECT_EQ(process.executable.why(), Absence::gone);
  EXPECT_EQ(process.environment.why(), Absence::gone);
  EXPECT_EQ(process.memory_map.why(), Absence::gone);
  EXPECT_TRUE(process.status.has_value());
  EXPECT_FALSE(process.status->memory.has_value());
}

TEST(Process, one_that_has_been_reaped_is_gone) {
  std::int32_t pid = 0;
  Identity identity;
  {
    Inspected child({"name", "x"});
    pid = child.pid();
    identity = read(pid, Fields::none).identity;
    EXPECT_TRUE(read_process(identity, Fields::none).has_value());
  }
  EXPECT_EQ(read_process(pid).error().code, ESRCH);
  EXPECT_EQ(read_process(identity).error().code, ESRCH);
  EXPECT_EQ(read_process(0).error().code, ESRCH);
  EXPECT_EQ(read_process(-1).error().code, ESRCH);
}

TEST(Process, a_later_owner_of_the_pid_is_not_the_one_that_was_meant) {
  const Identity stranger{.pid = ::getpid(), .start_ticks = 1};
  EXPECT_EQ(read_process(stranger).error().code, ESRCH);
}

TEST(Process, a_thread_of_the_kernel_has_no_memory) {
  const Process process = read(2);
  if (!process.is_kernel_thread) {
    GTEST_SKIP() << "no threads of the kernel in this pid namespace";
  }
  EXPECT_EQ(process.command_line.value_or("?"), "");
  EXPECT_EQ(process.memory_map.why(), Absence::not_available);
  EXPECT_EQ(process.executable.why(), Absence::not_available);
  EXPECT_EQ(process.status->memory.why(), Absence::not_available);
}

TEST(Process, signals_are_told_by_what_it_does_with_them) {
  test::TempDir folder;
  Inspected child({"things", folder / "socket"});
  const Signals signals = read(child.pid(), Fields::status).status->signals;
  EXPECT_TRUE(signals.ignored.contains(SIGUSR1));
  EXPECT_TRUE(signals.caught.contains(SIGHUP));
  EXPECT_TRUE(signals.blocked.contains(SIGUSR2));
  EXPECT_TRUE(signals.pending.contains(SIGUSR2));
  EXPECT_FALSE(signals.caught.contains(SIGTERM));
}

const Descriptor& at(const Process& process, std::int32_t number) {
  static const Descriptor none;
  const Descriptor* found = process.descriptors->find(number);
  EXPECT_NE(found, nullptr) << number;
  return found == nullptr ? none : *found;
}

TEST(Process, each_kind_of_descriptor_is_recognised) {
  test::TempDir folder;
  const Inspected child({"things", folder / "socket"});
  const Process process = read(child.pid());
  ASSERT_TRUE(process.descriptors.has_value());
  const auto one = [&](const char* name) { return at(process, child.number(name)); };
  EXPECT_EQ(one("eventfd").kind, DescriptorKind::eventfd);
  EXPECT_EQ(std::get<EventCounter>(one("eventfd").detail).count, 5U);
  EXPECT_EQ(one("timerfd").kind, DescriptorKind::timerfd);
  EXPECT_EQ(std::get<Timer>(one("timerfd").detail).interval, std::chrono::seconds(60));
  EXPECT_EQ(one("signalfd").kind, DescriptorKind::signalfd);
  EXPECT_EQ(std::get<SignalReader>(one("signalfd").detail).signals, SignalSet{SIGUSR2});
  EXPECT_EQ(one("inotify").kind, DescriptorKind::inotify);
  EXPECT_EQ(std::get<Watches>(one("inotify").detail).count, 1U);
  EXPECT_EQ(one("pidfd").kind, DescriptorKind::pidfd);
  EXPECT_EQ(std::get<HeldProcess>(one("pidfd").detail).pid, ::getpid());
  EXPECT_EQ(one("memfd").kind, DescriptorKind::memfd);
  EXPECT_EQ(one("memfd").target, "/memfd:hidden");
  EXPECT_EQ(one("epoll").kind, DescriptorKind::epoll);
  EXPECT_THAT(std::get<EpollSet>(one("epoll").detail).targets,
              ElementsAre(Field(&EpollTarget::descriptor, child.number("eventfd"))));
  EXPECT_EQ(one("namespace").kind, DescriptorKind::name_space);
  EXPECT_EQ(one("folder").kind, DescriptorKind::directory);
  EXPECT_EQ(one("folder").target, "/");
  EXPECT_TRUE(one("folder").is_close_on_exec);
}

TEST(Process, sockets_have_their_addresses) {
  test::TempDir folder;
  const Inspected child({"things", folder / "socket"});
  const Process process = read(child.pid(), Fields::sockets);
  const auto tcp = std::get<Socket>(at(process, child.number("tcp")).detail);
  EXPECT_EQ(tcp.type, SocketType::tcp);
  EXPECT_EQ(tcp.state, SocketState::listening);
  EXPECT_EQ(tcp.local.text(), "127.0.0.1:" + child.words().at("port"));
  const auto local = std::get<Socket>(at(process, child.number("unix")).detail);
  EXPECT_EQ(local.family, SocketFamily::unix_domain);
  EXPECT_EQ(local.type, SocketType::seqpacket);
  EXPECT_EQ(local.path, folder / "socket");
  EXPECT_EQ(local.state, SocketState::listening);
}

TEST(Holders, the_other_end_of_a_pipe_is_found) {
  test::TempDir folder;
  Inspected child({"things", folder / "socket"});
  const Process process = read(child.pid(), Fields::descriptors);
  const auto holders = Holders::find(process.descriptors->open);
  ASSERT_TRUE(holders.has_value()) << holders.error().message();
  const Descriptor& out = at(process, 1);
  EXPECT_EQ(out.kind, DescriptorKind::pipe);
  EXPECT_TRUE(out.can_write);
  const auto readers = holders->other_end(out, process.identity);
  ASSERT_THAT(readers, SizeIs(1));
  EXPECT_EQ(readers[0].process.pid, ::getpid());
  EXPECT_EQ(readers[0].descriptor, child.child().out().get());
  const Descriptor& reader = at(process, child.number("reader"));
  const auto writers = holders->other_end(reader, process.identity);
  ASSERT_THAT(writers, SizeIs(1));
  EXPECT_EQ(writers[0].process, process.identity);
  EXPECT_EQ(writers[0].descriptor, child.number("writer"));
  EXPECT_THAT(holders->of(reader), SizeIs(2));
  EXPECT_THAT(holders->of(at(process, child.number("tcp"))), SizeIs(1));
}

TEST(Holders, the_other_end_of_a_unix_socket_is_found) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    auto child = Command("/bin/sleep").arg("1000").descriptor(7, theirs.get()).spawn().value();
    theirs.reset();
    const Process process = read(child.pid(), Fields::sockets);
    const Descriptor& theirs_seen = at(process, 7);
    const auto holders = Holders::find(std::span(&theirs_seen, 1)).value();
    const auto others = holders.other_end(theirs_seen, process.identity);
    ASSERT_THAT(others, SizeIs(1));
    EXPECT_EQ(others[0].process.pid, ::getpid());
    EXPECT_EQ(others[0].descriptor, ours.get());
    EXPECT_THAT(holders.of(theirs_seen), SizeIs(1));
    EXPECT_TRUE(child.stop({.rungs = {}}).has_value());
  }
}

TEST(Holders, of_nothing_are_none) {
  const auto holders = Holders::find({});
  ASSERT_TRUE(holders.has_value());
  EXPECT_THAT(holders->of(Descriptor{.kind = DescriptorKind::pipe, .inode = 1}), IsEmpty());
}

TEST(Process, what_lies_at_an_address_is_what_the_program_put_there) {
  const Inspected child(std::vector<std::string>{"addresses"});
  const Process process = read(child.pid(), Fields::memory_map | Fields::threads);
  ASSERT_TRUE(process.memory_map.has_value());
  for (const auto& [name, text] : child.words()) {
    const Region* region = process.memory_map->find(child.address(name));
    ASSERT_NE(region, nullptr) << name;
    std::string kind(name_of(region->kind));
    std::ranges::replace(kind, ' ', '_');
    EXPECT_EQ(kind, name) << text;
    EXPECT_EQ(explain(*process.memory_map, child.address(name)).place, Place::region) << name;
  }
  const Region* stack = process.memory_map->find(child.address("thread_stack"));
  ASSERT_EQ(process.threads->all.size(), 2U);
  EXPECT_EQ(stack->thread, process.threads->all[1].tid);
  EXPECT_EQ(explain(*process.memory_map, 0).place, Place::null_page);
}

TEST(Process, sizes_of_regions_are_known_when_asked_for) {
  const Process process = read(::getpid(), Fields::region_sizes | Fields::status);
  ASSERT_TRUE(process.memory_map.has_value());
  std::uint64_t resident = 0;
  for (const Region& region : process.memory_map->regions) {
    resident += region.sizes ? region.sizes->resident_bytes : 0;
  }
  EXPECT_GT(resident, 0U);
  EXPECT_EQ(read(::getpid(), Fields::memory_map).memory_map->regions.front().sizes, std::nullopt);
}

TEST(Process, threads_are_told_with_their_states) {
  const Inspected child({"threads", "50"});
  const Process process = read(child.pid());
  EXPECT_EQ(process.thread_count, 51);
  ASSERT_TRUE(process.threads.has_value());
  ASSERT_THAT(process.threads->all, SizeIs(51));
  EXPECT_EQ(process.threads->all.front().tid, child.pid());
  EXPECT_THAT(process.threads->all, Each(Field(&Thread::name, "inspected")));
  std::size_t stacks = 0;
  for (const Region& region : process.memory_map->regions) {
    stacks += region.kind == RegionKind::thread_stack ? 1 : 0;
  }
  EXPECT_EQ(stacks, 50U);
}

TEST(Process, a_very_large_one_is_read_whole) {
  rlimit ours{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &ours), 0);
  const std::uint64_t many = std::min<rlim_t>(20'000, ours.rlim_max - 100);
  const Inspected wide(Command(test::program("inspected"), {"descriptors", std::to_string(many)})
                           .limit(Resource::descriptors, ours.rlim_max, ours.rlim_max));
  const Process holder = read(wide.pid(), Fields::descriptors);
  ASSERT_TRUE(holder.descriptors.has_value());
  EXPECT_GE(holder.descriptors->open.size(), many + 3);
  EXPECT_FALSE(holder.descriptors->is_cut);
  const Inspected long_one({"regions", "50000"});
  const Process mapped = read(long_one.pid(), Fields::memory_map);
  ASSERT_TRUE(mapped.memory_map.has_value());
  EXPECT_GE(mapped.memory_map->regions.size(), 50000U);
  EXPECT_FALSE(mapped.memory_map->is_cut);
  EXPECT_TRUE(std::ranges::is_sorted(mapped.memory_map->regions, {}, &Region::begin));
}

}  // namespace
}  // namespace tend::inspect
