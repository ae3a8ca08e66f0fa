#include "jobs/detached/share.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/detached/detached_folder.hpp"
#include "jobs/detached/recording_fields.hpp"
#include "jobs/remote/byte_codec.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

enum class Kind : std::uint8_t {
  job,
  input,  ///< A piece of the standard input of the job before it.
  all,    ///< The share ends here.
};

constexpr std::size_t input_piece_bytes = std::size_t{1} << 20U;

/// Of each share in memory: there may be a thousand of them.
constexpr std::size_t buffer_bytes_max = std::size_t{32} << 10U;

struct SharedJob {
  JobIdentity identity{};
  std::uint64_t sequence = 0;
  std::vector<std::string> argv{};
  bool has_input = false;
  std::uint64_t input_bytes = 0;
};

void fields_of(auto& codec, Is<SharedJob> auto& job) {
  identity_field(codec, job.identity);
  codec(job.sequence);
  codec(job.argv);
  codec(job.has_input);
  codec(job.input_bytes);
}

void append(std::string& bytes, Kind kind, std::string_view payload) {
  append_record(bytes, std::to_underlying(kind), payload);
}

std::unexpected<Error> incomplete() {
  return refused("read jobs", "", "the share of this task is not complete");
}

}  // namespace

Result<> ShareWriter::add(const Job& job, const JobIdentity& identity) {
  const std::size_t at = jobs_++ % shares_.size();
  const SharedJob shared{.identity = identity,
                         .sequence = job.sequence,
                         .argv = job.argv,
                         .has_input = job.input.has_value(),
                         .input_bytes = job.input ? job.input->size() : 0};
  std::string payload;
  ByteWriter write(payload);
  fields_of(write, shared);
  std::string& bytes = shares_[at].bytes;
  append(bytes, Kind::job, payload);
  std::string_view rest = job.input ? std::string_view(*job.input) : std::string_view();
  while (!rest.empty()) {
    append(bytes, Kind::input, rest.substr(0, input_piece_bytes));
    rest.remove_prefix(std::min(rest.size(), input_piece_bytes));
  }
  return bytes.size() >= buffer_bytes_max ? flush(at, false) : Result<>();
}

Result<> ShareWriter::finish() {
  for (std::size_t at = 0; at < task_count(); ++at) {
    append(shares_[at].bytes, Kind::all, {});
    TEND_TRY(flush(at, true));
  }
  return {};
}

unsigned ShareWriter::task_count() const noexcept {
  return static_cast<unsigned>(std::min<std::uint64_t>(jobs_, shares_.size()));
}

/// Not kept open: a process may have fewer descriptors than a run has tasks.
Result<> ShareWriter::flush(std::size_t at, bool is_last) {
  Share& share = shares_[at];
  const std::string path =
      folder_ + "/" + DetachedFolder::share_name(static_cast<unsigned>(at + 1));
  const os::Fd file =
      TEND_TRY(os::open_file(path, O_WRONLY | O_APPEND | (share.is_begun ? 0 : O_CREAT | O_EXCL)));
  const std::string begin = std::exchange(share.is_begun, true) ? "" : greeting();
  if (const auto written = os::write_all(file, begin + std::exchange(share.bytes, {})); !written) {
    return failed("write", path, written.error().code);
  }
  return is_last ? os::sync_file(file, path) : Result<>();
}

Result<ShareJobs> ShareJobs::open(const std::string& path) {
  return ShareJobs(TEND_TRY(RecordReader::open(path)));
}

Result<NextJob> ShareJobs::next() {
  if (is_over_) {
    return NoMoreJobs{};
  }
  is_over_ = true;  // Until there was a whole job.
  const std::optional<Record> record = TEND_TRY(reader_.next());
  if (!record) {
    return incomplete();
  }
  if (record->kind == std::to_underlying(Kind::all)) {
    return NoMoreJobs{};
  }
  SharedJob shared;
  ByteReader read(record->payload);
  fields_of(read, shared);
  if (record->kind != std::to_underlying(Kind::job) || read.is_failed()) {
    return incomplete();
  }
  Job job{.sequence = shared.sequence, .argv = std::move(shared.argv)};
  if (shared.has_input) {
    job.input = TEND_TRY(read_input(shared.input_bytes));
  }
  identities_.emplace(job.sequence, shared.identity);
  is_over_ = false;
  return job;
}

Result<std::string> ShareJobs::read_input(std::uint64_t bytes) {
  std::string input;
  while (input.size() < bytes) {
    const std::optional<Record> record = TEND_TRY(reader_.next());
    if (!record || record->kind != std::to_underlying(Kind::input)) {
      return incomplete();
    }
    input += record->payload;
  }
  return input;
}

}  // namespace tend::jobs
