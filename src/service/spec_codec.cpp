#include "service/spec_codec.hpp"

#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "service/spec_fields.hpp"

// The bytes, all numbers little-endian:
//
//   magic | version | number of texts | texts (length, bytes) | fields of the project
//
// Each different text is stored once and named by its index: ten thousand services that share an
// environment cost ten thousand lists of indices. What is a field is said once, in
// spec_fields.hpp, for both directions.

namespace tend::service {

namespace {

constexpr std::uint32_t magic = 0x63707374;  // "tspc"
constexpr std::uint32_t version = 2;

template <typename T>
concept Choice = std::is_enum_v<T>;

// --- writing -------------------------------------------------------------------------------------

template <std::unsigned_integral T>
void append(std::vector<std::byte>& bytes, T value) {
  for (std::size_t at = 0; at < sizeof(T); ++at) {
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * at)));
  }
}

class Writer {
 public:
  template <std::integral T>
  void operator()(std::string_view /*field*/, T value) {
    if constexpr (std::same_as<T, bool>) {
      append(body_, std::uint8_t{value});
    } else {
      append(body_, static_cast<std::make_unsigned_t<T>>(value));
    }
  }
  void operator()(std::string_view field, double value) {
    (*this)(field, std::bit_cast<std::uint64_t>(value));
  }
  void operator()(std::string_view field, milliseconds value) {
    (*this)(field, std::int64_t{value.count()});
  }
  void operator()(std::string_view field, const std::string& text) {
    const auto next = static_cast<std::uint32_t>(texts_.size());
    const auto [place, is_new] = index_.try_emplace(text, next);
    if (is_new) {
      texts_.emplace_back(text);
    }
    (*this)(field, place->second);
  }
  template <typename T>
  void operator()(std::string_view field, const std::vector<T>& items) {
    (*this)(field, static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) {
      (*this)(field, item);
    }
  }
  void operator()(std::string_view field, const SharedTexts& texts) {
    (*this)(field, texts.list());
  }
  template <typename T>
  void operator()(std::string_view field, const std::optional<T>& value) {
    (*this)(field, value.has_value());
    if (value) {
      fields_of(*this, *value);
    }
  }
  template <typename T>
    requires requires(Writer& writer, const T& value) { fields_of(writer, value); }
  void operator()(std::string_view /*field*/, const T& value) {
    fields_of(*this, value);
  }
  template <Choice T>
  void choice(std::string_view field, T value, T /*last*/) {
    (*this)(field, std::to_underlying(value));
  }

  [[nodiscard]] std::vector<std::byte> take_bytes() {
    std::vector<std::byte> bytes;
    append(bytes, magic);
    append(bytes, version);
    append(bytes, static_cast<std::uint32_t>(texts_.size()));
    for (const std::string_view text : texts_) {
      append(bytes, static_cast<std::uint32_t>(text.size()));
      const auto raw = std::as_bytes(std::span(text));
      bytes.insert(bytes.end(), raw.begin(), raw.end());
    }
    bytes.insert(bytes.end(), body_.begin(), body_.end());
    return bytes;
  }

 private:
  std::vector<std::byte> body_{};
  std::vector<std::string_view> texts_{};  ///< Into the project that is being written.
  std::unordered_map<std::string_view, std::uint32_t> index_{};
};

// --- reading -------------------------------------------------------------------------------------

/// After the first thing that makes no sense it reads nothing more, and every value stays as it
/// was.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <std::integral T>
  void operator()(std::string_view field, T& value) {
    if constexpr (std::same_as<T, bool>) {
      const auto raw = take<std::uint8_t>(field);
      value = raw == 1;
      if (raw > 1) {
        fail(field, "is neither true nor false");
      }
    } else {
      value = static_cast<T>(take<std::make_unsigned_t<T>>(field));
    }
  }
  void operator()(std::string_view field, double& value) {
    value = std::bit_cast<double>(take<std::uint64_t>(field));
    if (!std::isfinite(value)) {
      value = 0;
      fail(field, "is not a number");
    }
  }
  void operator()(std::string_view field, milliseconds& value) {
    value = milliseconds(static_cast<std::int64_t>(take<std::uint64_t>(field)));
  }
  void operator()(std::string_view field, std::string& text) {
    const auto index = take<std::uint32_t>(field);
    if (is_failed()) {
      return;
    }
    if (index >= texts_.size()) {
      fail(field, "names a text that is not there");
      return;
    }
    // An index is four bytes and may name a long text: without a bound a small file could ask for
    // any amount of memory.
    decoded_text_bytes_ += texts_[index].size();
    if (decoded_text_bytes_ > spec_text_bytes_max) {
      fail(field, "more text than a project may have");
      return;
    }
    text = texts_[index];
  }
  template <typename T>
  void operator()(std::string_view field, std::vector<T>& items) {
    const auto count = take<std::uint32_t>(field);
    items.clear();
    // Every item takes at least one byte, so this ends with the bytes, whatever the count says.
    for (std::uint32_t at = 0; at < count && !is_failed(); ++at) {
      (*this)(field, items.emplace_back());
    }
  }
  /// A list that is the same as one before it is shared with that one.
  void operator()(std::string_view field, SharedTexts& texts) {
    const auto bytes_before = rest_;
    const std::size_t text_bytes_before = decoded_text_bytes_;
    std::vector<std::string> list;
    (*this)(field, list);
    if (is_failed()) {
      return;
    }
    const auto bytes = bytes_before.first(bytes_before.size() - rest_.size());
    const std::string_view indices(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto [place, is_new] = shared_.try_emplace(indices);
    if (is_new) {
      place->second = std::move(list);
    } else {
      decoded_text_bytes_ = text_bytes_before;
    }
    texts = place->second;
  }
  template <typename T>
  void operator()(std::string_view field, std::optional<T>& value) {
    bool is_there = false;
    (*this)(field, is_there);
    if (is_there) {
      fields_of(*this, value.emplace());
    }
  }
  template <typename T>
    requires requires(Reader& reader, T& value) { fields_of(reader, value); }
  void operator()(std::string_view /*field*/, T& value) {
    fields_of(*this, value);
  }
  template <Choice T>
  void choice(std::string_view field, T& value, T last) {
    std::underlying_type_t<T> raw{};
    (*this)(field, raw);
    if (raw > std::to_underlying(last)) {
      fail(field, "is a choice that this version does not know");
      return;
    }
    value = static_cast<T>(raw);
  }

  void read_front() {
    if (take<std::uint32_t>("magic") != magic) {
      fail("magic", "these bytes are not specs");
    }
    if (take<std::uint32_t>("version") != version) {
      fail("version", "written by another version of tend");
    }
    const auto count = take<std::uint32_t>("texts");
    for (std::uint32_t at = 0; at < count && !is_failed(); ++at) {
      const auto size = take<std::uint32_t>("texts");
      const std::string_view text = take_text(size);
      if (text.contains('\0')) {
        fail("texts", "a text has a NUL byte");
      }
      texts_.push_back(text);
    }
  }

  void finish() {
    if (!rest_.empty()) {
      fail("end", "there are bytes behind the end");
    }
  }

  void fail(std::string_view field, std::string_view why) {
    if (!is_failed()) {
      field_ = field;
      why_ = why;
      rest_ = {};
    }
  }
  [[nodiscard]] bool is_failed() const { return !why_.empty(); }
  [[nodiscard]] std::unexpected<Error> error() const {
    return refused("read specs", std::string(field_), std::string(why_));
  }

 private:
  template <std::unsigned_integral T>
  T take(std::string_view field) {
    if (rest_.size() < sizeof(T)) {
      fail(field, "the bytes end here");
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < sizeof(T); ++at) {
      value |= std::to_integer<std::uint64_t>(rest_[at]) << (8 * at);
    }
    rest_ = rest_.subspan(sizeof(T));
    return static_cast<T>(value);
  }

  std::string_view take_text(std::size_t size) {
    if (rest_.size() < size) {
      fail("texts", "the bytes end here");
      return {};
    }
    const std::string_view text(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return text;
  }

  std::span<const std::byte> rest_;
  std::vector<std::string_view> texts_{};
  std::size_t decoded_text_bytes_ = 0;
  std::unordered_map<std::string_view, SharedTexts> shared_{};  ///< By their indices as encoded.
  std::string_view field_{};
  std::string_view why_{};
};

/// What the director relies on without looking: indices and signals.
void check(Reader& reader, const ProjectSpec& project) {
  const std::size_t count = project.services.size();
  for (const ServiceSpec& service : project.services) {
    for (const Requirement& requirement : service.requires_) {
      if (requirement.on >= count) {
        reader.fail("requires on", "names a service that is not there");
      }
    }
    for (const std::uint32_t index : service.after) {
      if (index >= count) {
        reader.fail("after", "names a service that is not there");
      }
    }
    for (const StopStage& stage : service.stop) {
      if (stage.signal < 1 || stage.signal > 64) {
        reader.fail("stop signal", "is no signal");
      }
    }
  }
}

}  // namespace

std::vector<std::byte> encode(const ProjectSpec& project) {
  Writer writer;
  fields_of(writer, project);
  return writer.take_bytes();
}

Result<ProjectSpec> decode(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  reader.read_front();
  ProjectSpec project;
  fields_of(reader, project);
  if (!reader.is_failed()) {
    reader.finish();
    check(reader, project);
  }
  if (reader.is_failed()) {
    return reader.error();
  }
  return project;
}

std::uint64_t digest(std::span<const std::byte> bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace tend::service
