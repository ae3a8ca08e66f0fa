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
  EXPECT_EQ(squeue_words("RUNNING:None"), "1 running");
}

TEST(SlurmArrays, an_array_has_a_script_that_starts_tend_with_its_share) {
  SlurmArray array = slurm_array(" -p short --mem=2G ", 4).value();
  array.name = "tend-1";
  array.tasks = 12;
  array.folder = "/shared/a b/100%.detached";
  array.program = "/usr/bin/tend";
  EXPECT_EQ(submit_words(array),
            "sbatch --parsable '--output=/shared/a b/100%%.detached/%a.out' --open-mode=append "
            "-p short --mem=2G '/shared/a b/100%.detached/script'");
  EXPECT_EQ(array_script(array), "#!/bin/sh\n# Submitted by: " + submit_words(array) +
                                     "\n#SBATCH --job-name=tend-1\n#SBATCH --array=1-12\n"
                                     "#SBATCH --nodes=1\n#SBATCH --ntasks=1\n"
                                     "#SBATCH --cpus-per-task=4\n"
                                     "exec /usr/bin/tend __share '/shared/a b/100%.detached' "
                                     "\"$SLURM_ARRAY_TASK_ID\"\n");
}

TEST(SlurmArrays, an_array_takes_its_slots_from_the_options) {
  const SlurmArray array = slurm_array("-c8", std::nullopt).value();
  EXPECT_EQ(array.slots, 8U);
  EXPECT_FALSE(array.asks_for_cpus);
  EXPECT_EQ(slurm_array("", std::nullopt).value().slots, 1U);
}

TEST(SlurmArrays, what_an_array_is_known_by_cannot_be_changed) {
  for (const char* options :
       {"-n 4", "--array=1-4", "-a1-4", "--job-name x", "-Jx", "--wrap=ls", "--wait", "-o x"}) {
    EXPECT_FALSE(slurm_array(options, std::nullopt)) << options;
  }
}

TEST(SlurmArrays, the_number_of_a_submitted_job_is_read_or_nothing) {
  EXPECT_EQ(submitted_job("17\n"), "17");
  EXPECT_EQ(submitted_job("17;cluster\n"), "17");
  for (const char* answer : {"", "\n", "Submitted batch job 17", "-1", "17 18", ";17", "1x"}) {
    EXPECT_EQ(submitted_job(answer), std::nullopt) << answer;
  }
}

TEST(SlurmArrays, tasks_in_the_queue_are_read_or_nothing) {
  const auto tasks = queued_tasks("2:RUNNING:None\n10:PENDING:Resources\n").value();
  EXPECT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks.at(2), "running");
  EXPECT_EQ(tasks.at(10), "pending (Resources)");
  EXPECT_TRUE(queued_tasks("").value().empty());
  for (const char* answer : {"slurm_load_jobs error", "x:RUNNING:None", "3", "3:RUNNING"}) {
    EXPECT_EQ(queued_tasks(answer), std::nullopt) << answer;
  }
}

}  // namespace
}  // namespace tend::jobs
