// From a command line to jobs, with files and pipes where the input is one.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <vector>

#include "jobs/input/combination.hpp"
#include "jobs/input/input_spec.hpp"
#include "jobs/input/item_jobs.hpp"
#include "jobs/input/open_jobs.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "support/temp_dir.hpp"

namespace tend::jobs {
namespace {

using Words = std::vector<std::string>;

InputSpec spec_of(const Words& words, const Words& files = {}) {
  return {.line = read_command_line(words, files).value()};
}

struct Made {
  std::vector<Job> jobs{};
  std::string error{};

  [[nodiscard]] std::vector<Words> commands() const {
    std::vector<Words> all;
    for (const Job& job : jobs) {
      all.push_back(job.argv);
    }
    return all;
  }
};

/// Every job until the end, or until the input would have to be waited for.
Made take_all(JobSource& source) {
  Made made;
  while (true) {
    auto next = source.next();
    if (!next) {
      made.error = next.error().message();
      EXPECT_TRUE(std::holds_alternative<NoMoreJobs>(source.next().value()));
      return made;
    }
    if (!std::holds_alternative<Job>(*next)) {
      return made;
    }
    made.jobs.push_back(std::get<Job>(*std::move(next)));
  }
}

Made make_all(const InputSpec& spec, std::size_t argument_bytes_max = 100'000) {
  auto source = open_jobs(spec, argument_bytes_max);
  if (!source) {
    return {.error = source.error().message()};
  }
  return take_all(**source);
}

/// A stream that is told when to have nothing, to end, or to fail.
class Script final : public RecordStream {
 public:
  explicit Script(std::vector<Result<NextRecord>> answers) : answers_(std::move(answers)) {}

  Result<NextRecord> next() override {
    if (at_ == answers_.size()) {
      return NoMoreRecords{};
    }
    return answers_[at_++];
  }

 private:
  std::vector<Result<NextRecord>> answers_;
  std::size_t at_ = 0;
};

RecordStreamPtr script(std::vector<Result<NextRecord>> answers) {
  return std::make_unique<Script>(std::move(answers));
}

TEST(CommandLine, is_taken_apart_at_its_markers) {
  const auto line = read_command_line(
      Words{"cp", "-v", "{}", ":::", "a", "-b", ":::+", "1", "::::", "f", "g", "::::+", "h"}, {});
  EXPECT_EQ(line.value(), (CommandLine{.command = {"cp", "-v", "{}"},
                                       .sources = {{.words = {"a", "-b"}},
                                                   {.words = {"1"}, .is_linked = true},
                                                   {.path = "f"},
                                                   {.path = "g"},
                                                   {.path = "h", .is_linked = true}}}));
}

TEST(CommandLine, reads_standard_input_where_nothing_else_is_said) {
  EXPECT_EQ(read_command_line(Words{"echo"}, {}).value().sources,
            (std::vector{ItemSource{.path = "-"}}));
  EXPECT_EQ(read_command_line(Words{"echo", ":::"}, {}).value().sources, std::vector{ItemSource{}});
  EXPECT_EQ(read_command_line(Words{"echo", ":::", "a"}, Words{"f"}).value().sources,
            (std::vector<ItemSource>{{.path = "f"}, {.words = {"a"}}}));
}

TEST(CommandLine, refuses_what_cannot_be_meant) {
  EXPECT_EQ(read_command_line(Words{"echo", ":::+", "a"}, {}).error().message(),
            "arguments :::+: links a source to the one before it; the first begins with :::");
  EXPECT_EQ(read_command_line(Words{"echo", "::::", "-", "-"}, {}).error().message(),
            "arguments -: standard input can be read only once");
  EXPECT_EQ(read_command_line(Words{"echo", "::::"}, {}).error().message(),
            "arguments ::::: a file must follow");
}

TEST(Jobs, are_every_combination_of_their_sources) {
  EXPECT_EQ(make_all(spec_of({"echo", ":::", "a", "b", ":::", "1", "2"})).commands(),
            (std::vector<Words>{
                {"echo", "a", "1"}, {"echo", "a", "2"}, {"echo", "b", "1"}, {"echo", "b", "2"}}));
  EXPECT_EQ(make_all(spec_of({"echo", ":::", "a", "b", ":::"})).jobs.size(), 0U);
}

TEST(Jobs, take_linked_sources_along_until_the_shorter_one_ends) {
  EXPECT_EQ(
      make_all(spec_of({"echo", "{1}-{2}", ":::", "a", "b", "c", ":::+", "1", "2"})).commands(),
      (std::vector<Words>{{"echo", "a-1"}, {"echo", "b-2"}}));
  EXPECT_EQ(
      make_all(spec_of({"x", ":::", "a", "b", ":::", "1", "2", ":::+", "p", "q"})).commands(),
      (std::vector<Words>{
          {"x", "a", "1", "p"}, {"x", "a", "2", "q"}, {"x", "b", "1", "p"}, {"x", "b", "2", "q"}}));
}

TEST(Jobs, are_numbered_and_remember_their_items) {
  const Made made = make_all(spec_of({"echo", "{#}", ":::", "a", "b"}));
  ASSERT_EQ(made.jobs.size(), 2U);
  EXPECT_EQ(made.jobs[1].sequence, 2U);
  EXPECT_EQ(made.jobs[1].argv, (Words{"echo", "2"}));
  EXPECT_EQ(made.jobs[1].items, (Words{"b"}));
  EXPECT_EQ(item_text(make_all(spec_of({"echo", ":::", "a", ":::", "1"})).jobs.at(0)), "a 1");
}

TEST(Jobs, are_small_while_they_wait) { EXPECT_LE(sizeof(Job), 200U); }

TEST(Jobs, get_several_items_each) {
  InputSpec spec = spec_of({"echo", ":::", "1", "2", "3"});
  spec.at_most = 2;
  EXPECT_EQ(make_all(spec).commands(), (std::vector<Words>{{"echo", "1", "2"}, {"echo", "3"}}));
  EXPECT_EQ(open_jobs(spec, 0).value()->total(), 2U);
}

TEST(Jobs, are_counted_before_they_are_made_where_that_is_possible) {
  EXPECT_EQ(open_jobs(spec_of({"x", ":::", "a", "b", ":::", "1", "2", "3"}), 0).value()->total(),
            6U);
  EXPECT_EQ(open_jobs(spec_of({"x", ":::", "a", ":::+", "1", "2"}), 0).value()->total(), 1U);
  EXPECT_EQ(open_jobs(spec_of({"x", "::::", "/dev/null"}), 0).value()->total(), std::nullopt);
}

TEST(Jobs, fill_up_to_what_the_kernel_takes) {
  const std::string item(1000, 'x');
  InputSpec spec = spec_of({"echo", ":::"});
  spec.line.sources.front().words.assign(100, item);
  spec.fills_up = true;
  const std::size_t room = 10 * (item.size() + 20);
  const Made made = make_all(spec, room);
  std::size_t items = 0;
  for (const Job& job : made.jobs) {
    std::size_t bytes = 0;
    for (const std::string& argument : job.argv) {
      bytes += argument.size() + 1 + sizeof(char*);
    }
    EXPECT_LE(bytes, room);
    items += job.items.size();
  }
  EXPECT_EQ(items, 100U);
  EXPECT_EQ(made.jobs.size(), 10U);
  spec.at_most = 3;
  EXPECT_EQ(make_all(spec, room).jobs.size(), 34U);
}

TEST(Jobs, leave_what_is_too_long_for_the_kernel_alone) {
  InputSpec spec =
      spec_of({"echo", ":::", "a", std::string(std::size_t{200} * 1024, 'x'), "b", "c"});
  spec.fills_up = true;
  const Made made = make_all(spec, std::size_t{1} << 20U);
  ASSERT_EQ(made.jobs.size(), 3U);
  EXPECT_EQ(made.jobs[0].items, (Words{"a"}));
  EXPECT_EQ(made.jobs[1].items.size(), 1U);
  EXPECT_EQ(made.jobs[2].items, (Words{"b", "c"}));
}

TEST(Jobs, still_get_one_item_each_where_nothing_fits) {
  InputSpec spec = spec_of({"echo", ":::", "a", "b"});
  spec.fills_up = true;
  EXPECT_EQ(make_all(spec, 0).jobs.size(), 2U);
}

TEST(Jobs, are_commands_for_a_shell_where_no_command_is_given) {
  const Made made = make_all(spec_of({":::", "echo a", "-x {}"}));
  EXPECT_EQ(made.commands(), (std::vector<Words>{{"/bin/sh", "-c", with_pipefail("echo a")},
                                                 {"/bin/sh", "-c", with_pipefail("-x {}")}}));
}

TEST(Jobs, give_a_script_its_items_as_arguments) {
  InputSpec spec = spec_of({":::", "a b", "$(c)"});
  spec.script = R"(zcat "$1")";
  EXPECT_EQ(
      make_all(spec).commands(),
      (std::vector<Words>{{"/bin/sh", "-c", with_pipefail(R"(zcat "$1")"), "/bin/sh", "a b"},
                          {"/bin/sh", "-c", with_pipefail(R"(zcat "$1")"), "/bin/sh", "$(c)"}}));
  spec.line.command = {"{}", "{.}.old"};
  EXPECT_EQ(make_all(spec).jobs.at(0).argv.back(), "a b.old");
}

TEST(Jobs, do_not_put_items_into_a_script) {
  InputSpec spec = spec_of({":::", "a"});
  spec.script = "gzip {}";
  EXPECT_EQ(
      make_all(spec).error,
      "options --sh: {} in the text is not replaced, so that no item can become a part of the "
      "program; the items are \"$1\", \"$2\"..., and words behind the text are a template for "
      "them: --sh 'mv \"$1\" \"$2\"' {} {.}.old");
}

TEST(Jobs, are_made_of_files_and_their_columns) {
  const test::TempDir folder;
  const std::string file = folder.write("list", "x,y\n1\n\n,");
  InputSpec spec = spec_of({"echo", "{2} {1}", "::::", file});
  spec.format = ItemFormat::columns;
  EXPECT_EQ(make_all(spec).commands(),
            (std::vector<Words>{{"echo", "y x"}, {"echo", " 1"}, {"echo", " "}, {"echo", " "}}));
  const Made several = make_all(spec_of({"echo"}, {file, folder.write("more", "A\nB\n")}));
  EXPECT_EQ(several.jobs.size(), 8U);
  EXPECT_EQ(several.jobs[1].argv, (Words{"echo", "x,y", "B"}));
}

TEST(Jobs, are_made_of_tables_with_names) {
  const test::TempDir folder;
  const std::string file = folder.write("t.csv", "login,name\njoe,\"Doe, Joe\"\n\nann,Ann\n");
  InputSpec spec = spec_of({"useradd", "-c", "{name}", "{login}", "::::", file});
  spec.format = ItemFormat::csv;
  EXPECT_EQ(make_all(spec).commands(), (std::vector<Words>{{"useradd", "-c", "Doe, Joe", "joe"},
                                                           {"useradd", "-c", "Ann", "ann"}}));
  spec.line.sources = {{.path = folder.write("short.csv", "a,b\n1,2\n3\n")}};
  const Made made = make_all(spec);
  EXPECT_EQ(made.jobs.size(), 1U);
  EXPECT_EQ(made.error, "csv line 3 of " + (folder / "short.csv") +
                            ": has 1 columns, but the first line names 2");
}

TEST(Jobs, do_not_begin_with_a_file_that_is_not_there) {
  EXPECT_EQ(make_all(spec_of({"echo", "::::", "/none"})).error,
            "open /none: No such file or directory");
  EXPECT_EQ(make_all(spec_of({"echo", "::::", "/"})).error, "read /: Is a directory");
}

TEST(Jobs, have_no_nul_bytes) {
  const test::TempDir folder;
  InputSpec spec = spec_of({"echo", "::::", folder.write("nul", std::string_view("a\nb\0c\n", 6))});
  const Made made = make_all(spec);
  EXPECT_EQ(made.jobs.size(), 1U);
  EXPECT_EQ(made.error,
            "items item 2 of " + (folder / "nul") +
                ": has a NUL byte, which no argument can hold; with -0 items end there");
  spec.separator = std::string(1, '\0');
  EXPECT_EQ(make_all(spec).jobs.at(0).argv, (Words{"echo", "a\nb"}));
}

TEST(Jobs, are_read_only_as_far_as_they_are_asked_for) {
  const RecordStreamPtr none = script({});
  ItemJobs jobs(spec_of({"echo"}), combine([] {
                  std::vector<LinkedStreams> groups(2);
                  groups[0].push_back(script({Record{"a"}, WaitForInput{}, Record{"b"}}));
                  groups[1].push_back(script({Record{"1"}, WaitForInput{}, Record{"2"}}));
                  return groups;
                }()),
                0);
  EXPECT_TRUE(std::holds_alternative<WaitForInput>(jobs.next().value()));
  EXPECT_EQ(take_all(jobs).commands(),
            (std::vector<Words>{{"echo", "a", "1"}, {"echo", "a", "2"}}));
  EXPECT_EQ(take_all(jobs).commands(),
            (std::vector<Words>{{"echo", "b", "1"}, {"echo", "b", "2"}}));
  EXPECT_TRUE(std::holds_alternative<NoMoreJobs>(jobs.next().value()));
}

TEST(Jobs, that_lack_items_are_not_made_after_an_error) {
  InputSpec spec = spec_of({"echo"});
  spec.at_most = 2;
  ItemJobs jobs(spec, script({Record{"1"}, Record{"2"}, Record{"3"}, failed("read", "x", EIO)}), 0);
  const Made made = take_all(jobs);
  EXPECT_EQ(made.commands(), (std::vector<Words>{{"echo", "1", "2"}}));
  EXPECT_EQ(made.error, "read x: Input/output error");
}

TEST(Jobs, wait_for_a_fifo_without_standing_still) {
  const test::TempDir folder;
  const std::string path = folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto source = open_jobs(spec_of({"echo", "::::", path}), 0).value();
  ASSERT_TRUE(std::holds_alternative<WaitForInput>(source->next().value()));
  os::Fd writer = os::open_file(path, O_WRONLY).value();
  ASSERT_TRUE(os::write_all(writer, "a\nb"));
  const NextJob first = source->next().value();
  EXPECT_EQ(std::get<Job>(first).argv, (Words{"echo", "a"}));
  const NextJob second = source->next().value();
  ASSERT_TRUE(std::holds_alternative<WaitForInput>(second));
  EXPECT_TRUE(std::get<WaitForInput>(second).descriptor->is_open());
  writer.reset();
  EXPECT_EQ(take_all(*source).commands(), (std::vector<Words>{{"echo", "b"}}));
}

TEST(InputSpec, refuses_what_makes_no_sense_together) {
  const auto refusal = [](const Words& words, auto change) {
    InputSpec spec = spec_of(words);
    change(spec);
    const auto checked = check(spec);
    return checked ? std::string() : checked.error().message();
  };
  EXPECT_EQ(refusal({"echo"}, [](InputSpec& spec) { spec.at_most = 0; }),
            "options -n: a job has at least one item");
  EXPECT_EQ(refusal({"echo", ":::", "a"}, [](InputSpec& spec) { spec.is_piped = true; }),
            "options --pipe: reads standard input; leave out :::, :::: and --arg-file");
  EXPECT_EQ(refusal({"grep", "{}"}, [](InputSpec& spec) { spec.is_piped = true; }),
            "options --pipe: a job has no items, so there is nothing that {} could be");
  EXPECT_EQ(refusal({"wc", "{#}"}, [](InputSpec& spec) { spec.is_piped = true; }), "");
  EXPECT_EQ(refusal({}, [](InputSpec& spec) { spec.is_piped = true; }),
            "options --pipe: needs a command that reads the blocks");
  EXPECT_EQ(refusal({"wc"}, [](InputSpec& spec) { spec.block_bytes = 5; }),
            "options --block: is for --pipe");
}

TEST(InputSpec, is_shown_as_it_was_asked_for) {
  InputSpec spec = spec_of({"mv", "{}", "a b", ":::", "x"});
  EXPECT_EQ(command_text(spec), "mv '{}' 'a b'");
  spec.script = "ls $1";
  EXPECT_EQ(command_text(spec), "--sh 'ls $1' mv '{}' 'a b'");
  EXPECT_EQ(command_text(spec_of({":::", "x"})), "--sh");
}

TEST(Machine, leaves_room_for_arguments_beside_the_environment) {
  const std::size_t room = os::argument_bytes_max();
  EXPECT_GT(room, 50'000U);
  EXPECT_LE(room, 6U << 20U);
  EXPECT_EQ(os::argument_bytes_max(1000), room - 1000);
}

}  // namespace
}  // namespace tend::jobs
