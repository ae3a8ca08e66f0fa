#include "service/keeper/say.hpp"

#include <sys/uio.h>

#include "os/raw/calls.hpp"

namespace tend::service::keeper {

namespace {

constexpr std::size_t digits_bytes = 24;

iovec part_of(const char* text) noexcept {
  return {.iov_base = const_cast<char*>(text), .iov_len = __builtin_strlen(text)};
}

}  // namespace

char* digits_of(long number, char* buffer) noexcept {
  const bool is_negative = number < 0;
  auto rest =
      is_negative ? 0UL - static_cast<unsigned long>(number) : static_cast<unsigned long>(number);
  char* at = buffer + digits_bytes - 1;
  *at = '\0';
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (is_negative) {
    *--at = '-';
  }
  return at;
}

long number_in(const char* text) noexcept {
  constexpr int digits_max = 9;
  long number = 0;
  int digits = 0;
  for (; text[digits] != '\0'; ++digits) {
    if (text[digits] < '0' || text[digits] > '9' || digits == digits_max) {
      return -1;
    }
    number = number * 10 + (text[digits] - '0');
  }
  return digits == 0 ? -1 : number;
}

void say(const char* text, const char* more) noexcept {
  iovec parts[] = {part_of("tend-keeper: "), part_of(text), part_of(more), part_of("\n")};
  os::raw::syscall(__NR_writev, 2, parts, 4);
}

void say(const char* text) noexcept { say(text, ""); }

void say(const char* text, long number) noexcept {
  char buffer[digits_bytes];
  say(text, digits_of(number, buffer));
}

}  // namespace tend::service::keeper
