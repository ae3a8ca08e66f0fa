#include "base/text.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace tend::text {

namespace {

using Store = fmt::dynamic_format_arg_store<fmt::format_context>;

void add(Store& store, const Argument& argument) {
  switch (argument.type()) {
    case Argument::Type::boolean: store.push_back(argument.natural() != 0); return;
    case Argument::Type::character: store.push_back(static_cast<char>(argument.integer())); return;
    case Argument::Type::integer: store.push_back(argument.integer()); return;
    case Argument::Type::natural: store.push_back(argument.natural()); return;
    case Argument::Type::real: store.push_back(argument.real()); return;
    case Argument::Type::text: store.push_back(argument.text()); return;
  }
}

[[noreturn]] void refuse_pattern(std::string_view pattern, const char* reason) {
  std::fprintf(stderr, "tend: bug: format pattern '%.*s': %s\n", static_cast<int>(pattern.size()),
               pattern.data(), reason);
  std::abort();
}

template <typename Part>
std::string join_parts(std::span<const Part> parts, std::string_view separator) {
  std::string all;
  for (const auto& part : parts) {
    if (&part != parts.data()) {
      all += separator;
    }
    all += part;
  }
  return all;
}

}  // namespace

std::string format_arguments(std::string_view pattern, std::span<const Argument> arguments) {
  Store store;
  store.reserve(arguments.size(), 0);
  for (const Argument& argument : arguments) {
    add(store, argument);
  }
  try {
    return fmt::vformat(fmt::string_view(pattern.data(), pattern.size()), store);
  } catch (const std::bad_alloc&) {
    throw;  // Nobody's mistake here.
  } catch (const std::exception& error) {
    refuse_pattern(pattern, error.what());
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return join_parts(parts, separator);
}

std::string join(std::span<const std::string_view> parts, std::string_view separator) {
  return join_parts(parts, separator);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace tend::text
