// Whatever the kernel may write into the texts of /proc: no crash, and what is read keeps its
// promises. The first byte chooses the reader.

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/scan.hpp"
#include "inspect/descriptor_text.hpp"
#include "inspect/net_text.hpp"
#include "inspect/process_text.hpp"
#include "inspect/status_text.hpp"
#include "inspect/view_text.hpp"
#include "os/proc_text.hpp"
#include "target.hpp"

namespace {

using namespace tend::inspect;
using tend::fuzz::require;

void read_stat(std::string_view text) {
  const auto stat = tend::os::parse_proc_stat(text);
  if (stat) {
    require(text.find(stat->name) != std::string_view::npos);
    require(time_of_ticks(stat->start_ticks).count() >= 0);
  }
}

void read_status(std::string_view text) {
  const Status status = parse_status(text);
  require(status.credentials.supplementary.size() <= text.size());
  require(status.allowed_cpus.size() <= text.size());
  require(status.capabilities.effective.names().size() <= 64);
}

void read_limits(std::string_view text) {
  for (const Limit& limit : parse_limits(text)) {
    require(!limit.label.empty() && !limit.label.contains('\n'));
  }
}

void read_cgroups(std::string_view text) {
  const auto places = parse_cgroups(text);
  for (const CgroupPlace& place : places) {
    require(place.path.starts_with('/') && !place.path.contains('\n'));
  }
  const auto container = container_of(places);
  require(!container || (!container->engine.empty() && !container->id.empty()));
}

void read_small(std::string_view text) {
  (void)parse_input_output(text);
  (void)parse_proportional_memory(text);
  (void)parse_stack_pointer(text);
  (void)parse_hiding(text);
  const auto name_space = parse_namespace(text);
  require(!name_space || !name_space->type.empty());
  require(parts_of(text).size() <= text.size());
}

void read_fdinfo(std::string_view text) {
  Descriptor descriptor;
  add_fdinfo(text, descriptor);
  if (const auto* timer = std::get_if<Timer>(&descriptor.detail)) {
    require(timer->remaining.count() >= 0 && timer->interval.count() >= 0);
  }
  if (const auto* set = std::get_if<EpollSet>(&descriptor.detail)) {
    require(set->targets.size() <= epoll_targets_max);
  }
}

void read_link(std::string_view text) {
  const LinkTarget target = parse_link_target(text);
  require(text.starts_with(target.text));
  require(target.is_deleted == (target.text.size() != text.size()));
}

void check_socket(const std::optional<Socket>& socket) {
  if (socket) {
    require(!socket->local.text().empty() && !socket->remote.text().empty());
    require(!name_of(socket->state).empty() && !name_of(socket->type).empty());
  }
}

void read_sockets(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = tend::next_line(text);
    check_socket(parse_inet_socket(line, SocketFamily::ipv4, SocketType::tcp));
    check_socket(parse_inet_socket(line, SocketFamily::ipv6, SocketType::udp));
    check_socket(parse_unix_socket(line));
    check_socket(parse_other_socket(line, SocketFamily::netlink));
  }
}

using Read = void (*)(std::string_view);
constexpr Read readers[] = {read_stat,  read_status, read_limits, read_cgroups,
                            read_small, read_fdinfo, read_link,   read_sockets};

}  // namespace

void tend::fuzz::try_input(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const auto choice = static_cast<unsigned char>(input.front());
  readers[choice % std::size(readers)](input.substr(1));
}
