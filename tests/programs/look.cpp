// Looks at processes as whoever runs it, and prints what it may know: for tests that look as
// another user or from another namespace. build: libtend
//
//   look PID     a line `FIELD: value` or `FIELD: why it is not known` for each field
//   look all     one line for each process, then what is said about the whole

#include <tend/inspect/snapshot.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace tend::inspect;

int fail(const tend::Error& error) {
  std::printf("error %d: %s\n", error.code, error.message().c_str());
  return 1;
}

template <typename T>
void tell(const char* name, const Field<T>& field) {
  std::printf("%s: %s\n", name, field ? "known" : std::string(name_of(field.why())).c_str());
}

int look_at(std::int32_t pid) {
  const auto process = read_process(pid);
  if (!process) {
    return fail(process.error());
  }
  std::printf("name: %s\nstate: %s\n", process->name.c_str(),
              std::string(name_of(process->state)).c_str());
  tell("command_line", process->command_line);
  tell("status", process->status);
  tell("executable", process->executable);
  tell("directory", process->directory);
  tell("environment", process->environment);
  tell("limits", process->limits);
  tell("namespaces", process->namespaces);
  tell("descriptors", process->descriptors);
  tell("memory_map", process->memory_map);
  tell("threads", process->threads);
  return 0;
}

int look_at_all() {
  const auto snapshot = Snapshot::take();
  if (!snapshot) {
    return fail(snapshot.error());
  }
  for (const Process& process : snapshot->processes()) {
    std::printf("%d %d %s\n", process.identity.pid, process.parent.pid, process.name.c_str());
  }
  std::printf("vanished %zu unreadable %zu\nnote: %s\n", snapshot->vanished(),
              snapshot->unreadable(), snapshot->view().note().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const std::string what = argv[1];
  return what == "all" ? look_at_all() : look_at(std::atoi(argv[1]));
}
