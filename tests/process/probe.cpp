#include "process/probe.hpp"

#include "os/fd.hpp"
#include "os/spawn_means.hpp"
#include "support/temp_dir.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace tend::test {

namespace {

std::string unhex(const std::string& coded) {
  std::string text;
  for (std::size_t at = 0; at + 1 < coded.size(); at += 2) {
    text += static_cast<char>(std::stoi(coded.substr(at, 2), nullptr, 16));
  }
  return text;
}

std::int64_t integer(const json::Value& value, const char* key) {
  return value.find(key)->as_integer().value();
}

std::vector<std::int64_t> integers(const json::Value& value, const char* key) {
  std::vector<std::int64_t> list;
  for (const json::Value& item : value.find(key)->items()) {
    list.push_back(item.as_integer().value());
  }
  return list;
}

std::string text_of(const json::Value& value, const char* key) {
  return unhex(*value.find(key)->as_string());
}

std::vector<std::string> texts(const json::Value& value, const char* key) {
  std::vector<std::string> list;
  for (const json::Value& item : value.find(key)->items()) {
    list.push_back(unhex(*item.as_string()));
  }
  return list;
}

std::uint64_t natural(const json::Value& value, const char* key) {
  return value.find(key)->as_unsigned().value();
}

Probe::Capabilities capabilities_of(const json::Value& value) {
  return {.inheritable = natural(value, "inheritable"),
          .permitted = natural(value, "permitted"),
          .effective = natural(value, "effective"),
          .bounding = natural(value, "bounding"),
          .ambient = natural(value, "ambient")};
}

Probe::Terminal terminal_of(const json::Value& value) {
  return {.foreground = integer(value, "foreground"),
          .rows = integer(value, "rows"),
          .columns = integer(value, "columns"),
          .streams = integers(value, "streams")};
}

}  // namespace

std::vector<std::int64_t> Probe::descriptor_numbers() const {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, descriptor] : descriptors) {
    numbers.push_back(number);
  }
  return numbers;
}

Child started(const Command& command) {
  auto child = command.spawn();
  if (!child) {
    ADD_FAILURE() << child.error().message();
    std::abort();
  }
  return *std::move(child);
}

std::string line_from(Child& child) {
  std::string line;
  char byte = 0;
  while (::read(child.out().get(), &byte, 1) == 1 && byte != '\n') {
    line += byte;
  }
  return line;
}

Command probe_command() { return Command(program("probe_child")); }

Probe parse_probe(const std::string& text) {
  const auto parsed = json::parse(text);
  if (!parsed) {
    ADD_FAILURE() << "not JSON: " << text << parsed.error().message();
    return {};
  }
  Probe probe{.pid = integer(*parsed, "pid"),
              .parent = integer(*parsed, "parent"),
              .group = integer(*parsed, "group"),
              .session = integer(*parsed, "session"),
              .uids = integers(*parsed, "uids"),
              .gids = integers(*parsed, "gids"),
              .groups = integers(*parsed, "groups"),
              .umask = integer(*parsed, "umask"),
              .nice = integer(*parsed, "nice"),
              .cpus = integers(*parsed, "cpus"),
              .scheduler = integer(*parsed, "scheduler"),
              .priority = integer(*parsed, "priority"),
              .oom_score = integer(*parsed, "oom_score"),
              .capabilities = capabilities_of(*parsed->find("capabilities")),
              .namespaces = texts(*parsed, "namespaces"),
              .terminal = terminal_of(*parsed->find("terminal")),
              .boot_time = integer(*parsed, "boot_time"),
              .no_new_privileges = integer(*parsed, "no_new_privileges") == 1,
              .parent_death_signal = integer(*parsed, "parent_death_signal"),
              .cwd = text_of(*parsed, "cwd"),
              .cgroup = text_of(*parsed, "cgroup"),
              .blocked = integers(*parsed, "blocked"),
              .ignored = integers(*parsed, "ignored"),
              .argv = texts(*parsed, "argv"),
              .env = texts(*parsed, "env")};
  for (const json::Value& limit : parsed->find("limits")->items()) {
    probe.limits.push_back(
        {limit.items()[0].as_unsigned().value(), limit.items()[1].as_unsigned().value()});
  }
  for (const json::Value& descriptor : parsed->find("descriptors")->items()) {
    probe.descriptors[integer(descriptor, "number")] = {
        .inode = descriptor.find("inode")->as_unsigned().value(),
        .device = descriptor.find("device")->as_unsigned().value(),
        .is_nonblocking = descriptor.find("nonblocking")->as_bool().value()};
  }
  return probe;
}

Probe run_probe(const Command& command) {
  const auto output = command.capture();
  if (!output) {
    ADD_FAILURE() << output.error().message();
    return {};
  }
  EXPECT_TRUE(output->status.success()) << output->status.description() << " " << output->err;
  return parse_probe(output->out);
}

void EachLevel::SetUp() {
  ::setenv("TEND_SPAWN_LEVEL", GetParam(), 1);
  os::forget_spawn_means();
}

int EachLevel::repeats(int count) {
  return std::string_view(GetParam()) == "1" ? count : std::max(1, count / 10);
}

void EachLevel::TearDown() {
  ::unsetenv("TEND_SPAWN_LEVEL");
  os::forget_spawn_means();
}

namespace {

/// The library's own threads and their descriptors, made before the first test counts. Not where a
/// sandbox refuses threads.
class LibraryThreads : public testing::Environment {
  void SetUp() override {
    if (std::getenv("TEND_TEST_NO_THREADS") != nullptr) {
      return;
    }
    auto child = Command("/bin/cat").in(Stdio::pipe()).spawn();
    ASSERT_TRUE(child.has_value()) << child.error().message();
    const int pidfd = child->pidfd().get();
    Fd input = std::move(child->in());
    std::move(*child).release();
    input.reset();
    while (os::is_open_descriptor(pidfd)) {
      ::usleep(1000);
    }
  }
};

const auto* const library_threads = testing::AddGlobalTestEnvironment(new LibraryThreads);

}  // namespace

}  // namespace tend::test
