#pragma once
// Values as bytes and back, little-endian, without names: what the payloads of frames are made of.
// Reading trusts nothing. After the first thing that makes no sense a reader reads nothing more,
// and every value stays as it was.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tend::jobs {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}

  template <std::integral T>
  void operator()(T value) {
    if constexpr (std::same_as<T, bool>) {
      (*this)(std::uint8_t{value});
    } else {
      const auto raw = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
      for (std::size_t at = 0; at < sizeof(T); ++at) {
        bytes_.push_back(static_cast<char>(raw >> (8 * at) & 0xffU));
      }
    }
  }
  void operator()(std::string_view text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  void operator()(const std::vector<std::string>& texts) {
    (*this)(static_cast<std::uint32_t>(texts.size()));
    for (const std::string& text : texts) {
      (*this)(std::string_view(text));
    }
  }
  template <typename T>
    requires std::is_enum_v<T>
  void choice(T value, T /*last*/) {
    (*this)(std::to_underlying(value));
  }
  /// The rest of the payload: needs no length.
  void tail(std::string_view text) { bytes_ += text; }

 private:
  std::string& bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  void operator()(T& value) {
    if constexpr (std::same_as<T, bool>) {
      std::uint8_t raw = 0;
      (*this)(raw);
      value = raw == 1;
      if (raw > 1) {
        fail("is neither true nor false");
      }
    } else {
      const std::string_view raw = take(sizeof(T));
      std::uint64_t number = 0;
      for (std::size_t at = 0; at < raw.size(); ++at) {
        number |= std::uint64_t{static_cast<unsigned char>(raw[at])} << (8 * at);
      }
      value = static_cast<T>(number);
    }
  }
  void operator()(std::string& text) {
    std::uint32_t size = 0;
    (*this)(size);
    text = take(size);
  }
  void operator()(std::vector<std::string>& texts) {
    std::uint32_t count = 0;
    (*this)(count);
    texts.clear();
    // Every text takes at least four bytes, so this ends with the bytes, whatever the count says.
    for (std::uint32_t at = 0; at < count && !is_failed(); ++at) {
      (*this)(texts.emplace_back());
    }
  }
  template <typename T>
    requires std::is_enum_v<T>
  void choice(T& value, T last) {
    std::underlying_type_t<T> raw{};
    (*this)(raw);
    if (raw > std::to_underlying(last)) {
      fail("is a choice that this version does not know");
      return;
    }
    value = static_cast<T>(raw);
  }
  void tail(std::string_view& text) { text = std::exchange(rest_, {}); }

  void finish() {
    if (!rest_.empty()) {
      fail("has bytes behind its end");
    }
  }

  void fail(std::string_view why) {
    if (!is_failed()) {
      why_ = why;
      rest_ = {};
    }
  }
  [[nodiscard]] bool is_failed() const noexcept { return !why_.empty(); }
  [[nodiscard]] std::string_view problem() const noexcept { return why_; }

 private:
  std::string_view take(std::size_t size) {
    if (rest_.size() < size) {
      fail("ends too early");
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  std::string_view why_{};
};

}  // namespace tend::jobs
