#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/remote/slurm.hpp"

namespace tend::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SlurmWords, a_worker_is_one_task_on_one_node) {
  const auto launch = slurm_launch("", std::nullopt);
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->launcher, "srun --job-name=tend --nodes=1 --ntasks=1");
  EXPECT_EQ(launch->slots, 1U);
}

TEST(SlurmWords, options_are_passed_on_as_they_were_written) {
  const auto launch = slurm_launch(" -p short --mem-per-cpu=2G --comment='a  b' ", std::nullopt);
  ASSERT_TRUE(launch);
  EXPECT_THAT(launch->launcher, HasSubstr(" -p short --mem-per-cpu=2G --comment='a  b' "));
}

TEST(SlurmWords, slots_are_those_wished_for_else_the_cpus_asked_for) {
  struct Case {
    std::string_view options{};
    std::optional<unsigned> wish{};
    unsigned slots = 0;
  };
  constexpr Case cases[] = {
      {"-c4", {}, 4},
      {"-c 4", {}, 4},
      {"-c=4", {}, 4},
      {"--cpus-per-task=4", {}, 4},
      {"--cpus-per-task 4 -p x", {}, 4},
      {"-c2 -c3", {}, 3},
      {"-c", {}, 1},
      {"--cpus-per-task=x", {}, 1},
      {"--cpu-freq=high", {}, 1},
      {"-c4", 8, 8},
      {"", 8, 8},
  };
  for (const auto& [options, wish, slots] : cases) {
    const auto launch = slurm_launch(options, wish);
    ASSERT_TRUE(launch) << options;
    EXPECT_EQ(launch->slots, slots) << options;
  }
  EXPECT_THAT(slurm_launch("", 8)->launcher, HasSubstr("--cpus-per-task=8"));
  EXPECT_THAT(slurm_launch("-c4", 8)->launcher, testing::Not(HasSubstr("--cpus-per-task=8")));
}

TEST(SlurmWords, what_would_break_the_stream_or_double_a_worker_is_refused) {
  for (const std::string_view options :
       {"-n4", "-n 4", "--ntasks=4", "--ntasks 4", "-N2", "--nodes=2", "-o x", "--output=x", "-e x",
        "--input=none", "-l", "--label", "--pty", "-u", "--unbuffered", "-p short -n2"}) {
    const auto launch = slurm_launch(options, std::nullopt);
    ASSERT_FALSE(launch) << options;
    EXPECT_EQ(launch.error().step, "place workers");
  }
  for (const std::string_view options :
       {"--no-kill", "--nodelist=n1", "--ntasks-per-core=1", "-p main", "--error-codes"}) {
    EXPECT_TRUE(slurm_launch(options, std::nullopt)) << options;
  }
}

TEST(SlurmWords, the_jobs_that_wait_are_those_that_srun_names) {
  EXPECT_THAT(queued_slurm_jobs({"srun: job 17 queued and waiting for resources\n", "",
                                 "Welcome\nsrun: job 4294967296 queued and waiting\nsrun: job x "
                                 "queued\nsrun: job 9 has been allocated resources\n"}),
              ElementsAre(17U, 4294967296U));
  EXPECT_THAT(queued_slurm_jobs({}), IsEmpty());
}

TEST(SlurmWords, squeue_is_counted_in_words) {
  EXPECT_EQ(squeue_words("PENDING:Resources\nPENDING:Priority\nPENDING:Resources\n"),
            "1 pending (Priority), 2 pending (Resources)");
  EXPECT_EQ(squeue_words("slurm_load_jobs error\n"), "");
  EXPECT_EQ(squeue_words(""), "");
  EXPECT_EQ(squeue_words("RUNNING:None"), "1 running (None)");
}

}  // namespace
}  // namespace tend::jobs
