// Any bytes as a time index: what is read is in order, and comes back the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "service/recorder/time_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::service;
  const std::span bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<IndexEntry> entries = decode_index(bytes);
  std::string again;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && entries[i - 1].offset > entries[i].offset) {
      std::abort();
    }
    if (!time_at(entries, entries[i].offset)) {
      std::abort();
    }
    const auto from = offset_since(entries, entries[i].realtime_ns);
    if (!from || *from > entries[i].offset) {
      std::abort();
    }
    const IndexEntryBytes encoded = encode(entries[i]);
    again.append(encoded.data(), encoded.size());
  }
  if (decode_index(again) != entries) {
    std::abort();
  }
  return 0;
}
