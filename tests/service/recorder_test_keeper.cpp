#include "recorder_test_keeper.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "os/files.hpp"
#include "os/unix_socket.hpp"
#include "service/recorder/log_names.hpp"
#include "service/recorder/recorder.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

using service::Passed;
using service::Stored;
using service::StoredKind;
using service::keeper::Message;
using service::keeper::MessageType;

constexpr const char* role = "TEND_TEST_RECORDER";

/// This binary as a recorder: before main(), so that no test machinery is in the process.
[[maybe_unused]] const bool is_recorder = [] {
  if (const char* words = std::getenv(role); words != nullptr) {
    int state = -1;
    int socket = -1;
    if (std::sscanf(words, "%d %d", &state, &socket) == 2) {
      std::exit(service::recorder_main(state, socket));
    }
  }
  return false;
}();

template <typename T>
T value_of(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::abort();
  }
  return *std::move(result);
}

os::Fd copy_of(const os::Fd& fd) { return value_of(os::duplicate_at_least(fd, 200)); }

}  // namespace

service::ServiceSpec logged_service(std::string name, std::uint64_t max_size, std::uint32_t keep,
                                    service::LogPolicy policy) {
  service::ServiceSpec spec;
  spec.name = std::move(name);
  spec.argv = {"true"};
  spec.log = {.max_size_bytes = max_size, .keep = keep, .policy = policy};
  return spec;
}

TestKeeper::TestKeeper(const std::filesystem::path& directory,
                       std::vector<service::ServiceSpec> services)
    : log_dir_(directory / "log") {
  std::filesystem::create_directory(log_dir_);
  const os::Fd folder = value_of(os::open_directory(directory));
  const std::vector<service::ServiceState> initial(services.size());
  state_ = value_of(service::StateFile::create_at(
      folder, "state",
      {.name = "test", .file = "/test", .log_dir = log_dir_, .services = std::move(services)},
      initial));
  os::Pipe staging = value_of(os::make_pipe());
  store(StoredKind::staging_read, service::no_record, 0, std::move(staging.read));
  store(StoredKind::staging_write, service::no_record, 0, std::move(staging.write));
  make_pair();
}

TestKeeper::~TestKeeper() { kill_recorder(); }

void TestKeeper::make_pair() {
  auto [ours, theirs] = value_of(os::packet_pair());
  EXPECT_TRUE(os::set_nonblocking(ours));
  socket_ = std::move(ours);
  recorder_socket_ = copy_of(theirs);
}

/// High numbers, as in a keeper that has run for long.
void TestKeeper::store(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd) {
  for (Stored& entry : state_.stored()) {
    if (entry.kind == StoredKind::none) {
      os::Fd copy = copy_of(fd);
      entry = {.kind = kind, .record = record, .run = run, .fd = copy.get()};
      held_[&entry] = std::move(copy);
      return;
    }
  }
  ADD_FAILURE() << "the table of stored descriptors is full";
}

os::Fd TestKeeper::open_log(std::uint32_t record, std::uint32_t run) {
  auto pipe = value_of(os::make_durable_pipe(geteuid(), os::Fd{}));
  store(StoredKind::log_pipe, record, run, std::move(pipe.read));
  if (has_recorder()) {
    pass_new_pipes();
  }
  return std::move(pipe.write);
}

void TestKeeper::open_door(const std::string& path) {
  store(StoredKind::handover_socket, service::no_record, 0, value_of(os::listen_unix(path)));
}

void TestKeeper::pass_new_pipes() {
  for (auto& [entry, fd] : held_) {
    if (entry->kind != StoredKind::log_pipe || entry->passed != Passed::not_yet) {
      continue;
    }
    const Message message{.type = MessageType::pass,
                          .kind = StoredKind::log_pipe,
                          .record = entry->record,
                          .run = entry->run};
    const os::Fd* const attached[] = {&fd};
    const auto bytes = std::string_view(reinterpret_cast<const char*>(&message), sizeof message);
    EXPECT_TRUE(os::send_message(socket_, bytes, attached));
    entry->passed = Passed::by_message;
  }
}

pid_t TestKeeper::start_writer(std::uint32_t record, std::uint32_t run, std::size_t block_bytes,
                               long pause_us, unsigned long count) {
  const os::Fd output = open_log(record, run);
  const std::string name = value_of(state_.project()).services[record].name;
  const std::string path = program("log_writer");
  const std::string block = std::to_string(block_bytes);
  const std::string pause = std::to_string(pause_us);
  const std::string lines = std::to_string(count);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(output.get(), STDOUT_FILENO);
    execl(path.c_str(), "log_writer", name.c_str(), block.c_str(), pause.c_str(), lines.c_str(),
          nullptr);
    _exit(127);
  }
  return pid;
}

void TestKeeper::start_recorder(const std::vector<std::string>& wrapper) {
  if (!recorder_socket_) {
    make_pair();
  }
  for (auto& [entry, fd] : held_) {
    entry->passed = Passed::by_exec;
  }
  recorder_ = fork();
  if (recorder_ == 0) {
    become_recorder(wrapper);
  }
  recorder_socket_.reset();
}

void TestKeeper::become_recorder(const std::vector<std::string>& wrapper) {
  fcntl(state_.fd().get(), F_SETFD, 0);
  fcntl(recorder_socket_.get(), F_SETFD, 0);
  for (const auto& [entry, fd] : held_) {
    fcntl(fd.get(), F_SETFD, 0);
  }
  const std::string words =
      std::to_string(state_.fd().get()) + " " + std::to_string(recorder_socket_.get());
  setenv(role, words.c_str(), 1);
  if (!wrapper.empty()) {
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // LeakSanitizer cannot work below a tracer.
  }
  std::vector<std::string> command = wrapper;
  command.push_back(std::filesystem::read_symlink("/proc/self/exe"));
  std::vector<char*> arguments;
  for (std::string& word : command) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

void TestKeeper::kill_recorder() {
  if (has_recorder()) {
    kill(recorder_, SIGKILL);
    wait_for_recorder();
  }
}

int TestKeeper::wait_for_recorder() {
  int status = 0;
  while (waitpid(recorder_, &status, 0) < 0 && errno == EINTR) {
  }
  listen(0);
  recorder_ = 0;
  socket_.reset();
  return status;
}

void TestKeeper::say_finish() {
  if (!socket_) {
    make_pair();
  }
  const Message message{.type = MessageType::finish};
  EXPECT_TRUE(os::send_message(
      socket_, std::string_view(reinterpret_cast<const char*>(&message), sizeof message)));
}

void TestKeeper::listen(int timeout_ms) {
  pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  poll(&watched, 1, timeout_ms);
  while (socket_) {
    const auto received = os::receive_message(socket_, sizeof(Message));
    if (!received || !*received || (*received)->is_end) {
      return;
    }
    Message message;
    std::memcpy(&message, (*received)->bytes.data(), sizeof message);
    EXPECT_EQ(message.type, MessageType::log_ended);
    ended_.insert({message.record, message.run});
    std::erase_if(held_, [&message](auto& held) {
      Stored& entry = *held.first;
      const bool is_it = entry.kind == StoredKind::log_pipe && entry.record == message.record &&
                         entry.run == message.run;
      if (is_it) {
        entry = Stored{};
      }
      return is_it;
    });
  }
}

bool TestKeeper::wait_for_end(std::uint32_t record, std::uint32_t run) {
  while (!has_ended(record, run)) {
    if (waitpid(recorder_, nullptr, WNOHANG) != 0) {
      recorder_ = 0;
      return false;
    }
    listen(100);
  }
  return true;
}

void TestKeeper::vanish() {
  socket_.reset();
  held_.clear();
}

std::vector<std::filesystem::path> log_files_of(const std::filesystem::path& log_dir,
                                                const std::string& service) {
  std::map<std::uint64_t, std::filesystem::path> finished;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(log_dir)) {
    const std::string name = entry.path().filename();
    const auto parsed = service::parse_log_name(name);
    if (parsed && parsed->service == service && parsed->kind == service::LogNameKind::finished) {
      finished[parsed->generation] = entry.path();
    }
  }
  for (const auto& [generation, path] : finished) {
    files.push_back(path);
  }
  if (std::filesystem::exists(log_dir / service::current_log_name(service))) {
    files.push_back(log_dir / service::current_log_name(service));
  }
  return files;
}

std::string whole_log(const std::filesystem::path& log_dir, const std::string& service) {
  std::string bytes;
  for (const auto& path : log_files_of(log_dir, service)) {
    bytes += read_file(path);
  }
  return bytes;
}

std::string written_by(const std::string& name, unsigned long count) {
  std::string bytes;
  std::array<char, 128> text{};
  for (unsigned long number = 1; number <= count; ++number) {
    std::snprintf(text.data(), text.size(), "%s %09lu ", name.c_str(), number);
    bytes.append(text.data()).append(number % 71, '.').push_back('\n');
  }
  std::snprintf(text.data(), text.size(), "%s end %09lu\n", name.c_str(), count);
  return bytes.append(text.data());
}

unsigned long expect_whole_output(const std::string& name, const std::string& bytes) {
  const std::size_t at = bytes.rfind(name + " end ");
  if (at == std::string::npos) {
    ADD_FAILURE() << name << ": no end line in " << bytes.size() << " bytes";
    return 0;
  }
  const unsigned long count = std::strtoul(bytes.c_str() + at + name.size() + 5, nullptr, 10);
  const std::string expected = written_by(name, count);
  const auto [a, b] = std::ranges::mismatch(bytes, expected);
  EXPECT_TRUE(bytes == expected) << name << ": " << bytes.size() << " bytes instead of "
                                 << expected.size() << ", different from byte " << a - bytes.begin()
                                 << " on: \""
                                 << bytes.substr(static_cast<std::size_t>(a - bytes.begin()), 100)
                                 << "\"";
  return count;
}

void write_whole(const os::Fd& fd, std::string_view bytes) {
  EXPECT_TRUE(os::write_all(fd, bytes));
}

void pause_ms(int milliseconds) {
  const timespec wait{.tv_sec = 0, .tv_nsec = milliseconds * 1'000'000L};
  nanosleep(&wait, nullptr);
}

}  // namespace tend::test
