// A new director that continues where another one was killed. That no moment is forgotten is the
// walker's task; these are the stories.

#include <gtest/gtest.h>

#include "service/service_life.hpp"

namespace tend::service::test {

namespace {

Policy plain(RestartWhen when = RestartWhen::failure) {
  static const std::vector<StopStage> ladder = {{SIGTERM, std::chrono::seconds(8)},
                                                {SIGKILL, std::chrono::seconds(2)}};
  return {.restart = {.when = when, .first_at_once = false}, .stop = ladder};
}

TEST(resume, what_was_seen_as_running_may_still_turn_out_to_have_failed_to_start) {
  Life web(plain());
  web.tell(Event::Type::start);
  // A process is there, its exec has not happened yet.
  web.state = resume(web.state, {.now_ns = web.now_ns, .has_process = true}, plain()).state;
  EXPECT_EQ(web.state.phase, Phase::up);
  EXPECT_EQ(web.fails_to_start(), "");
  EXPECT_EQ(web.state.phase, Phase::backoff);
  EXPECT_EQ(web.state.cause, Cause::not_started);
}

TEST(resume, an_unborn_run_that_nobody_wants_any_more_is_not_born) {
  Life web(plain());
  web.tell(Event::Type::start);
  web.tell(Event::Type::stop);
  const Step resumed = resume(web.state, {.now_ns = web.now_ns}, plain());
  EXPECT_EQ(resumed.state.phase, Phase::stopped);
  EXPECT_TRUE(resumed.actions.list().empty());
}

TEST(resume, an_unborn_run_that_was_to_be_restarted_waits_for_its_turn) {
  Life web(plain());
  web.tell(Event::Type::start);
  web.tell(Event::Type::restart);
  EXPECT_EQ(resume(web.state, {.now_ns = web.now_ns}, plain()).state.phase, Phase::waiting);
}

TEST(resume, tells_again_that_it_has_finished) {
  Life web(plain(RestartWhen::never));
  web.come_up().exits(1);
  const Step resumed = resume(web.state, {.now_ns = web.now_ns}, plain(RestartWhen::never));
  ASSERT_EQ(resumed.actions.list().size(), 1U);
  EXPECT_EQ(resumed.actions.list()[0].type, Action::Type::finished);
  web.tell(Event::Type::stop);
  EXPECT_TRUE(resume(web.state, {}, plain()).actions.list().empty());
}

TEST(resume, a_running_service_notices_nothing) {
  Life web(plain());
  web.come_up();
  const Step resumed = resume(web.state, {.now_ns = web.now_ns, .has_process = true}, plain());
  EXPECT_EQ(resumed.state, web.state);
  EXPECT_TRUE(resumed.actions.list().empty());
}

}  // namespace

}  // namespace tend::service::test
