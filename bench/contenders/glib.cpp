// g_spawn_sync and GSubprocess of GLib. needs: pkg-config gio-2.0

#include <gio/gio.h>

#include <string>

#include "bench/support/contender.hpp"

namespace {

std::size_t run_program(const std::string& program, const std::string& argument, bool collects) {
  char* argv[] = {const_cast<char*>(program.c_str()),
                  argument.empty() ? nullptr : const_cast<char*>(argument.c_str()), nullptr};
  char* output = nullptr;
  int status = 0;
  const auto flags = static_cast<GSpawnFlags>(G_SPAWN_CHILD_INHERITS_STDIN);
  if (!g_spawn_sync(nullptr, argv, nullptr, flags, nullptr, nullptr, collects ? &output : nullptr,
                    nullptr, &status, nullptr) ||
      status != 0) {
    tend::bench::give_up("g_spawn_sync");
  }
  g_free(output);
  return 0;
}

std::size_t communicate(const char* program, const char* argument, const std::string* input) {
  const auto flags = static_cast<GSubprocessFlags>(
      G_SUBPROCESS_FLAGS_STDOUT_PIPE |
      (input == nullptr ? G_SUBPROCESS_FLAGS_NONE : G_SUBPROCESS_FLAGS_STDIN_PIPE));
  GSubprocess* process = g_subprocess_new(flags, nullptr, program, argument, nullptr);
  GBytes* sent = input == nullptr ? nullptr : g_bytes_new_static(input->data(), input->size());
  GBytes* got = nullptr;
  if (process == nullptr ||
      !g_subprocess_communicate(process, sent, nullptr, &got, nullptr, nullptr)) {
    tend::bench::give_up("g_subprocess_communicate");
  }
  const std::size_t size = g_bytes_get_size(got);
  g_bytes_unref(got);
  if (sent != nullptr) {
    g_bytes_unref(sent);
  }
  g_object_unref(process);
  return size;
}

}  // namespace

int main() {
  using std::string;
  return tend::bench::serve(
      {.spawn = [](const string& program) { run_program(program, {}, false); },
       .output = [](const string& program) { return run_program(program, {}, true); },
       .capture =
           [](const string& producer, const string& bytes) {
             return communicate(producer.c_str(), bytes.c_str(), nullptr);
           },
       .through_cat =
           [](const string& input) { return communicate("/bin/cat", nullptr, &input); }});
}
