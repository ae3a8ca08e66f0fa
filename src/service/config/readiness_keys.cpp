#include "service/config/readiness_keys.hpp"

#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "service/config/endpoint.hpp"

namespace tend::service::config {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 2> ready_words{"none", "notify"};
constexpr std::string_view forms =
    "\"none\", \"notify\", or a table with one of notify, fd, tcp, http, exec, delay";

class ReadinessReader {
 public:
  ReadinessReader(const Node& node, const Reading& reading)
      : at_(node.at), keys_(node, "ready", reading), reading_(keys_.reading()) {}

  Readiness read() {
    read_notify();
    read_fd();
    read_endpoint("tcp", ReadyMeans::tcp, parse_tcp_endpoint);
    read_endpoint("http", ReadyMeans::http, parse_http_endpoint);
    read_exec();
    read_delay();
    read_times();
    keys_.finish();
    if (means_count_ == 0) {
      reading_.wrong(at_, "ready does not say how", text::format("it is {}", forms));
    }
    return std::move(ready_);
  }

 private:
  /// Notes that the file uses this means; a second one is one too many.
  const Entry* find_means(std::string_view key, ReadyMeans means) {
    const Entry* entry = keys_.find(key);
    if (entry == nullptr) {
      return nullptr;
    }
    ++means_count_;
    if (means_count_ > 1) {
      reading_.wrong(entry->key_at, text::format("{} is a second means beside {}", key, means_),
                     "a service is ready by one means; exec can combine several");
    } else {
      ready_.means = means;
      means_ = key;
    }
    return entry;
  }

  void read_notify() {
    const Entry* entry = find_means("notify", ReadyMeans::notify);
    if (entry == nullptr) {
      return;
    }
    if (entry->value.type != NodeType::boolean) {
      reading_.wrong_type(entry->value, "notify", "true");
    } else if (!entry->value.boolean) {
      reading_.wrong(entry->value.at, "notify = false says nothing", "leave ready out");
    }
  }

  void read_fd() {
    if (const Entry* entry = find_means("fd", ReadyMeans::fd)) {
      // 0 to 2 are the service's own; the upper bound is below every usual RLIMIT_NOFILE.
      const auto fd = reading_.integer(entry->value, "fd", {3, 255});
      ready_.fd = static_cast<int>(fd.value_or(ready_.fd));
    }
  }

  template <typename Parse>
  void read_endpoint(std::string_view key, ReadyMeans means, Parse parse) {
    const Entry* entry = find_means(key, means);
    if (entry == nullptr) {
      return;
    }
    if (entry->value.type == NodeType::integer && means == ReadyMeans::tcp) {
      reading_.wrong_type(entry->value, key, "an address",
                          text::format("write \"127.0.0.1:{}\"", entry->value.integer));
      return;
    }
    const auto address = reading_.text(entry->value, key);
    if (!address) {
      return;
    }
    auto endpoint = parse(*address);
    if (!endpoint) {
      reading_.wrong(entry->value.at,
                     text::format("{}: {}: {}", key, text::quoted(*address), endpoint.error()),
                     means == ReadyMeans::tcp ? "such as \"127.0.0.1:6379\""
                                              : "such as \"http://127.0.0.1:8080/health\"");
      return;
    }
    ready_.host = std::move(endpoint->host);
    ready_.port = endpoint->port;
    if (means == ReadyMeans::http) {
      ready_.http_host = std::move(endpoint->authority);
      ready_.path = std::move(endpoint->path);
    }
  }

  void read_exec() {
    if (const Entry* entry = find_means("exec", ReadyMeans::exec)) {
      ready_.exec = reading_.command(entry->value, "exec").value_or(std::vector<std::string>{});
    }
  }

  void read_delay() {
    if (const Entry* entry = find_means("delay", ReadyMeans::delay)) {
      ready_.delay = reading_.duration(entry->value, "delay").value_or(ready_.delay);
    }
  }

  void read_times() {
    const Entry* timeout = keys_.find("timeout");
    if (timeout != nullptr) {
      ready_.timeout =
          reading_.duration(timeout->value, "timeout", {.min = 1ms}).value_or(ready_.timeout);
    }
    if (ready_.means == ReadyMeans::delay && timeout != nullptr) {
      reading_.wrong(timeout->key_at, "timeout means nothing with delay",
                     "a service that is alive after the delay is ready");
    }
    if (ready_.means == ReadyMeans::delay) {
      ready_.timeout += ready_.delay;
    }
    const Entry* every = keys_.find("every");
    if (every == nullptr) {
      return;
    }
    const bool is_asked = ready_.means == ReadyMeans::tcp || ready_.means == ReadyMeans::http ||
                          ready_.means == ReadyMeans::exec;
    if (!is_asked && means_count_ > 0) {
      reading_.wrong(every->key_at, text::format("every means nothing with {}", means_),
                     "it is the pause between two attempts of tcp, http or exec");
      return;
    }
    ready_.every = reading_.duration(every->value, "every", {.min = 10ms}).value_or(ready_.every);
    if (ready_.every >= ready_.timeout) {
      reading_.wrong(every->value.at, "every is not shorter than timeout");
    }
  }

  Position at_;
  KeyReader keys_;
  const Reading& reading_;
  Readiness ready_{};
  int means_count_ = 0;
  std::string_view means_{};
};

}  // namespace

Readiness read_readiness(const Node& node, const Reading& reading) {
  if (node.type == NodeType::table) {
    return ReadinessReader(node, reading).read();
  }
  Readiness ready;
  if (node.type != NodeType::text) {
    reading.wrong_type(node, "ready", std::string(forms));
  } else if (node.text == ready_words[1]) {
    ready.means = ReadyMeans::notify;
  } else if (node.text != ready_words[0]) {
    const auto meant = text::nearest(node.text, ready_words);
    reading.wrong(node.at, text::format("ready is {}, not {}", forms, text::quoted(node.text)),
                  meant ? text::format("did you mean {}?", text::quoted(*meant)) : "");
  }
  return ready;
}

}  // namespace tend::service::config
