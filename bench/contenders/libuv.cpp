// libuv: uv_spawn in a loop of its own. needs: pkg-config libuv

#include <uv.h>

#include <string>

#include "bench/support/contender.hpp"

namespace {

using tend::bench::give_up;

struct Run {
  bool has_failed = false;
  std::string output{};
  std::string buffer = std::string(64 * 1024, '\0');
  std::string input{};
};

void on_exit(uv_process_t* process, std::int64_t status, int signal) {
  static_cast<Run*>(process->data)->has_failed = status != 0 || signal != 0;
  uv_close(reinterpret_cast<uv_handle_t*>(process), nullptr);
}

void on_room(uv_handle_t* stream, std::size_t, uv_buf_t* buffer) {
  std::string& room = static_cast<Run*>(stream->data)->buffer;
  *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
}

void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  if (count < 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(stream), nullptr);
    return;
  }
  static_cast<Run*>(stream->data)->output.append(buffer->base, static_cast<std::size_t>(count));
}

void on_written(uv_write_t* request, int) {
  uv_close(reinterpret_cast<uv_handle_t*>(request->handle), nullptr);
}

enum class Streams { none, out, both };

/// Runs a program to its end; in `run` is what it wrote.
void run_program(const char* program, const char* argument, Streams streams, Run& run) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  uv_pipe_t in;
  uv_pipe_t out;
  uv_pipe_init(&loop, &in, 0);
  uv_pipe_init(&loop, &out, 0);
  out.data = &run;
  uv_stdio_container_t stdio[3] = {};
  for (int number = 0; number < 3; ++number) {
    stdio[number].flags = UV_INHERIT_FD;
    stdio[number].data.fd = number;
  }
  if (streams == Streams::both) {
    stdio[0].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_READABLE_PIPE);
    stdio[0].data.stream = reinterpret_cast<uv_stream_t*>(&in);
  }
  if (streams != Streams::none) {
    stdio[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    stdio[1].data.stream = reinterpret_cast<uv_stream_t*>(&out);
  }
  char* argv[] = {const_cast<char*>(program), const_cast<char*>(argument), nullptr};
  uv_process_options_t options = {};
  options.exit_cb = on_exit;
  options.file = program;
  options.args = argv;
  options.stdio = stdio;
  options.stdio_count = 3;
  uv_process_t process;
  process.data = &run;
  if (uv_spawn(&loop, &process, &options) != 0) {
    give_up("uv_spawn");
  }
  uv_write_t request;
  uv_buf_t input = uv_buf_init(run.input.data(), static_cast<unsigned>(run.input.size()));
  if (streams == Streams::both) {
    uv_write(&request, reinterpret_cast<uv_stream_t*>(&in), &input, 1, on_written);
  } else {
    uv_close(reinterpret_cast<uv_handle_t*>(&in), nullptr);
  }
  if (streams == Streams::none) {
    uv_close(reinterpret_cast<uv_handle_t*>(&out), nullptr);
  } else {
    uv_read_start(reinterpret_cast<uv_stream_t*>(&out), on_room, on_read);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  if (run.has_failed) {
    give_up(program);
  }
}

std::size_t collect(const std::string& program, const char* argument) {
  Run run;
  run_program(program.c_str(), argument, Streams::out, run);
  return run.output.size();
}

}  // namespace

int main() {
  using std::string;
  return tend::bench::serve(
      {.spawn =
           [](const string& program) {
             Run run;
             run_program(program.c_str(), nullptr, Streams::none, run);
           },
       .output = [](const string& program) { return collect(program, nullptr); },
       .capture = [](const string& producer,
                     const string& bytes) { return collect(producer, bytes.c_str()); },
       .through_cat =
           [](const string& input) {
             Run run{.input = input};
             run_program("/bin/cat", nullptr, Streams::both, run);
             return run.output.size();
           }});
}
