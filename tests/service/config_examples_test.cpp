// What the documentation shows is accepted.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "config_lab.hpp"
#include "support/temp_dir.hpp"

namespace tend::service::config {
namespace {

const std::filesystem::path source = TEND_SOURCE_DIR;

TEST(ConfigExamples, every_tend_toml_of_the_examples_is_good) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "examples")) {
    if (entry.path().filename() == "tend.toml") {
      EXPECT_EQ(lab::verdict(test::read_file(entry.path())), "good") << entry.path();
      ++count;
    }
  }
  EXPECT_GT(count, 0);
}

TEST(ConfigExamples, the_file_in_the_reference_is_good) {
  const std::string page = test::read_file(source / "docs/config.md");
  const std::string fence = "```toml\n";
  const std::size_t start = page.find(fence);
  ASSERT_NE(start, std::string::npos);
  const std::size_t text = start + fence.size();
  EXPECT_EQ(lab::verdict(page.substr(text, page.find("```\n", text) - text)), "good");
}

// The lines of the tables in the reference that say what a default is.
TEST(ConfigExamples, the_defaults_in_the_reference_are_the_defaults) {
  EXPECT_EQ(lab::service(R"(cwd = "."
umask = "022"
essential = false
ready = "none"
stop = [["TERM", "8s"], ["KILL"]]
log = { max-size = "16MiB", keep = 5, policy = "block" }
[service.web.restart]
when = "failure"
factor = 2
jitter = 0.1
max-delay = "30s"
reset-after = "10s"
limit = "10 in 1m"
cool-down = "1m"
)"),
            lab::service(""));
  const RestartPolicy restart = lab::service("").restart;
  EXPECT_TRUE(restart.first_at_once);
  EXPECT_EQ(restart.delay, std::chrono::milliseconds(100));
  EXPECT_EQ(lab::service("ready = { tcp = '127.0.0.1:1', timeout = '60s', every = '250ms' }"),
            lab::service("ready = { tcp = '127.0.0.1:1' }"));
}

}  // namespace
}  // namespace tend::service::config
