#include "os/environment.hpp"

#include <sys/single_threaded.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

constexpr std::size_t variables_max = std::size_t{1} << 20;
constexpr std::size_t pointers_at_once = 64;
constexpr std::size_t page_bytes = 4096;
constexpr int attempts_max = 10'000;
constexpr int strict_attempts = 100;

enum class Read { complete, partial, refused };

/// Copies memory of our own through the kernel, which answers EFAULT instead of crashing when the
/// memory has been given back (process_vm_readv(2)).
Read copy_memory(const void* from, void* to, std::size_t bytes) {
  const iovec local{.iov_base = to, .iov_len = bytes};
  const iovec remote{.iov_base = const_cast<void*>(from), .iov_len = bytes};
  const long got =
      raw::syscall(__NR_process_vm_readv, raw::syscall(__NR_getpid), &local, 1, &remote, 1, 0);
  if (got == static_cast<long>(bytes)) {
    return Read::complete;
  }
  return got == -1 || got == -38 ? Read::refused : Read::partial;  // EPERM, ENOSYS
}

/// The bytes up to the end of the page: beyond it there may be no memory.
std::size_t left_in_page(const void* address) {
  return page_bytes - reinterpret_cast<std::uintptr_t>(address) % page_bytes;
}

/// The pointers up to the null at the end; nothing if they could not be read.
std::optional<std::vector<const char*>> copy_pointers(char** from) {
  std::vector<const char*> pointers;
  while (from != nullptr && pointers.size() < variables_max) {
    std::array<const char*, pointers_at_once> part{};
    const std::size_t count = std::clamp<std::size_t>(
        left_in_page(static_cast<const void*>(from)) / sizeof(char*), 1, part.size());
    switch (copy_memory(static_cast<const void*>(from), static_cast<void*>(part.data()),
                        count * sizeof(char*))) {
      case Read::complete: break;
      case Read::partial: return std::nullopt;
      case Read::refused:
        std::copy_n(from, 1, part.begin());
        from += 1;
        if (part[0] == nullptr) {
          return pointers;
        }
        pointers.push_back(part[0]);
        continue;
    }
    const auto end =
        std::find(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count), nullptr);
    pointers.insert(pointers.end(), part.begin(), end);
    if (end != part.begin() + static_cast<std::ptrdiff_t>(count)) {
      return pointers;
    }
    from += count;
  }
  return pointers;
}

char** environment_address() { return __atomic_load_n(&environ, __ATOMIC_ACQUIRE); }

/// The pages that the pointers point into, each once. There are few, however many variables: libc
/// gets most of them in one piece.
std::vector<std::uintptr_t> pages_of(const std::vector<const char*>& pointers) {
  std::vector<std::uintptr_t> pages;
  for (const char* pointer : pointers) {
    const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(pointer) / page_bytes * page_bytes;
    if (pages.empty() || pages.back() != page) {
      pages.push_back(page);
    }
  }
  std::ranges::sort(pages);
  const auto rest = std::ranges::unique(pages);
  pages.erase(rest.begin(), rest.end());
  return pages;
}

/// Whether every pointer points to readable memory.
bool are_readable(const std::vector<const char*>& pointers) {
  constexpr std::size_t parts_max = 1024;  // UIO_MAXIOV
  const std::vector<std::uintptr_t> pages = pages_of(pointers);
  std::vector<iovec> remote;
  for (std::size_t begin = 0; begin < pages.size(); begin += parts_max) {
    const std::size_t count = std::min(parts_max, pages.size() - begin);
    remote.clear();
    for (std::size_t index = begin; index < begin + count; ++index) {
      remote.push_back({.iov_base = reinterpret_cast<void*>(pages[index]), .iov_len = 1});
    }
    std::array<char, parts_max> bytes{};
    const iovec local{.iov_base = bytes.data(), .iov_len = count};
    const long got = raw::syscall(__NR_process_vm_readv, raw::syscall(__NR_getpid), &local, 1,
                                  remote.data(), count, 0);
    if (got == -1 || got == -38) {
      return true;  // Nothing to be found out here.
    }
    if (got != static_cast<long>(count)) {
      return false;
    }
  }
  return true;
}

/// A byte-wise copy that no sanitizer watches: libc's own writers take a lock that readers cannot
/// take.
__attribute__((no_sanitize("thread"))) std::string copy_text(const char* text) {
  constexpr std::size_t usual_bytes = 64;
  std::string copy;
  copy.reserve(usual_bytes);
  for (; *text != '\0'; ++text) {
    copy.push_back(*text);
  }
  return copy;
}

bool is_variable(std::string_view entry) noexcept {
  const std::size_t equals = entry.find('=');
  return equals != std::string_view::npos && equals != 0;
}

enum class Certainty { equal_twice, readable };

/// libc moves the array when it grows and shifts it when a variable goes, but it never gives back
/// the strings that setenv has made; so two equal looks at the array are a state that was.
std::optional<std::vector<std::string>> look(Certainty wanted) {
  char** const address = environment_address();
  const auto first = copy_pointers(address);
  if (wanted == Certainty::equal_twice) {
    const auto second = copy_pointers(address);
    if (first != second || environment_address() != address) {
      return std::nullopt;
    }
  }
  if (!first || !are_readable(*first)) {
    return std::nullopt;
  }
  std::vector<std::string> variables;
  variables.reserve(first->size());
  for (const char* text : *first) {
    std::string entry = copy_text(text);
    if (is_variable(entry)) {
      variables.push_back(std::move(entry));
    }
  }
  return variables;
}

/// For a process without a second thread, in which nobody changes a variable while we look.
std::vector<std::string> read_undisturbed() {
  std::vector<std::string> variables;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    if (is_variable(*each)) {
      variables.emplace_back(*each);
    }
  }
  return variables;
}

}  // namespace

std::vector<std::string> own_environment() {
  if (__libc_single_threaded != 0) {
    return read_undisturbed();
  }
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    // Another thread that never stops changing variables gets a look of which one of them may be
    // missing, and not an environment that is empty.
    auto variables = look(attempt < strict_attempts ? Certainty::equal_twice : Certainty::readable);
    if (variables) {
      return std::move(*variables);
    }
    raw::syscall(__NR_sched_yield);
  }
  return {};
}

const char* const* environment_in_place() noexcept {
  if (__libc_single_threaded == 0 || environ == nullptr) {
    return nullptr;
  }
  for (char** each = environ; *each != nullptr; ++each) {
    if (!is_variable(*each)) {
      return nullptr;
    }
  }
  return environ;
}

std::optional<std::string_view> find_variable(const std::vector<std::string>& environment,
                                              std::string_view key) {
  for (const std::string& entry : environment) {
    if (entry.size() > key.size() && entry[key.size()] == '=' && entry.starts_with(key)) {
      return std::string_view(entry).substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace tend::os
