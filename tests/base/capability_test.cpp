#include <tend/capability.hpp>

#include <gmock/gmock.h>
#include <linux/capability.h>

namespace tend {
namespace {

using testing::ElementsAre;

TEST(Capability, numbers_are_those_of_the_kernel) {
  EXPECT_EQ(capability_number("CAP_CHOWN"), CAP_CHOWN);
  EXPECT_EQ(capability_number("CAP_SETPCAP"), CAP_SETPCAP);
  EXPECT_EQ(capability_number("CAP_NET_ADMIN"), CAP_NET_ADMIN);
  EXPECT_EQ(capability_number("CAP_SYS_PTRACE"), CAP_SYS_PTRACE);
  EXPECT_EQ(capability_number("CAP_SETFCAP"), CAP_SETFCAP);
  EXPECT_EQ(capability_number("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
}

TEST(Capability, every_number_and_its_name_lead_to_each_other) {
  for (int number = 0; number < 64; ++number) {
    EXPECT_EQ(capability_number(capability_name(number)), number) << capability_name(number);
    EXPECT_EQ(capability_meaning(number).empty(), number > CAP_LAST_CAP) << number;
  }
}

TEST(Capability, names_are_understood_in_each_form_people_write) {
  EXPECT_EQ(capability_number("net_raw"), CAP_NET_RAW);
  EXPECT_EQ(capability_number("cap_net_raw"), CAP_NET_RAW);
  EXPECT_EQ(capability_number("13"), CAP_NET_RAW);
}

TEST(Capability, what_is_none_has_no_number) {
  for (const char* name : {"", "CAP_", "CAP_NOPE", "-1", "64", "1 ", "CAP_CHOWN2"}) {
    EXPECT_EQ(capability_number(name), std::nullopt) << name;
  }
}

TEST(CapabilitySet, holds_what_was_added) {
  CapabilitySet set{CAP_KILL, CAP_BPF};
  set.add(CAP_CHOWN).remove(CAP_BPF).add(64).add(-1);
  EXPECT_EQ(set.bits(), (1U << CAP_CHOWN) | (1U << CAP_KILL));
  EXPECT_THAT(set.names(), ElementsAre("CAP_CHOWN", "CAP_KILL"));
  EXPECT_TRUE(set.contains(CAP_KILL));
  EXPECT_FALSE(set.contains(64));
}

TEST(CapabilitySet, a_capability_of_a_newer_kernel_keeps_its_number) {
  EXPECT_THAT(CapabilitySet::from_bits(std::uint64_t{1} << 45).names(), ElementsAre("CAP_45"));
}

}  // namespace
}  // namespace tend
