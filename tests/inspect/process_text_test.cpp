#include "inspect/process_text.hpp"

#include <gmock/gmock.h>

#include "inspect/status_text.hpp"

namespace tend::inspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* whole_status =
    "Name:\tsh\nUmask:\t0027\nState:\tS (sleeping)\nTgid:\t17\nNgid:\t0\nPid:\t17\nPPid:\t1\n"
    "TracerPid:\t9\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t20 30 \n"
    "NStgid:\t17\t5\nNSpid:\t17\t5\nKthread:\t0\nVmPeak:\t    2480 kB\nVmSize:\t    2470 kB\n"
    "VmLck:\t       4 kB\nVmHWM:\t     928 kB\nVmRSS:\t     900 kB\nRssAnon:\t     100 kB\n"
    "RssFile:\t     700 kB\nRssShmem:\t     100 kB\nVmData:\t     224 kB\nVmStk:\t     132 kB\n"
    "VmExe:\t      84 kB\nVmLib:\t    1500 kB\nVmPTE:\t      44 kB\nVmSwap:\t       8 kB\n"
    "Threads:\t1\nSigQ:\t3/31405\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000000002\n"
    "SigBlk:\t0000000000010000\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000004002\n"
    "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000080000\n"
    "CapBnd:\t0000000000000003\nCapAmb:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2\n"
    "Seccomp_filters:\t4\nCpus_allowed_list:\t0-3,7\nvoluntary_ctxt_switches:\t150\n"
    "nonvoluntary_ctxt_switches:\t545\n";

TEST(StatusText, says_who_the_process_acts_as) {
  const Status status = parse_status(whole_status);
  EXPECT_EQ(status.credentials.user,
            (Ids{.real = 1, .effective = 2, .saved = 3, .file_system = 4}));
  EXPECT_EQ(status.credentials.group,
            (Ids{.real = 5, .effective = 6, .saved = 7, .file_system = 8}));
  EXPECT_THAT(status.credentials.supplementary, ElementsAre(20, 30));
  EXPECT_TRUE(status.credentials.has_no_new_privileges);
  EXPECT_EQ(status.credentials.seccomp_mode, 2U);
  EXPECT_EQ(status.credentials.seccomp_filters, 4U);
  EXPECT_EQ(status.credentials.umask, 027U);
  EXPECT_EQ(status.tracer, 9);
  EXPECT_THAT(status.namespace_pids, ElementsAre(17, 5));
  EXPECT_EQ(status.allowed_cpus, "0-3,7");
  EXPECT_EQ(status.voluntary_switches, 150U);
  EXPECT_EQ(status.involuntary_switches, 545U);
}

TEST(StatusText, says_what_happens_to_signals) {
  const Signals signals = parse_status(whole_status).signals;
  EXPECT_EQ(signals.pending, SignalSet{1});
  EXPECT_EQ(signals.pending_for_all, SignalSet{2});
  EXPECT_EQ(signals.blocked, SignalSet{17});
  EXPECT_EQ(signals.ignored, SignalSet{13});
  EXPECT_EQ(signals.caught, (SignalSet{2, 15}));
  EXPECT_EQ(signals.queued, 3U);
  EXPECT_EQ(signals.queued_max, 31405U);
}

TEST(StatusText, says_which_capabilities_there_are) {
  const Capabilities capabilities = parse_status(whole_status).capabilities;
  EXPECT_TRUE(capabilities.inheritable.empty());
  EXPECT_EQ(capabilities.permitted.names().size(), 41U);
  EXPECT_THAT(capabilities.effective.names(), ElementsAre("CAP_SYS_PTRACE"));
  EXPECT_THAT(capabilities.bounding.names(), ElementsAre("CAP_CHOWN", "CAP_DAC_OVERRIDE"));
  EXPECT_THAT(capabilities.ambient.names(), ElementsAre("CAP_CHOWN"));
}

TEST(StatusText, says_how_much_memory_is_where) {
  const Status status = parse_status(whole_status);
  ASSERT_TRUE(status.memory.has_value());
  EXPECT_EQ(status.memory->virtual_peak_bytes, 2480U * 1024);
  EXPECT_EQ(status.memory->resident_bytes, 900U * 1024);
  EXPECT_EQ(
      status.memory->anonymous_bytes + status.memory->file_bytes + status.memory->shared_bytes,
      status.memory->resident_bytes);
  EXPECT_EQ(status.memory->swapped_bytes, 8U * 1024);
}

TEST(StatusText, without_memory_is_a_thread_of_the_kernel_or_a_zombie) {
  const Status status = parse_status("Name:\tkthreadd\nUid:\t0\t0\t0\t0\n");
  EXPECT_EQ(status.memory, Field<Memory>(Absence::not_available));
}

TEST(StatusText, lines_may_come_in_any_order_and_unknown_ones_are_passed_over) {
  const Status status = parse_status(
      "NoNewPrivs:\t1\nx86_Thread_features:\t\nNonsense\n:\n\nUid:\t7\t7\t7\t7\nUmask:\t0022\n");
  EXPECT_TRUE(status.credentials.has_no_new_privileges);
  EXPECT_EQ(status.credentials.user.real, 7U);
  EXPECT_EQ(status.credentials.umask, 022U);
}

TEST(StatusText, a_name_cannot_pretend_to_be_another_line) {
  // The kernel escapes a newline in the name.
  const Status status = parse_status("Name:\ta\\nUid:\t9\nUid:\t1\t1\t1\t1\n");
  EXPECT_EQ(status.credentials.user.real, 1U);
}

TEST(LimitsText, every_line_keeps_its_words_and_known_ones_their_resource) {
  const auto limits = parse_limits(
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max cpu time              unlimited            unlimited            seconds   \n"
      "Max open files            1024                 4096                 files     \n"
      "Max nice priority         0                    5                    \n"
      "Max future things         1                    2                    things    \n");
  ASSERT_EQ(limits.size(), 4U);
  EXPECT_EQ(limits[0],
            (Limit{.label = "Max cpu time", .unit = "seconds", .resource = Resource::cpu_seconds}));
  EXPECT_EQ(limits[1], (Limit{.label = "Max open files",
                              .unit = "files",
                              .soft = 1024,
                              .hard = 4096,
                              .resource = Resource::descriptors}));
  EXPECT_EQ(limits[2].unit, "");
  EXPECT_EQ(limits[2].hard, 5U);
  EXPECT_EQ(limits[3].label, "Max future things");
  EXPECT_EQ(limits[3].resource, std::nullopt);
}

TEST(LimitsText, broken_lines_are_passed_over) {
  EXPECT_THAT(parse_limits("heading\nMax open files\nMax x 1\n 1 2\nMax y nan 1\n\n"), IsEmpty());
}

TEST(CgroupText, both_versions_are_told) {
  const auto places = parse_cgroups("5:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/user.slice\n");
  EXPECT_THAT(places,
              ElementsAre(CgroupPlace{.hierarchy = 5, .controllers = "cpu,cpuacct", .path = "/a:b"},
                          CgroupPlace{.hierarchy = 1, .controllers = "name=systemd", .path = "/"},
                          CgroupPlace{.path = "/user.slice"}));
  EXPECT_EQ(unified_cgroup(places), "/user.slice");
  EXPECT_EQ(unified_cgroup(parse_cgroups("5:cpu:/a\n")), std::nullopt);
  EXPECT_THAT(parse_cgroups("nonsense\n0:\n0::relative\n"), IsEmpty());
}

TEST(InputOutputText, is_read_by_its_words) {
  const InputOutput io = parse_input_output(
      "rchar: 10\nwchar: 20\nsyscr: 3\nsyscw: 4\nread_bytes: 50\nwrite_bytes: 60\n"
      "cancelled_write_bytes: 7\n");
  EXPECT_EQ(io, (InputOutput{.read_bytes = 10,
                             .written_bytes = 20,
                             .read_calls = 3,
                             .write_calls = 4,
                             .storage_read_bytes = 50,
                             .storage_written_bytes = 60}));
}

TEST(ProportionalMemoryText, private_pages_add_up) {
  const auto memory = parse_proportional_memory(
      "55-7ffe ---p 00000000 00:00 0    [rollup]\nRss: 900 kB\nPss: 300 kB\nPss_Anon: 100 kB\n"
      "Private_Clean: 4 kB\nPrivate_Dirty: 80 kB\nSwapPss: 2 kB\n");
  EXPECT_EQ(memory.proportional_bytes, 300U * 1024);
  EXPECT_EQ(memory.private_bytes, 84U * 1024);
  EXPECT_EQ(memory.swapped_proportional_bytes, 2U * 1024);
}

TEST(NamespaceText, has_a_type_and_a_number) {
  EXPECT_EQ(parse_namespace("net:[4026531840]"), (Namespace{.type = "net", .inode = 4026531840}));
  for (const char* link :
       {"", "net", "net:", "net:4026531840", "net:[x]", "net:[]", ":[1]", "net:["}) {
    EXPECT_EQ(parse_namespace(link), std::nullopt) << link;
  }
}

TEST(StackPointer, is_the_last_but_one_word_of_a_sleeping_thread) {
  EXPECT_EQ(parse_stack_pointer("202 0x1 0x80 0x0 0x0 0x0 0x0 0x7ffd10 0x7f00\n"), 0x7ffd10U);
  EXPECT_EQ(parse_stack_pointer("-1 0x7ffd20 0x7f00\n"), 0x7ffd20U);
  EXPECT_EQ(parse_stack_pointer("running\n"), std::nullopt);
  EXPECT_EQ(parse_stack_pointer(""), std::nullopt);
}

TEST(Parts, are_what_lies_between_the_nuls) {
  EXPECT_THAT(parts_of(std::string_view("a\0\0b c\0", 7)), ElementsAre("a", "", "b c"));
  EXPECT_THAT(parts_of("unended"), ElementsAre("unended"));
  EXPECT_THAT(parts_of(""), IsEmpty());
  using std::string_view_literals::operator""sv;
  EXPECT_THAT(arguments_of("cmd\0a b\0\0"sv), ElementsAre("cmd", "a b", ""));
  EXPECT_THAT(arguments_of("cmd\0\0"sv), ElementsAre("cmd", ""));
  EXPECT_THAT(arguments_of("nginx: worker process\0\0\0\0"sv),
              ElementsAre("nginx: worker process"));
  EXPECT_THAT(arguments_of(""), IsEmpty());
}

std::optional<Container> in_path(std::string path) {
  return container_of({CgroupPlace{.path = std::move(path)}});
}

const std::string hash(64, 'a');

TEST(Container, is_told_by_the_path_of_its_cgroup) {
  EXPECT_EQ(in_path("/docker/" + hash), (Container{.engine = "docker", .id = hash}));
  EXPECT_EQ(in_path("/system.slice/docker-" + hash + ".scope"),
            (Container{.engine = "docker", .id = hash}));
  EXPECT_EQ(in_path("/machine.slice/libpod-" + hash + ".scope/container"),
            (Container{.engine = "podman", .id = hash}));
  EXPECT_EQ(in_path("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + hash + ".scope"),
            (Container{.engine = "kubernetes", .id = hash}));
  EXPECT_EQ(in_path("/lxc/web"), (Container{.engine = "lxc", .id = "web"}));
  EXPECT_EQ(in_path("/machine.slice/machine-deb.scope"),
            (Container{.engine = "systemd-nspawn", .id = "deb"}));
  EXPECT_EQ(in_path("/some/" + hash), (Container{.engine = "container", .id = hash}));
}

TEST(Container, an_ordinary_cgroup_is_none) {
  for (const char* path : {"/", "", "/user.slice/user-0.slice/session-1.scope", "/docker",
                           "/system.slice/docker.service", "/docker-.scope"}) {
    EXPECT_EQ(in_path(path), std::nullopt) << path;
  }
}

TEST(State, each_letter_has_a_name_and_a_meaning) {
  for (const char letter : {'R', 'S', 'D', 'T', 't', 'Z', 'X', 'P', 'I'}) {
    const State state = state_of(letter);
    EXPECT_NE(state, State::unknown) << letter;
    EXPECT_EQ(letter_of(state), letter);
    EXPECT_FALSE(name_of(state).empty());
    EXPECT_FALSE(meaning_of(state).empty());
  }
  EXPECT_EQ(state_of('Q'), State::unknown);
  EXPECT_EQ(letter_of(State::unknown), '?');
}

TEST(Field, without_a_value_says_why) {
  const Field<int> none;
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(none.why(), Absence::not_asked);
  const Field<int> refused = Absence::not_permitted;
  EXPECT_EQ(name_of(refused.why()), "not permitted");
  EXPECT_EQ(refused.value_or(3), 3);
  EXPECT_EQ(Field<int>(2).value_or(3), 2);
}

}  // namespace
}  // namespace tend::inspect
