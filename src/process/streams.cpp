#include "process/streams.hpp"

#include <fcntl.h>

#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"

namespace tend::process {

namespace {

Result<OpenStream> owning(Result<Fd> opened) {
  Fd fd = TEND_TRY(std::move(opened));
  const int number = fd.get();
  return OpenStream{.number = number, .owned = std::move(fd)};
}

Result<OpenStream> open_inherited(int standard) {
  if (os::is_inheritable(standard)) {
    return OpenStream{.number = standard, .is_inheritable = true};
  }
  if (!os::is_open_descriptor(standard)) {
    return owning(os::open_file("/dev/null", O_RDWR));
  }
  return OpenStream{.number = standard};
}

Result<OpenStream> open_pipe(int standard) {
  os::Pipe pipe = TEND_TRY(os::make_pipe());
  Fd theirs = std::move(standard == 0 ? pipe.read : pipe.write);
  Fd ours = std::move(standard == 0 ? pipe.write : pipe.read);
  const int number = theirs.get();
  return OpenStream{.number = number, .owned = std::move(theirs), .ours = std::move(ours)};
}

Stdio::Kind standard_kind(int standard, Verb verb) {
  switch (verb) {
    case Verb::spawn:
    case Verb::status:
    case Verb::exec: break;
    case Verb::capture: return standard == 0 ? Stdio::Kind::null : Stdio::Kind::pipe;
    case Verb::detach: return Stdio::Kind::null;
  }
  return Stdio::Kind::inherit;
}

Stdio::Kind resolved(Stdio::Kind kind, int standard, Verb verb) {
  return kind == Stdio::Kind::standard ? standard_kind(standard, verb) : kind;
}

Result<OpenStream> open_stream(const Stdio& wish, int standard, Verb verb) {
  switch (resolved(wish.kind, standard, verb)) {
    case Stdio::Kind::standard:
    case Stdio::Kind::inherit: return open_inherited(standard);
    case Stdio::Kind::null: return owning(os::open_file("/dev/null", O_RDWR));
    case Stdio::Kind::pipe: return open_pipe(standard);
    case Stdio::Kind::read: return owning(os::open_file(wish.path, O_RDONLY));
    case Stdio::Kind::truncate:
      return owning(os::open_file(wish.path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
    case Stdio::Kind::append:
      return owning(os::open_file(wish.path, O_WRONLY | O_CREAT | O_APPEND, 0666));
    case Stdio::Kind::descriptor: return OpenStream{.number = wish.number};
    case Stdio::Kind::same_as_out: break;
  }
  return refused("spawn", "", "only stderr can be the same as stdout");
}

/// One of the three standard streams, with what it is to be.
struct StreamWish {
  OpenStream& stream;
  const Stdio& wish;
  int standard;
};

/// What there is for streams of which nothing was said.
struct Means {
  Verb verb;
  bool has_terminal;
};

/// capture() leaves stdin at /dev/null, where a program that reads finds an end.
bool is_for_terminal(const StreamWish& each, Means means) {
  return means.has_terminal && each.wish.kind == Stdio::Kind::standard &&
         (each.standard != 0 || means.verb != Verb::capture);
}

bool is_as_out(const StreamWish& each) {
  return each.standard == 2 && each.wish.kind == Stdio::Kind::same_as_out;
}

enum class Inherits : bool { no, yes };

Result<> open_those(std::span<const StreamWish> wishes, Inherits which, Means means) {
  for (const StreamWish& each : wishes) {
    const auto kind = resolved(each.wish.kind, each.standard, means.verb);
    const bool is_theirs = (kind == Stdio::Kind::inherit) == (which == Inherits::yes);
    if (is_theirs && !is_for_terminal(each, means) && !is_as_out(each)) {
      each.stream = TEND_TRY(open_stream(each.wish, each.standard, means.verb));
    }
  }
  return {};
}

}  // namespace

Result<Streams> open_streams(const Command::Wishes& wishes, Verb verb) {
  Streams streams;
  const Stdio in = wishes.input ? Stdio::pipe() : wishes.in;
  const StreamWish all[] = {
      {streams.in, in, 0}, {streams.out, wishes.out, 1}, {streams.err, wishes.err, 2}};
  const Means means{.verb = verb, .has_terminal = wishes.terminal.has_value()};
  // What is inherited first: a pipe could take the number of a stream that is closed in this
  // process.
  TEND_TRY(open_those(all, Inherits::yes, means));
  if (wishes.terminal) {
    streams.terminal = TEND_TRY(os::make_terminal(wishes.terminal->rows, wishes.terminal->columns));
  }
  TEND_TRY(open_those(all, Inherits::no, means));
  for (const StreamWish& each : all) {
    if (is_for_terminal(each, means)) {
      each.stream.number = streams.terminal.theirs.get();
    }
  }
  if (wishes.err.kind == Stdio::Kind::same_as_out) {
    streams.err.number = streams.out.number;
  }
  return streams;
}

}  // namespace tend::process
