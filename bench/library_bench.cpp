// The library against a bare vfork, libc and the libraries that people use instead, side by side in
// one run: starting and waiting, collecting output, feeding and collecting at once. Prints tables,
// and with `--write FILE` renews the generated part of docs/library-performance.md. `--quick` only
// looks whether everything works.

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/comparison.hpp"
#include "bench/support/conversation.hpp"

namespace {

using std::string;
using tend::bench::Comparison;
using tend::bench::ComparisonResult;
using tend::bench::ContenderProgram;
using tend::bench::Conversation;
using tend::bench::Figure;

const string noop = TEND_BENCH_PROGRAMS "/noop";
const string producer = TEND_BENCH_PROGRAMS "/producer";

/// How much is measured.
struct Extent {
  bool is_quick = false;
  std::size_t gib = std::size_t{1} << 30;  ///< What stands for a GiB.
  int spawns = 100'000;                    ///< Over which memory may not grow.

  [[nodiscard]] std::string of_gib(std::size_t parts, std::size_t whole = 1) const {
    return std::to_string(gib * parts / whole);
  }
};

constexpr Extent quick{.is_quick = true, .gib = std::size_t{1} << 20, .spawns = 100};

// --- who -----------------------------------------------------------------------------------------

struct Roll {
  std::vector<ContenderProgram> present{};
  std::vector<string> absent{};
};

/// The floor first, then us.
Roll call_roll() {
  Roll roll;
  for (const char* name : {"vfork", "tend", "posix_spawn", "fork", "rust", "python", "libuv",
                           "glib", "boost", "poco", "qt"}) {
    const string built = string(TEND_BENCH_CONTENDERS) + "/" + name;
    if (std::string_view(name) == "python" && std::system("command -v python3 >/dev/null") == 0) {
      roll.present.push_back(
          {.name = name, .command = {"python3", TEND_SOURCE_DIR "/bench/contenders/python.py"}});
    } else if (std::filesystem::exists(built)) {
      roll.present.push_back({.name = name, .command = {built}});
      if (std::string_view(name) == "tend") {
        roll.present.push_back({.name = "tend kept", .command = {built, "kept"}});
      }
    } else {
      roll.absent.emplace_back(name);
    }
  }
  return roll;
}

// --- what ----------------------------------------------------------------------------------------

std::vector<Comparison> starting(const Extent& extent) {
  const std::vector<string> flat = {"vfork", "tend",  "posix_spawn", "fork",
                                    "rust",  "libuv", "boost"};
  const string few = "spawn 4 /bin/true";
  return {
      {.title = "static no-op",
       .setup = {"pin yes"},
       .request = "spawn 20 " + noop,
       .count = 20,
       .rounds = 61,
       .target = 1.10},
      {.title = "no-op, free CPUs",
       .setup = {"pin no"},
       .request = "spawn 20 " + noop,
       .count = 20,
       .rounds = 31},
      {.title = "/bin/true",
       .setup = {"pin yes"},
       .request = few,
       .count = 4,
       .rounds = 41,
       .target = 1.02},
      {.title = "its output",
       .setup = {"pin yes"},
       .request = "output 4 /bin/true",
       .count = 4,
       .rounds = 41,
       .target = 1.03},
      {.title = "1 GiB held",
       .setup = {"pin yes", "hold " + extent.of_gib(1)},
       .request = few,
       .count = 4,
       .rounds = 21,
       .target = 1.03,
       .who = flat,
       .bytes_each = extent.gib},
      {.title = "4 GiB held",
       .setup = {"pin yes", "hold " + extent.of_gib(4)},
       .request = "spawn 2 /bin/true",
       .count = 2,
       .rounds = 11,
       .target = 1.03,
       .who = {"vfork", "tend", "fork"},
       .bytes_each = 4 * extent.gib},
      {.title = "8 threads",
       .setup = {"pin yes"},
       .request = "threads 8 2 /bin/true",
       .count = 16,
       .rounds = 15,
       .target = 1.03,
       .who = {"vfork", "tend", "posix_spawn", "fork", "rust", "python", "libuv", "glib", "poco"}},
      {.title = "5,000 descriptors",
       .setup = {"pin yes", "limit 20000", "open 5000"},
       .request = few,
       .count = 4,
       .rounds = 31,
       .target = 0.80},
      {.title = "limit 1,000,000",
       .setup = {"pin yes", "limit 1000000"},
       .request = few,
       .count = 4,
       .rounds = 21,
       .target = 1.02,
       .who = {"vfork", "tend", "posix_spawn", "fork", "rust", "python", "libuv", "glib", "boost"}},
  };
}

std::vector<Comparison> moving(const Extent& extent) {
  const string one_gib = extent.of_gib(1) + " " + producer;
  const auto both = [](Comparison comparison) {
    Comparison pinned = comparison;
    pinned.setup = {"pin yes"};
    comparison.setup = {"pin no"};
    comparison.rounds = 3;
    comparison.title += ", free CPUs";
    comparison.target = 0;
    return std::vector<Comparison>{pinned, comparison};
  };
  std::vector<Comparison> all;
  for (const Comparison& each : {
           Comparison{.title = "1 GiB kept",
                      .request = "capture " + one_gib,
                      .rounds = 5,
                      .target = 1.0,
                      .who = {"vfork", "tend", "rust", "python", "libuv"}},
           Comparison{.title = "1 GiB dropped",
                      .request = "discard " + one_gib,
                      .rounds = 5,
                      .target = 1 / 1.8},
           Comparison{.title = "1 GiB to a file",
                      .request = "file " + one_gib,
                      .rounds = 5,
                      .target = 1 / 1.8},
           Comparison{.title = "256 MiB through cat",
                      .request = "cat " + extent.of_gib(1, 4),
                      .rounds = 5,
                      .target = 1 / 1.15,
                      .who = {"vfork", "tend", "rust", "python", "libuv", "glib"}},
       }) {
    for (Comparison& variant : both(each)) {
      all.push_back(std::move(variant));
    }
  }
  all.push_back({.title = "64 MiB kept",
                 .setup = {"pin yes"},
                 .request = "capture " + extent.of_gib(1, 16) + " " + producer,
                 .rounds = 7});
  return all;
}

// --- telling -------------------------------------------------------------------------------------

string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

void print(const ComparisonResult& result) {
  static const auto begin = std::chrono::steady_clock::now();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  std::printf("\n[%4.0f s] %s\n", taken.count(), result.comparison.title.c_str());
  if (!result.skipped.empty()) {
    std::printf("  skipped: %s\n", result.skipped.c_str());
  }
  for (const Figure& figure : result.figures) {
    std::printf("  %-12s %12.1f us  x%-7.3f  cpu x%-7.3f", figure.name.c_str(), figure.wall_us,
                figure.wall_ratio, figure.cpu_ratio);
    if (figure.name == "tend" && result.comparison.target > 0) {
      std::printf("  target x%.2f %s", result.comparison.target,
                  result.is_met() ? "met" : "MISSED");
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

string cell(const ComparisonResult& result, const string& name) {
  const Figure* figure = result.figure_of(name);
  return figure == nullptr
             ? "-"
             : number(figure->wall_ratio, 2) + " (" + number(figure->cpu_ratio, 2) + ")";
}

string table(const std::vector<ComparisonResult>& results,
             const std::vector<ContenderProgram>& contenders) {
  string names = "| |";
  string floors = "| floor |";
  string targets = "| target for tend |";
  string line = "|---|";
  for (const ComparisonResult& each : results) {
    names += " " + each.comparison.title + " |";
    line += "---|";
    const double us = each.figures.empty() ? 0 : each.figures.front().wall_us;
    floors += us < 100'000 ? " " + number(us, 0) + " us |" : " " + number(us / 1000, 0) + " ms |";
    targets += each.comparison.target == 0 ? " |" : " " + number(each.comparison.target, 2) + " |";
  }
  string text = names + "\n" + line + "\n" + floors + "\n" + targets + "\n";
  for (std::size_t index = 1; index < contenders.size(); ++index) {
    text += "| " + contenders[index].name + " |";
    for (const ComparisonResult& each : results) {
      text += " " + cell(each, contenders[index].name) + " |";
    }
    text += "\n";
  }
  return text;
}

string machine() {
  utsname names{};
  uname(&names);
  string model = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  const std::time_t now = std::time(nullptr);
  char date[16];
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  return string(date) + ", " + model + " (" + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) +
         " processors), Linux " + names.release + " " + names.machine;
}

/// How much more heap tend has in use after so many spawns than after the first 1,000.
string growth(const Extent& extent, const std::vector<ContenderProgram>& contenders) {
  for (const ContenderProgram& contender : contenders) {
    if (contender.name != "tend") {
      continue;
    }
    Conversation conversation(contender.command);
    const string spawns = std::to_string(extent.spawns);
    std::istringstream answer(conversation.ask("growth " + spawns + " " + noop));
    long before = 0;
    long after = 0;
    if (answer >> before >> after) {
      return std::to_string(after - before) + " bytes of heap more after " + spawns +
             " more spawns";
    }
  }
  return "heap not counted";
}

string joined(const std::vector<string>& words) {
  string text;
  for (const string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

/// Replaces what follows the line that begins with the marker.
bool write_document(const char* path, const string& generated) {
  constexpr std::string_view marker = "<!-- from here on";
  std::ifstream old(path);
  string text((std::istreambuf_iterator<char>(old)), std::istreambuf_iterator<char>());
  const std::size_t at = text.find(marker);
  const std::size_t end = at == string::npos ? string::npos : text.find('\n', at);
  if (end == string::npos) {
    std::fprintf(stderr, "%s has no line that begins with `%s`\n", path, string(marker).c_str());
    return false;
  }
  text.resize(end + 1);
  std::ofstream fresh(path);
  fresh << text << "\n" << generated;
  return fresh.good();
}

std::vector<ComparisonResult> run_all(const Extent& extent,
                                      const std::vector<Comparison>& comparisons,
                                      const std::vector<ContenderProgram>& contenders) {
  std::vector<ComparisonResult> results;
  for (Comparison each : comparisons) {
    if (extent.is_quick) {
      each.rounds = 1;
    }
    results.push_back(compare(each, contenders));
    print(results.back());
  }
  return results;
}

struct Wishes {
  Extent extent{};
  const char* document = nullptr;  ///< That is renewed; null: none.
  bool is_understood = true;
};

Wishes read_wishes(int argc, char** argv) {
  Wishes wishes;
  for (int index = 1; index < argc; ++index) {
    const std::string_view word = argv[index];
    if (word == "--quick") {
      wishes.extent = quick;
    } else if (word == "--write" && index + 1 < argc) {
      wishes.document = argv[++index];
    } else {
      wishes.is_understood = false;
    }
  }
  return wishes;
}

}  // namespace

int main(int argc, char** argv) {
  const Wishes wishes = read_wishes(argc, argv);
  if (!wishes.is_understood) {
    std::fprintf(stderr, "usage: library_bench [--quick] [--write FILE]\n");
    return EXIT_FAILURE;
  }
  setpriority(PRIO_PROCESS, 0, -10);
  const Roll roll = call_roll();
  if (!roll.absent.empty()) {
    std::printf("not installed, so skipped: %s\n", joined(roll.absent).c_str());
  }
  const auto started = run_all(wishes.extent, starting(wishes.extent), roll.present);
  const auto moved = run_all(wishes.extent, moving(wishes.extent), roll.present);
  const string grown = growth(wishes.extent, roll.present);
  std::printf("\ntend: %s\n", grown.c_str());
  if (wishes.document == nullptr) {
    return EXIT_SUCCESS;
  }
  string text = "Measured, not promised: " + machine();
  text += wishes.extent.is_quick ? ", with `--quick`, so without meaning." : ".";
  text += roll.absent.empty() ? "\n" : " Not installed: " + joined(roll.absent) + ".\n";
  text += "\n## Starting and waiting\n\n" + table(started, roll.present);
  text += "\n## Moving output\n\n" + table(moved, roll.present);
  text += "\n## Memory\n\ntend: " + grown + ".\n";
  return write_document(wishes.document, text) ? EXIT_SUCCESS : EXIT_FAILURE;
}
