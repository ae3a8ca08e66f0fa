#include "base/base64.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace tend {
namespace {

TEST(Base64, is_that_of_rfc_4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("\xff\xfe\xfb"), "//77");
}

TEST(Base64, refuses_what_is_none) {
  for (const std::string_view wrong : {"Z", "Zg", "Zg=", "Zg=a", "Z===", "====", "Zh==", "Zm9=",
                                       "Zm-v", "Zm9v\n", " Zm9v", "=Zg="}) {
    EXPECT_EQ(parse_base64(wrong), std::nullopt) << wrong;
  }
}

RC_GTEST_PROP(Base64, is_read_back_as_it_was_written, (const std::string& bytes)) {
  RC_ASSERT(parse_base64(base64(bytes)) == bytes);
}

}  // namespace
}  // namespace tend
