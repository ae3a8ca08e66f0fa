// Poco::Process. needs: header Poco/Process.h PocoFoundation

#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>

#include <string>

#include "bench/support/contender.hpp"

namespace {

std::size_t collect(const std::string& program, const Poco::Process::Args& arguments) {
  Poco::Pipe pipe;
  const Poco::ProcessHandle child =
      Poco::Process::launch(program, arguments, nullptr, &pipe, nullptr);
  std::string all;
  std::string block(64 * 1024, '\0');
  for (int count = 0; (count = pipe.readBytes(block.data(), static_cast<int>(block.size()))) > 0;) {
    all.append(block.data(), static_cast<std::size_t>(count));
  }
  child.wait();
  return all.size();
}

}  // namespace

int main() {
  using std::string;
  return tend::bench::serve(
      {.spawn =
           [](const string& program) {
             if (Poco::Process::launch(program, {}).wait() != 0) {
               tend::bench::give_up("Poco::Process");
             }
           },
       .output = [](const string& program) { return collect(program, {}); },
       .capture = [](const string& producer,
                     const string& bytes) { return collect(producer, {bytes}); }});
}
