#include "service/spec_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace tend::service {
namespace {

using Texts = std::vector<std::string>;

// --- any project ---------------------------------------------------------------------------------

std::string any_text() { return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)); }

Texts any_texts() {
  Texts texts(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
  for (std::string& text : texts) {
    text = any_text();
  }
  return texts;
}

milliseconds any_time() { return milliseconds(*rc::gen::arbitrary<std::int64_t>()); }

template <typename T>
T any() {
  return *rc::gen::arbitrary<T>();
}

template <typename T>
T any_choice(T last) {
  return static_cast<T>(*rc::gen::inRange(0, static_cast<int>(last) + 1));
}

double any_number() { return static_cast<double>(any<std::int32_t>()) / 64; }

Readiness any_readiness() {
  return {.means = any_choice(ReadyMeans::delay),
          .fd = any<int>(),
          .host = any_text(),
          .port = any<std::uint16_t>(),
          .http_host = any_text(),
          .path = any_text(),
          .exec = any_texts(),
          .delay = any_time(),
          .timeout = any_time(),
          .every = any_time()};
}

RestartPolicy any_restart() {
  return {.when = any_choice(RestartWhen::never),
          .first_at_once = any<bool>(),
          .delay = any_time(),
          .factor = any_number(),
          .jitter = any_number(),
          .max_delay = any_time(),
          .reset_after = any_time(),
          .limit = any<std::uint32_t>(),
          .limit_window = any_time(),
          .cool_down = any_time()};
}

ServiceSpec any_service(std::uint32_t count) {
  const auto index = [count] { return *rc::gen::inRange<std::uint32_t>(0, count); };
  ServiceSpec service{.name = any_text(),
                      .kind = any_choice(Kind::task),
                      .argv = any_texts(),
                      .cwd = any_text(),
                      .env = any_texts(),
                      .umask = any<std::uint32_t>(),
                      .ready = any_readiness(),
                      .restart = any_restart(),
                      .stop = {},
                      .log = {.max_size_bytes = any<std::uint64_t>(),
                              .keep = any<std::uint32_t>(),
                              .policy = any_choice(LogPolicy::drop)},
                      .essential = any<bool>()};
  if (any<bool>()) {
    service.identity =
        Identity{any<std::uint32_t>(), any<std::uint32_t>(), any<std::vector<std::uint32_t>>()};
  }
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
    service.limits.push_back({any<int>(), any<std::uint64_t>(), any<std::uint64_t>()});
    service.requires_.push_back({index(), any_choice(Until::completed), any<bool>()});
    service.after.push_back(index());
    service.stop.push_back({*rc::gen::inRange(1, 65), any_time()});
  }
  return service;
}

ProjectSpec any_project() {
  ProjectSpec project{
      .name = any_text(), .file = any_text(), .runtime_dir = any_text(), .log_dir = any_text()};
  const auto count = *rc::gen::inRange<std::uint32_t>(0, 4);
  for (std::uint32_t at = 0; at < count; ++at) {
    project.services.push_back(any_service(count));
  }
  return project;
}

ProjectSpec small_project() {
  ServiceSpec db{.name = "db",
                 .argv = {"redis-server", "--port", "7001"},
                 .cwd = "/srv/shop",
                 .env = {"HOME=/root", "PATH=/bin"},
                 .identity = Identity{33, 33, {33, 44}},
                 .limits = {{7, 1024, UINT64_MAX}},
                 .ready = {.means = ReadyMeans::notify}};
  ServiceSpec web{.name = "web",
                  .argv = {"/bin/sh", "-c", "exec ./server"},
                  .cwd = "/srv/shop",
                  .env = {"HOME=/root", "PATH=/bin"},
                  .requires_ = {{0, Until::ready, true}},
                  .after = {0},
                  .ready = {.means = ReadyMeans::http, .host = "127.0.0.1", .port = 80}};
  return {.name = "shop",
          .file = "/srv/shop/tend.toml",
          .runtime_dir = "/run/tend/shop",
          .log_dir = "/var/log/tend/shop",
          .services = {db, web}};
}

// --- both ways -----------------------------------------------------------------------------------

RC_GTEST_PROP(SpecCodec, decodes_what_it_encoded, ()) {
  const ProjectSpec project = any_project();
  const auto decoded = decode(encode(project));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT((*decoded == project));
}

RC_GTEST_PROP(SpecCodec, any_bytes_are_a_project_or_an_error,
              (const std::vector<std::uint8_t>& bytes)) {
  static_cast<void>(decode(std::as_bytes(std::span(bytes))));
}

TEST(SpecCodec, bytes_that_end_early_are_an_error_at_every_length) {
  const std::vector<std::byte> bytes = encode(small_project());
  ASSERT_TRUE(decode(bytes).has_value());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = decode(std::span(bytes).first(length));
    ASSERT_FALSE(decoded.has_value()) << length;
    EXPECT_EQ(decoded.error().step, "read specs");
    EXPECT_FALSE(decoded.error().subject.empty());
  }
}

TEST(SpecCodec, a_changed_byte_gives_an_error_or_another_project_that_is_whole) {
  const std::vector<std::byte> bytes = encode(small_project());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      std::vector<std::byte> changed = bytes;
      changed[at] ^= static_cast<std::byte>(flip);
      if (const auto decoded = decode(changed)) {
        EXPECT_EQ(encode(*decoded).size(), encode(*decode(encode(*decoded))).size());
      }
    }
  }
}

TEST(SpecCodec, bytes_behind_the_end_are_an_error) {
  std::vector<std::byte> bytes = encode(small_project());
  bytes.push_back({});
  EXPECT_EQ(decode(bytes).error().message(), "read specs end: there are bytes behind the end");
}

TEST(SpecCodec, names_what_makes_no_sense) {
  const auto complaint = [](const ProjectSpec& project) {
    const auto decoded = decode(encode(project));
    return decoded ? "" : decoded.error().message();
  };
  ProjectSpec project = small_project();
  project.services[1].requires_[0].on = 2;
  EXPECT_EQ(complaint(project), "read specs requires on: names a service that is not there");

  project = small_project();
  project.services[1].after[0] = 2;
  EXPECT_EQ(complaint(project), "read specs after: names a service that is not there");

  project = small_project();
  project.services[1].stop[0].signal = 65;
  EXPECT_EQ(complaint(project), "read specs stop signal: is no signal");

  project = small_project();
  project.services[1].kind = static_cast<Kind>(2);
  EXPECT_EQ(complaint(project), "read specs kind: is a choice that this version does not know");

  project = small_project();
  project.services[1].restart.factor = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(complaint(project), "read specs restart factor: is not a number");

  project = small_project();
  project.services[0].cwd = std::string("a\0b", 3);
  EXPECT_EQ(complaint(project), "read specs texts: a text has a NUL byte");

  EXPECT_EQ(decode({}).error().message(), "read specs magic: the bytes end here");
}

TEST(SpecCodec, another_version_is_refused) {
  std::vector<std::byte> bytes = encode(small_project());
  bytes[4] = std::byte{99};
  EXPECT_EQ(decode(bytes).error().message(),
            "read specs version: written by another version of tend");
  bytes[0] = std::byte{0};
  EXPECT_EQ(decode(bytes).error().message(), "read specs magic: these bytes are not specs");
}

// --- size ----------------------------------------------------------------------------------------

TEST(SpecCodec, a_shared_environment_is_stored_once) {
  ProjectSpec project = small_project();
  project.services[0].env = {"BIG=" + std::string(10'000, 'x')};
  project.services[1].env = project.services[0].env;
  EXPECT_LT(encode(project).size(), 11'000U);
}

// 300 mentions of a text of a megabyte are 300 MB of memory behind 1 MB of file.
TEST(SpecCodec, a_small_file_cannot_ask_for_any_amount_of_memory) {
  ProjectSpec project = small_project();
  const std::string text(1'000'000, 'x');
  project.services[0].env = {text};
  EXPECT_TRUE(decode(encode(project)).has_value());
  project.services[0].env = std::vector<std::string>(300, text);
  EXPECT_EQ(decode(encode(project)).error().detail, "more text than a project may have");
}

TEST(SpecCodec, the_digest_tells_projects_apart) {
  const ProjectSpec project = small_project();
  ProjectSpec other = project;
  other.services[0].essential = true;
  EXPECT_EQ(digest(encode(project)), digest(encode(project)));
  EXPECT_NE(digest(encode(project)), digest(encode(other)));
  EXPECT_EQ(digest({}), 0xcbf29ce484222325);
}

}  // namespace
}  // namespace tend::service
