#include "base/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace tend::json {
namespace {

TEST(Json, keeps_the_order_of_the_keys) {
  Value value = Value::object({{"name", "web"}, {"pid", 17}, {"since", nullptr}});
  value.set("ready", true).set("pid", 18);
  EXPECT_EQ(write(value), R"({"name":"web","pid":18,"since":null,"ready":true})");
}

TEST(Json, writes_every_kind_of_value) {
  Value list;
  list.push(-1).push(UINT64_MAX).push(1.5).push("text").push(Value::object()).push(Value::array());
  EXPECT_EQ(write(list), R"([-1,18446744073709551615,1.5,"text",{},[]])");
  EXPECT_EQ(write(std::optional<int>{}), "null");
  EXPECT_EQ(write(std::optional<int>{7}), "7");
  EXPECT_EQ(write(std::nan("")), "null");
  EXPECT_EQ(write(std::numeric_limits<double>::infinity()), "null");
}

TEST(Json, stays_on_one_line_and_replaces_what_is_not_utf8) {
  EXPECT_EQ(write("a\nb\"\\\x01"), R"("a\nb\"\\\u0001")");
  EXPECT_EQ(write("a\xffz"), "\"a\uFFFDz\"");
}

TEST(Json, reads_what_others_write) {
  const auto value = parse(" {\"a\": [1, -2, 3.5, true, null, \"x\\u00e9\"], \"b\": {}} ");
  ASSERT_TRUE(value.has_value());
  const Value* list = value->find("a");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->items().size(), 6U);
  EXPECT_EQ(list->items()[0].as_unsigned(), 1U);
  EXPECT_EQ(list->items()[1].as_integer(), -2);
  EXPECT_EQ(list->items()[1].as_unsigned(), std::nullopt);
  EXPECT_EQ(list->items()[2].as_double(), 3.5);
  EXPECT_EQ(list->items()[3].as_bool(), true);
  EXPECT_TRUE(list->items()[4].is_null());
  EXPECT_EQ(*list->items()[5].as_string(), "xé");
  EXPECT_EQ(value->find("c"), nullptr);
  EXPECT_TRUE(value->find("b")->is_object());
  EXPECT_EQ(list->find("a"), nullptr);
}

TEST(Json, refuses_malformed_texts) {
  for (const std::string_view text :
       {"", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "1 2", "nul", "\"a", "{\"a\" 1}", "[1}", "\xff",
        "\"\xff\"", "01", "{1:2}", "\"\\ud800\"", "/*x*/1", "NaN"}) {
    EXPECT_FALSE(parse(text).has_value()) << text;
  }
}

TEST(Json, refuses_a_key_that_comes_twice) {
  const auto value = parse(R"({"a":1,"b":{"a":2},"a":3})");
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().message(), "parse JSON: the key \"a\" comes twice");
  EXPECT_TRUE(parse(R"({"a":1,"b":{"a":2}})").has_value());
}

TEST(Json, refuses_what_is_too_long_or_too_deep) {
  EXPECT_TRUE(parse("[[1]]", {.depth_max = 2}).has_value());
  EXPECT_FALSE(parse("[[[1]]]", {.depth_max = 2}).has_value());
  EXPECT_TRUE(parse(R"("[[[[")", {.depth_max = 2}).has_value());
  EXPECT_TRUE(parse(R"("\"[[[[")", {.depth_max = 2}).has_value());
  EXPECT_FALSE(parse(std::string(1'000'000, '['), {}).has_value());
  EXPECT_FALSE(parse("1234", {.bytes_max = 3}).has_value());
}

TEST(Json, numbers_keep_all_their_digits) {
  EXPECT_EQ(parse("18446744073709551615")->as_unsigned(), UINT64_MAX);
  EXPECT_EQ(parse("-9223372036854775808")->as_integer(), INT64_MIN);
  EXPECT_EQ(parse("18446744073709551615")->as_integer(), std::nullopt);
  EXPECT_FALSE(parse("1e999").has_value());
}

Value any_value(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  switch (kind) {
    case 0: return nullptr;
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::negative<std::int64_t>();
    case 3: return *rc::gen::arbitrary<std::uint64_t>();
    case 4: return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
    default: break;
  }
  Value value = kind == 5 ? Value::array() : Value::object();
  const int count = *rc::gen::inRange(0, 4);
  for (int at = 0; at < count; ++at) {
    if (kind == 5) {
      value.push(any_value(depth - 1));
    } else {
      value.set(*rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)),
                any_value(depth - 1));
    }
  }
  return value;
}

RC_GTEST_PROP(Json, is_read_back_as_it_was_written, ()) {
  const Value value = any_value(3);
  const auto read = parse(write(value));
  RC_ASSERT(read.has_value());
  RC_ASSERT(write(*read) == write(value));
  RC_ASSERT(*read == value);
}

RC_GTEST_PROP(Json, any_text_is_a_value_or_an_error, (const std::string& text)) {
  static_cast<void>(parse(text));
}

TEST(JsonDeathTest, set_on_what_is_no_object_is_a_bug) {
  Value value = 1;
  EXPECT_DEATH(value.set("a", 1), "tend: bug");
  EXPECT_DEATH(value.push(1), "tend: bug");
}

}  // namespace
}  // namespace tend::json
