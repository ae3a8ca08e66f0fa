#include "inspect/maps_text.hpp"

#include <algorithm>
#include <array>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::inspect {

namespace {

constexpr std::string_view deleted = " (deleted)";

struct SizeKey {
  std::string_view key;
  std::uint64_t RegionSizes::* member;
};

/// Shared pages are counted in none of these: they are the resident ones without the private.
constexpr std::array<SizeKey, 6> size_keys{{
    {"Rss", &RegionSizes::resident_bytes},
    {"Pss", &RegionSizes::proportional_bytes},
    {"Private_Clean", &RegionSizes::private_clean_bytes},
    {"Private_Dirty", &RegionSizes::private_dirty_bytes},
    {"Swap", &RegionSizes::swapped_bytes},
    {"Locked", &RegionSizes::locked_bytes},
}};

template <std::integral T>
bool read_number(std::string_view word, int base, T& number) {
  const auto parsed = parse_integer<T>(word, base);
  number = parsed.value_or(T{});
  return parsed.has_value();
}

bool read_permissions(std::string_view word, Region& region) {
  if (word.size() < 4) {
    return false;
  }
  region.is_readable = word[0] == 'r';
  region.is_writable = word[1] == 'w';
  region.is_executable = word[2] == 'x';
  region.is_shared = word[3] == 's' || word[3] == 'S';
  return true;
}

}  // namespace

std::optional<Region> parse_region(std::string_view line) {
  // 7f0000-7f1000 r-xp 00001000 fe:00 1234      /usr/lib/libc.so.6
  Region region;
  std::string_view range = next_word(line, " ");
  const std::string_view begin = next_part(range, '-');
  const std::string_view permissions = next_word(line, " ");
  const std::string_view offset = next_word(line, " ");
  std::string_view device = next_word(line, " ");
  const std::string_view device_major = next_part(device, ':');
  const std::string_view inode = next_word(line, " ");
  if (!read_number(begin, 16, region.begin) || !read_number(range, 16, region.end) ||
      region.begin >= region.end || !read_permissions(permissions, region) ||
      !read_number(offset, 16, region.offset) ||
      !read_number(device_major, 16, region.device_major) ||
      !read_number(device, 16, region.device_minor) || !read_number(inode, 10, region.inode)) {
    return std::nullopt;
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (line.ends_with(deleted)) {
    line.remove_suffix(deleted.size());
    region.is_deleted = true;
  }
  region.name = line;
  return region;
}

void MapsReader::add(std::string_view line) {
  // `Rss:      4 kB`; the first word of a region's own line has no colon.
  const std::size_t colon = line.find(':');
  if (colon < line.find(' ')) {
    add_size(line);
    return;
  }
  auto region = parse_region(line);
  if (!region) {
    return;
  }
  is_dropping_ = true;
  if (regions_.size() >= most_) {
    is_cut_ = true;
  } else if (regions_.empty() || regions_.back().end <= region->begin) {
    regions_.push_back(*std::move(region));
    is_dropping_ = false;
  }
}

void MapsReader::add_size(std::string_view line) {
  if (regions_.empty() || is_dropping_) {
    return;
  }
  const std::string_view key = next_part(line, ':');
  const auto* known = std::ranges::find(size_keys, key, &SizeKey::key);
  const auto value = parse_integer<std::uint64_t>(next_word(line));
  if (known != size_keys.end() && value) {
    if (!regions_.back().sizes) {
      regions_.back().sizes.emplace();
    }
    *regions_.back().sizes.*(known->member) = *value * 1024;
  }
}

}  // namespace tend::inspect
