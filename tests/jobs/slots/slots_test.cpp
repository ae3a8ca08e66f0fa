// How many jobs may run, and when.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>

#include "jobs/slots/gauge_text.hpp"
#include "jobs/slots/gauges.hpp"
#include "jobs/slots/jobserver.hpp"
#include "jobs/slots/makeflags.hpp"
#include "jobs/slots/slot_count.hpp"
#include "jobs/slots/start_gate.hpp"
#include "jobs/slots/token_channel.hpp"
#include "jobs/slots/token_shares.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/pipe.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

unsigned slots(std::string_view text, unsigned cores) {
  return slots_on(parse_slot_count(text).value(), cores);
}

TEST(SlotCount, is_a_number_or_relative_to_the_cores) {
  EXPECT_EQ(slots("3", 8), 3U);
  EXPECT_EQ(slots("50%", 8), 4U);
  EXPECT_EQ(slots("150%", 3), 4U);
  EXPECT_EQ(slots("+1", 8), 9U);
  EXPECT_EQ(slots("-1", 8), 7U);
  EXPECT_EQ(slots("+0", 8), 8U);
  EXPECT_EQ(slots_on({}, 8), 8U);
}

TEST(SlotCount, is_never_below_one_or_beyond_all_bounds) {
  EXPECT_EQ(slots("-9", 8), 1U);
  EXPECT_EQ(slots("1%", 8), 1U);
  EXPECT_EQ(slots("+100000", 8), slots_max);
  EXPECT_EQ(slots("100000%", UINT32_MAX), slots_max);
}

TEST(SlotCount, refuses_what_would_run_nothing_or_is_no_number) {
  for (const std::string_view wrong : {"", "0", "0%", "x", "+", "-", "%", "1.5", "100001", "+1%"}) {
    EXPECT_FALSE(parse_slot_count(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(parse_slot_count("0").error().message(),
            "jobs \"0\": nothing would ever run; for one job per core leave it out");
}

TEST(GaugeText, reads_what_the_kernel_writes) {
  EXPECT_EQ(parse_load_average("14.01 7.44 4.48 17/1234 5678\n"), 14.01);
  EXPECT_EQ(parse_available_memory("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), 2048U * 1024);
  EXPECT_EQ(parse_cpu_quota("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_group_memory("1000\n", "700\n", "anon 1\ninactive_file 200\n"), 500U);
  EXPECT_EQ(parse_group_memory("1000", "1200", ""), 0U);
}

TEST(GaugeText, has_no_answer_where_there_is_no_limit_or_another_text) {
  EXPECT_EQ(parse_load_average(""), std::nullopt);
  EXPECT_EQ(parse_load_average("nan 1"), std::nullopt);
  EXPECT_EQ(parse_load_average("-1"), std::nullopt);
  EXPECT_EQ(parse_available_memory("MemFree: 1 kB\n"), std::nullopt);
  EXPECT_EQ(parse_available_memory("MemAvailable: 18446744073709551615 kB"), std::nullopt);
  EXPECT_EQ(parse_cpu_quota("max 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_quota("5 0"), std::nullopt);
  EXPECT_EQ(parse_group_memory("max", "5", ""), std::nullopt);
  EXPECT_EQ(parse_group_memory("", "", ""), std::nullopt);
}

TEST(Gauges, tell_something_on_this_machine) {
  EXPECT_GE(usable_cores(), 1U);
  EXPECT_LE(usable_cores(), os::usable_cpus());
  EXPECT_TRUE(load_average().has_value());
  EXPECT_TRUE(available_memory().has_value());
}

TEST(StartGate, holds_back_while_the_machine_is_busy) {
  const StartGate gate{.load_max = 2.0, .memory_bytes_min = 1000};
  EXPECT_EQ(why_not_now(gate, {.load = 1.9, .available_memory_bytes = 1000}, 5), "");
  EXPECT_EQ(why_not_now(gate, {.load = 2.0, .available_memory_bytes = 1000}, 5),
            "the load is 2.00, and --load is 2.00");
  EXPECT_EQ(why_not_now(gate, {.load = 1.0, .available_memory_bytes = 999}, 0),
            "999B of memory are free, and --mem-free is 1000B");
}

TEST(StartGate, never_waits_for_a_load_that_is_not_ours_or_for_what_is_not_known) {
  const StartGate gate{.load_max = 2.0, .memory_bytes_min = 1000};
  EXPECT_EQ(why_not_now(gate, {.load = 9.0}, 0), "");
  EXPECT_EQ(why_not_now(gate, {}, 3), "");
  EXPECT_EQ(why_not_now({}, {.load = 9.0, .available_memory_bytes = 0}, 3), "");
}

TEST(StartGate, takes_a_load_or_a_share_of_the_cores) {
  EXPECT_EQ(parse_load_max("3.5", 4), 3.5);
  EXPECT_EQ(parse_load_max("50%", 4), 2.0);
  for (const std::string_view wrong : {"", "0", "-1", "x", "%", "1 2", "5%%"}) {
    EXPECT_FALSE(parse_load_max(wrong, 4).has_value()) << wrong;
  }
}

TEST(Makeflags, name_the_jobserver_in_all_their_forms) {
  using Address = JobserverAddress;
  EXPECT_EQ(find_jobserver(" -j3 --jobserver-auth=3,4"), (Address{.read_end = 3, .write_end = 4}));
  EXPECT_EQ(find_jobserver("kw -j --jobserver-fds=10,11 -- A=--jobserver-auth=1,2"),
            (Address{.read_end = 10, .write_end = 11}));
  EXPECT_EQ(find_jobserver("-j4 --jobserver-auth=fifo:/tmp/GMfifo7"),
            (Address{.fifo = "/tmp/GMfifo7"}));
  EXPECT_EQ(find_jobserver("--jobserver-auth=3,4 --jobserver-auth=5,6"),
            (Address{.read_end = 5, .write_end = 6}));
}

TEST(Makeflags, without_a_jobserver_have_none) {
  for (const std::string_view flags :
       {"", "kw", "-j3", "--jobserver-auth=", "--jobserver-auth=-2,-2", "--jobserver-auth=3",
        "--jobserver-auth=a,b", "--jobserver-auth=fifo:", "-- X=--jobserver-auth=3,4"}) {
    EXPECT_EQ(find_jobserver(flags), std::nullopt) << flags;
  }
}

TEST(Makeflags, can_be_passed_on_without_it) {
  EXPECT_EQ(makeflags_without_jobserver("kw -j3 --jobserver-auth=3,4 -O -- A=1  -j2"),
            "kw -O -- A=1  -j2");
  EXPECT_EQ(makeflags_without_jobserver(" -j --jobserver-fds=3,4"), "");
  EXPECT_EQ(makeflags_without_jobserver("s"), "s");
}

TEST(Makeflags, can_be_passed_on_with_another_one) {
  const JobserverAddress pipe{.read_end = 20, .write_end = 21};
  EXPECT_EQ(makeflags_with_jobserver("", pipe, 4), " -j4 --jobserver-auth=20,21");
  EXPECT_EQ(makeflags_with_jobserver("kw -j3 --jobserver-auth=3,4 -O -- A=1  -j2", pipe, 4),
            "kw -O -j4 --jobserver-auth=20,21 -- A=1  -j2");
  EXPECT_EQ(makeflags_with_jobserver("s", {.fifo = "/tmp/f"}, 2),
            "s -j2 --jobserver-auth=fifo:/tmp/f");
  EXPECT_EQ(find_jobserver(makeflags_with_jobserver("-k", pipe, 1)), pipe);
}

using Shares = std::vector<unsigned>;

TEST(TokenShares, are_of_the_slots_that_nobody_uses) {
  EXPECT_EQ(free_tokens(4, {}), 4U);
  const std::vector<TokenHolding> jobs = {{.given = 0}, {.given = 2, .unclaimed = 1}};
  EXPECT_EQ(free_tokens(4, jobs), 1U);  // Two jobs, and one token taken by the second.
  EXPECT_EQ(free_tokens(3, jobs), 0U);
  EXPECT_EQ(free_tokens(1, jobs), 0U);  // Slots were taken away meanwhile.
}

TEST(TokenShares, go_to_those_first_who_have_taken_theirs) {
  const TokenHolding hungry{.given = 1};
  const TokenHolding idle{.given = 1, .unclaimed = 1};
  EXPECT_EQ(token_shares(3, {}), Shares());
  EXPECT_EQ(token_shares(1, std::vector{idle, hungry}), (Shares{0, 1}));
  EXPECT_EQ(token_shares(5, std::vector{idle, hungry}), (Shares{1, 4}));
  EXPECT_EQ(token_shares(5, std::vector{idle, idle}), (Shares{3, 2}));
  EXPECT_EQ(token_shares(5, std::vector{hungry, idle, hungry}), (Shares{2, 1, 2}));
  EXPECT_EQ(token_shares(0, std::vector{hungry, idle}), (Shares{0, 0}));
}

TEST(TokenChannel, knows_what_its_job_has_taken) {
  for (const TokenForm form : {TokenForm::pipe, TokenForm::fifo}) {
    const test::TempDir folder;
    TokenChannel channel = TokenChannel::make(form, folder.path()).value();
    channel.give(3);
    JobserverAddress address = channel.address();
    if (form == TokenForm::pipe) {  // The numbers are those in the job.
      const std::vector<SharedDescriptor> shared = channel.descriptors();
      address = {.read_end = shared[0].ours, .write_end = shared[1].ours};
    }
    {
      JobserverClient job = JobserverClient::open(address).value();
      EXPECT_TRUE(job.try_take().value());
      EXPECT_TRUE(job.try_take().value());
      EXPECT_EQ(channel.holding().given, 3U);
      EXPECT_EQ(channel.holding().unclaimed, 1U);
      channel.take_back(2);
      EXPECT_EQ(channel.given(), 2U);
      EXPECT_FALSE(job.try_take().value());
    }
    EXPECT_EQ(channel.holding().unclaimed, 2U);
  }
}

TEST(TokenChannel, that_is_gone_leaves_no_name) {
  const test::TempDir folder;
  {
    const TokenChannel channel = TokenChannel::make(TokenForm::fifo, folder.path()).value();
    EXPECT_TRUE(os::status_of(channel.address().fifo).has_value());
  }
  EXPECT_TRUE(os::list_directory(os::open_directory(folder.path()).value(), 10).value().empty());
}

/// How many bytes lie in the pipe, taken out.
std::string drained(const os::Fd& read_end) {
  std::string all(100, '\0');
  all.resize(os::read_some(read_end, all).value_or(0));
  return all;
}

JobserverAddress address_of(const os::Pipe& pipe) {
  return {.read_end = pipe.read.get(), .write_end = pipe.write.get()};
}

TEST(Jobserver, takes_tokens_and_gives_the_same_ones_back) {
  const os::Pipe pipe = os::make_pipe().value();
  ASSERT_TRUE(os::write_all(pipe.write, "ab"));
  {
    JobserverClient client = JobserverClient::open(address_of(pipe)).value();
    EXPECT_TRUE(client.try_take().value());
    EXPECT_TRUE(client.try_take().value());
    EXPECT_FALSE(client.try_take().value());
    EXPECT_EQ(client.held(), 2U);
    client.give_back();
    EXPECT_EQ(client.held(), 1U);
    EXPECT_TRUE(client.try_take().value());
  }
  std::string tokens = drained(pipe.read);
  std::ranges::sort(tokens);
  EXPECT_EQ(tokens, "ab");
}

TEST(Jobserver, leaves_the_flags_of_the_shared_pipe_alone) {
  const os::Pipe pipe = os::make_pipe().value();
  const JobserverClient client = JobserverClient::open(address_of(pipe)).value();
  EXPECT_EQ(::fcntl(pipe.read.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Jobserver, gives_back_once_when_it_was_moved) {
  const os::Pipe pipe = os::make_pipe().value();
  ASSERT_TRUE(os::write_all(pipe.write, "a"));
  {
    JobserverClient client = JobserverClient::open(address_of(pipe)).value();
    ASSERT_TRUE(client.try_take().value());
    const JobserverClient moved = std::move(client);
  }
  EXPECT_EQ(drained(pipe.read), "a");
}

TEST(Jobserver, is_also_a_fifo) {
  const test::TempDir folder;
  const std::string path = folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const os::Fd make = os::open_file(path, O_RDWR | O_NONBLOCK).value();
  ASSERT_TRUE(os::write_all(make, "xy"));
  {
    JobserverClient client = JobserverClient::open({.fifo = path}).value();
    EXPECT_TRUE(client.try_take().value());
  }
  EXPECT_EQ(drained(make).size(), 2U);
}

TEST(Jobserver, that_was_not_passed_on_is_an_error_with_a_hint) {
  EXPECT_EQ(JobserverClient::open({.read_end = 998, .write_end = 999}).error().message(),
            "jobserver descriptor 998: is not open, so the jobs of make cannot be counted in; put "
            "a + before the recipe's command, as in `+tend run ...`");
  EXPECT_FALSE(JobserverClient::open({.fifo = "/none"}).has_value());
  const os::Fd file = os::open_file("/dev/null", O_RDWR).value();
  EXPECT_FALSE(
      JobserverClient::open({.read_end = file.get(), .write_end = file.get()}).has_value());
}

}  // namespace
}  // namespace tend::jobs
