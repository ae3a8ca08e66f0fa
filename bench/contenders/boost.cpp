// Boost.Process, version 1 of its interface. needs: header boost/process.hpp boost_filesystem

#include <boost/process.hpp>

#include <sstream>
#include <string>

#include "bench/support/contender.hpp"

namespace {

namespace bp = boost::process;

std::size_t collect(const std::string& program, const std::vector<std::string>& arguments) {
  bp::ipstream output;
  bp::child child(bp::exe = program, bp::args = arguments, bp::std_out > output);
  std::string all;
  std::string block(64 * 1024, '\0');
  while (output.read(block.data(), static_cast<std::streamsize>(block.size())),
         output.gcount() > 0) {
    all.append(block.data(), static_cast<std::size_t>(output.gcount()));
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
             bp::child child(program);
             child.wait();
             if (child.exit_code() != 0) {
               tend::bench::give_up("boost");
             }
           },
       .output = [](const string& program) { return collect(program, {}); },
       .capture = [](const string& producer,
                     const string& bytes) { return collect(producer, {bytes}); }});
}
