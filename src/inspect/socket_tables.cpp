#include "inspect/socket_tables.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "inspect/net_text.hpp"
#include "inspect/process_text.hpp"
#include "os/files.hpp"
#include "os/unix_peers.hpp"

namespace tend::inspect {

namespace {

struct Source {
  const char* file;
  SocketFamily family;
  SocketType type;
};

constexpr std::array<Source, 11> sources{{
    {"net/tcp", SocketFamily::ipv4, SocketType::tcp},
    {"net/tcp6", SocketFamily::ipv6, SocketType::tcp},
    {"net/udp", SocketFamily::ipv4, SocketType::udp},
    {"net/udp6", SocketFamily::ipv6, SocketType::udp},
    {"net/udplite", SocketFamily::ipv4, SocketType::udplite},
    {"net/udplite6", SocketFamily::ipv6, SocketType::udplite},
    {"net/raw", SocketFamily::ipv4, SocketType::raw},
    {"net/raw6", SocketFamily::ipv6, SocketType::raw},
    {"net/unix", SocketFamily::unix_domain, SocketType::unknown},
    {"net/netlink", SocketFamily::netlink, SocketType::raw},
    {"net/packet", SocketFamily::packet, SocketType::unknown},
}};

std::optional<Socket> parse(const Source& source, std::string_view line) {
  switch (source.family) {
    case SocketFamily::ipv4:
    case SocketFamily::ipv6: return parse_inet_socket(line, source.family, source.type);
    case SocketFamily::unix_domain: return parse_unix_socket(line);
    case SocketFamily::netlink:
    case SocketFamily::packet: return parse_other_socket(line, source.family);
    case SocketFamily::unknown: return std::nullopt;
  }
  return std::nullopt;
}

/// 0: not known.
std::uint64_t network_namespace(const os::ProcFolder& process) {
  const auto link = process.link("ns/net");
  const auto parsed = link ? parse_namespace(*link) : std::nullopt;
  return parsed ? parsed->inode : 0;
}

std::uint64_t own_network_namespace() {
  const auto link = os::read_link("/proc/self/ns/net");
  const auto parsed = link ? parse_namespace(*link) : std::nullopt;
  return parsed ? parsed->inode : 0;
}

}  // namespace

void SocketTables::connect(Table& table) {
  const auto peers = os::unix_peers();
  if (!peers) {
    return;
  }
  for (const auto& [inode, peer] : *peers) {
    const auto found = table.find(inode);
    if (found != table.end()) {
      found->second.peer_inode = peer;
    }
  }
}

const SocketTables::Table& SocketTables::table_of(const os::ProcFolder& process) {
  const std::uint64_t name = network_namespace(process);
  const auto [at, is_new] = by_namespace_.try_emplace(name);
  Table& table = at->second;
  if (!is_new) {
    return table;
  }
  for (const Source& source : sources) {
    // A kernel without that protocol has no such file.
    auto lines = process.lines(source.file);
    if (!lines) {
      continue;
    }
    while (const auto line = lines->next()) {
      auto socket = parse(source, *line);
      // Connections without a process, such as those in TIME_WAIT, have inode number 0.
      if (socket && socket->inode != 0 && table.size() < sockets_max) {
        const std::uint64_t inode = socket->inode;
        table.insert_or_assign(inode, *std::move(socket));
      }
    }
  }
  if (name != 0 && name == own_network_namespace()) {
    connect(table);
  }
  return table;
}

void SocketTables::describe(const os::ProcFolder& process, Descriptors& descriptors) {
  const Table* table = nullptr;
  for (Descriptor& descriptor : descriptors.open) {
    if (descriptor.kind != DescriptorKind::socket) {
      continue;
    }
    table = table == nullptr ? &table_of(process) : table;
    const auto found = table->find(descriptor.inode);
    descriptor.detail = found == table->end() ? Socket{.inode = descriptor.inode} : found->second;
  }
}

}  // namespace tend::inspect
