#include "jobs/log/job_identity.hpp"

#include <array>
#include <cstddef>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

constexpr std::size_t half_digits = 16;

void append_number(SipHash& hash, std::uint64_t number) {
  std::array<char, sizeof number> bytes{};
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xffU);
    number >>= 8U;
  }
  hash.append({bytes.data(), bytes.size()});
}

/// A text with its length in front of it, so that `ab`,`c` is not `a`,`bc`.
void append_text(SipHash& hash, std::string_view text) {
  append_number(hash, text.size());
  hash.append(text);
}

Hash128 hash_of(const Job& job) {
  SipHash hash;
  append_number(hash, job.argv.size());
  for (const std::string& argument : job.argv) {
    append_text(hash, argument);
  }
  if (job.input) {
    append_text(hash, *job.input);
  }
  return hash.finish();
}

}  // namespace

std::string identity_text(const JobIdentity& identity) {
  std::string whole = text::format("{:016x}{:016x}", identity.hash.high, identity.hash.low);
  if (identity.copy > 0) {
    whole += text::format("+{}", identity.copy);
  }
  return whole;
}

std::optional<JobIdentity> parse_identity(std::string_view text) {
  if (text.size() < 2 * half_digits) {
    return std::nullopt;
  }
  const auto high = parse_integer<std::uint64_t>(text.substr(0, half_digits), 16);
  const auto low = parse_integer<std::uint64_t>(text.substr(half_digits, half_digits), 16);
  const std::string_view rest = text.substr(2 * half_digits);
  const auto copy = rest.empty()            ? std::optional<std::uint32_t>(0)
                    : rest.starts_with('+') ? parse_integer<std::uint32_t>(rest.substr(1))
                                            : std::nullopt;
  if (!high || !low || !copy) {
    return std::nullopt;
  }
  return JobIdentity{.hash = {.high = *high, .low = *low}, .copy = *copy};
}

JobIdentity IdentityCounter::identify(const Job& job) {
  const Hash128 hash = hash_of(job);
  return {.hash = hash, .copy = seen_[hash]++};
}

}  // namespace tend::jobs
