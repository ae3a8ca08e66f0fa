// Any bytes as a time index: what is read is in order, and comes back the same.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/recorder/time_index.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::service;
  const std::vector<IndexEntry> entries = decode_index(input);
  std::string again;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    require(i == 0 || entries[i - 1].offset <= entries[i].offset);
    require(time_at(entries, entries[i].offset).has_value());
    const auto from = offset_since(entries, entries[i].realtime_ns);
    require(from && *from <= entries[i].offset);
    const IndexEntryBytes encoded = encode(entries[i]);
    again.append(encoded.data(), encoded.size());
  }
  require(decode_index(again) == entries);
}
