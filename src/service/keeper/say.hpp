#pragma once
// The keeper's few words to people, on stderr, without allocation. One call, one line.

#include <cstdint>

namespace tend::service::keeper {

/// `tend-keeper: TEXT`, with a second text or a number behind it.
void say(const char* text) noexcept;
void say(const char* text, const char* more) noexcept;
void say(const char* text, long number) noexcept;

/// The digits of `number` in `buffer` (at least 24 bytes), ended by a zero; points to the first.
char* digits_of(long number, char* buffer) noexcept;

/// The number a text holds from its first to its last character; -1 if it holds anything else.
long number_in(const char* text) noexcept;

}  // namespace tend::service::keeper
