#include "inspect/descriptor_text.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "inspect/net_text.hpp"

namespace tend::inspect {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

TEST(LinkTarget, objects_of_the_kernel_are_told_by_their_names) {
  using enum DescriptorKind;
  const std::pair<const char*, DescriptorKind> cases[] = {
      {"anon_inode:[eventfd]", eventfd},
      {"anon_inode:[eventpoll]", epoll},
      {"anon_inode:[timerfd]", timerfd},
      {"anon_inode:[signalfd]", signalfd},
      {"anon_inode:inotify", inotify},
      {"anon_inode:[fanotify]", fanotify},
      {"anon_inode:[pidfd]", pidfd},
      {"pidfd:[7]", pidfd},
      {"anon_inode:[io_uring]", io_uring},
      {"anon_inode:[userfaultfd]", other},
      {"mnt:[4026531840]", name_space},
      {"something:else", other},
      {"", other},
      {"anon_inode:", other},
  };
  for (const auto& [link, kind] : cases) {
    EXPECT_EQ(parse_link_target(link).kind, kind) << link;
    EXPECT_EQ(parse_link_target(link).text, link);
  }
}

TEST(LinkTarget, pipes_and_sockets_have_numbers) {
  EXPECT_EQ(parse_link_target("pipe:[12]"),
            (LinkTarget{.kind = DescriptorKind::pipe, .text = "pipe:[12]", .inode = 12}));
  EXPECT_EQ(parse_link_target("socket:[99]"),
            (LinkTarget{.kind = DescriptorKind::socket, .text = "socket:[99]", .inode = 99}));
}

TEST(LinkTarget, a_path_says_only_whether_its_file_is_deleted) {
  EXPECT_EQ(parse_link_target("/tmp/pipe:[1]"), (LinkTarget{.text = "/tmp/pipe:[1]"}));
  EXPECT_EQ(parse_link_target("/tmp/x (deleted)"),
            (LinkTarget{.text = "/tmp/x", .is_deleted = true}));
  EXPECT_EQ(parse_link_target("/memfd:x (deleted)"),
            (LinkTarget{.kind = DescriptorKind::memfd, .text = "/memfd:x", .is_deleted = true}));
}

TEST(KindOfMode, files_are_told_by_their_type) {
  EXPECT_EQ(kind_of_mode(S_IFREG | 0644, 0), DescriptorKind::file);
  EXPECT_EQ(kind_of_mode(S_IFDIR | 0755, 0), DescriptorKind::directory);
  EXPECT_EQ(kind_of_mode(S_IFBLK, 8), DescriptorKind::block_device);
  EXPECT_EQ(kind_of_mode(S_IFIFO, 0), DescriptorKind::fifo);
  EXPECT_EQ(kind_of_mode(S_IFSOCK, 0), DescriptorKind::socket);
  EXPECT_EQ(kind_of_mode(S_IFCHR, 1), DescriptorKind::character_device);
  EXPECT_EQ(kind_of_mode(S_IFCHR, 136), DescriptorKind::terminal);
  EXPECT_EQ(kind_of_mode(S_IFCHR, 4), DescriptorKind::terminal);
  EXPECT_EQ(kind_of_mode(0, 0), DescriptorKind::unknown);
}

Descriptor with_info(std::string_view text) {
  Descriptor descriptor;
  add_fdinfo(text, descriptor);
  return descriptor;
}

TEST(Fdinfo, flags_are_those_of_open) {
  // O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC
  static_assert((O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC) == 02006001);
  const Descriptor writer = with_info("pos:\t42\nflags:\t02006001\nmnt_id:\t15\n");
  EXPECT_EQ(writer.position, 42U);
  EXPECT_TRUE(writer.can_write && writer.is_append && writer.is_nonblocking);
  EXPECT_TRUE(writer.is_close_on_exec);
  EXPECT_FALSE(writer.can_read);
  const Descriptor both = with_info("flags:\t02\n");
  EXPECT_TRUE(both.can_read && both.can_write);
  static_assert(O_PATH == 010000000);
  const Descriptor path = with_info("flags:\t012000000\n");
  EXPECT_FALSE(path.can_read || path.can_write);
}

TEST(Fdinfo, each_kind_has_its_details) {
  EXPECT_EQ(std::get<EventCounter>(with_info("eventfd-count:               1f\n").detail).count,
            31U);
  EXPECT_EQ(std::get<SignalReader>(with_info("sigmask:\t0000000000004002\n").detail).signals,
            (SignalSet{2, 15}));
  EXPECT_EQ(std::get<HeldProcess>(with_info("Pid:\t4711\nNSpid:\t4711\n").detail).pid, 4711);
  EXPECT_EQ(std::get<HeldProcess>(with_info("Pid:\t-1\n").detail).pid, -1);
  EXPECT_EQ(std::get<Watches>(with_info("inotify wd:1 ino:2\ninotify wd:2 ino:3\n").detail).count,
            2U);
  EXPECT_EQ(std::get<Timer>(with_info("clockid: 1\nticks: 3\nsettime flags: 01\n"
                                      "it_value: (2, 500000000)\nit_interval: (0, 7)\n")
                                .detail),
            (Timer{.clock = 1, .expirations = 3, .remaining = 2500ms, .interval = 7ns}));
  EXPECT_THAT(std::get<EpollSet>(with_info("tfd:        5 events:       19 data: 5 pos:0\n"
                                           "tfd:       12 events: 80000001 data: c\n")
                                     .detail)
                  .targets,
              ElementsAre(EpollTarget{.descriptor = 5, .events = 0x19},
                          EpollTarget{.descriptor = 12, .events = 0x80000001}));
}

TEST(Fdinfo, what_is_broken_or_unknown_is_passed_over) {
  const Descriptor descriptor = with_info("pos\nflags:\tzz\nnew-key:\t1\n\n:\nit_value: (\n");
  EXPECT_EQ(descriptor.position, 0U);
  EXPECT_FALSE(descriptor.can_write);
  EXPECT_EQ(std::get<Timer>(with_info("it_value: (99999999999999999999, 1)\n").detail).remaining,
            1ns);
}

TEST(Descriptors, are_found_by_number) {
  const Descriptors all{.open = {{.number = 0}, {.number = 2}, {.number = 9}}};
  EXPECT_EQ(all.find(2), &all.open[1]);
  EXPECT_EQ(all.find(1), nullptr);
  EXPECT_EQ(all.find(10), nullptr);
}

constexpr const char* listening =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
    "12345 1 0000000000000000 100 0 0 10 0";

TEST(NetText, a_tcp_socket_has_addresses_ports_and_a_state) {
  const auto socket = parse_inet_socket(listening, SocketFamily::ipv4, SocketType::tcp);
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(socket->local.text(), "127.0.0.1:8080");
  EXPECT_EQ(socket->remote.text(), "*:*");
  EXPECT_EQ(socket->state, SocketState::listening);
  EXPECT_EQ(socket->receive_queue_bytes, 3U);
  EXPECT_EQ(socket->inode, 12345U);
}

TEST(NetText, an_address_of_version_6_is_written_as_people_write_it) {
  const auto socket = parse_inet_socket(
      "  1: B80D0120000000000000000001000000:0016 0000000000000000FFFF00000100000A:C350 01 "
      "00000000:00000000 02:000A7D8C 00000000     0        0 77 2",
      SocketFamily::ipv6, SocketType::tcp);
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(socket->local.text(), "[2001:db8::1]:22");
  EXPECT_EQ(socket->remote.text(), "[::ffff:10.0.0.1]:50000");
  EXPECT_EQ(socket->state, SocketState::established);
}

TEST(NetText, version_6_text_follows_rfc_5952) {
  using Bytes = std::array<std::uint8_t, 16>;
  EXPECT_EQ(ipv6_text(Bytes{}), "::");
  EXPECT_EQ(ipv6_text(Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "::1");
  EXPECT_EQ(ipv6_text(Bytes{0xfe, 0x80}), "fe80::");
  EXPECT_EQ(ipv6_text(Bytes{0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}), "1:0:1:1:1:1:1:1");
  EXPECT_EQ(ipv6_text(Bytes{0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}), "1:0:0:1::1");
  EXPECT_EQ(ipv6_text(Bytes{0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1}), "1::1:1:0:0:1");
}

TEST(NetText, a_unix_socket_may_have_any_path) {
  const auto socket =
      parse_unix_socket("0000000000000000: 00000002 00000000 00010000 0001 01 21 /run/a b");
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(socket->path, "/run/a b");
  EXPECT_EQ(socket->state, SocketState::listening);
  EXPECT_EQ(socket->type, SocketType::stream);
  const auto unbound =
      parse_unix_socket("0000000000000000: 00000003 00000000 00000000 0005 03    22");
  ASSERT_TRUE(unbound.has_value());
  EXPECT_EQ(unbound->path, "");
  EXPECT_EQ(unbound->type, SocketType::seqpacket);
  EXPECT_EQ(unbound->state, SocketState::established);
  EXPECT_EQ(unbound->inode, 22U);
}

TEST(NetText, headings_and_halves_are_no_sockets) {
  const std::string whole = listening;
  for (const std::string& line :
       {std::string(), std::string("  sl  local_address rem_address   st tx_queue rx_queue"),
        whole.substr(0, 60), std::string("Num RefCount Protocol Flags Type St Inode Path")}) {
    EXPECT_EQ(parse_inet_socket(line, SocketFamily::ipv4, SocketType::tcp), std::nullopt);
    EXPECT_EQ(parse_inet_socket(line, SocketFamily::ipv6, SocketType::tcp), std::nullopt);
    EXPECT_EQ(parse_unix_socket(line), std::nullopt);
  }
  EXPECT_EQ(parse_other_socket("sk Eth Pid Groups Inode", SocketFamily::netlink), std::nullopt);
  EXPECT_EQ(parse_other_socket("0000 0 0 00 0 0 (null) 2 0 4711", SocketFamily::netlink)->inode,
            4711U);
}

}  // namespace
}  // namespace tend::inspect
