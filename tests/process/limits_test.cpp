// Limits of resources and of processes, and what a failed start means.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <tend/command.hpp>
#include <tend/limits.hpp>

#include <cerrno>
#include <optional>

namespace tend::test {
namespace {

TEST(Limits, of_this_process_are_what_libc_says) {
  rlimit libc{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &libc), 0);
  EXPECT_EQ(limit_of(Resource::descriptors).value(),
            (ResourceLimit{.soft = libc.rlim_cur, .hard = libc.rlim_max}));
  EXPECT_EQ(name_of(Resource::descriptors), "RLIMIT_NOFILE");
  EXPECT_EQ(name_of(Resource::realtime_us), "RLIMIT_RTTIME");
}

TEST(Limits, of_this_process_are_set_and_set_back) {
  const ResourceLimit before = limit_of(Resource::core).value();
  EXPECT_EQ(set_limit(Resource::core, {.soft = 0, .hard = before.hard}).value(), before);
  EXPECT_EQ(limit_of(Resource::core)->soft, 0U);
  EXPECT_TRUE(set_limit(Resource::core, before));
}

TEST(Limits, of_another_process_are_read_and_set_by_its_pid) {
  auto child = Command("/bin/cat").in(Stdio::pipe()).spawn();
  ASSERT_TRUE(child);
  const ResourceLimit wanted{.soft = 10, .hard = 20};
  EXPECT_TRUE(set_limit(Resource::descriptors, wanted, child->pid()));
  EXPECT_EQ(limit_of(Resource::descriptors, child->pid()).value(), wanted);
  child->in().reset();
  EXPECT_TRUE(child->wait()->success());
  EXPECT_EQ(limit_of(Resource::descriptors, child->pid()).error().code, ESRCH);
}

TEST(Limits, errors_name_the_limit) {
  const auto refused = set_limit(Resource::core, {.soft = 2, .hard = 1});
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_TRUE(refused.error().message().contains("RLIMIT_CORE")) << refused.error().message();
}

TEST(StartLimits, count_this_process_and_a_child_more_while_it_runs) {
  const StartLimits before = start_limits().value();
  EXPECT_EQ(before.user, ::getuid());
  EXPECT_GE(before.user_processes, 1U);
  EXPECT_GE(before.user_threads, before.user_processes);
  bool has_pid_max = false;
  for (const StartLimit& limit : before.limits) {
    EXPECT_GT(limit.most, 0U) << limit.what;
    has_pid_max = has_pid_max || limit.what.contains("pid_max");
  }
  EXPECT_TRUE(has_pid_max);
}

TEST(StartLimits, the_nearest_is_the_one_with_the_least_left) {
  const StartLimits limits{.limits = {{.what = "a", .used = 1, .most = 100},
                                      {.what = "b", .used = 95, .most = 100},
                                      {.what = "c", .used = 90, .most = 1000}}};
  EXPECT_EQ(limits.nearest()->what, "b");
  EXPECT_EQ(StartLimits{}.nearest(), std::nullopt);
  EXPECT_EQ((StartLimit{.what = "over", .used = 5, .most = 3}.left()), 0U);
}

TEST(StartFailure, names_the_limit_that_is_used_up_with_its_numbers) {
  const StartLimits limits{
      .limits = {
          {.what = "threads of user 1000 (RLIMIT_NPROC)", .used = 512, .most = 512},
          {.what = "numbers of processes and threads (pid_max)", .used = 900, .most = 4096}}};
  EXPECT_EQ(explain_start_failure(EAGAIN, limits),
            "no more processes or threads: 512 of 512 threads of user 1000 (RLIMIT_NPROC); start "
            "fewer, or raise that limit");
}

TEST(StartFailure, blames_the_memory_when_no_limit_is_near) {
  const StartLimits limits{.limits = {{.what = "x", .used = 10, .most = 1000}}};
  EXPECT_TRUE(explain_start_failure(EAGAIN, limits).contains("memory for a stack is missing"));
}

TEST(StartFailure, has_words_for_every_errno_of_a_start) {
  for (const int code : {EAGAIN, ENOMEM, EPERM, ENOSYS, EMFILE, ENFILE, EIO}) {
    EXPECT_FALSE(explain_start_failure(code).empty()) << code;
  }
}

}  // namespace
}  // namespace tend::test
