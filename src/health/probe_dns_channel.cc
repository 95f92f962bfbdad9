#include "health/probe_dns_channel.h"

#include <sys/time.h>

namespace waypost::health {

std::shared_ptr<DnsChannel> DnsChannel::Open(asio::io_context& context, const Options& options) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return nullptr;
  auto self = std::make_shared<DnsChannel>(context);
  ares_options settings = {};
  settings.timeout = static_cast<int>(options.try_timeout.count());
  settings.tries = options.tries;
  settings.sock_state_cb = [](void* channel, ares_socket_t socket, int readable, int writable) {
    static_cast<DnsChannel*>(channel)->OnState(socket, readable != 0, writable != 0);
  };
  settings.sock_state_cb_data = self.get();
  const int which = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&self->channel_, &settings, which) != ARES_SUCCESS) return nullptr;
  const std::string& servers = options.name_servers;
  if (!servers.empty() && ares_set_servers_ports_csv(self->channel_, servers.c_str()) != ARES_SUCCESS) {
    self->Close();
    return nullptr;
  }
  return self;
}

void DnsChannel::Ask(const std::string& name, ares_addrinfo_callback callback, void* argument) {
  ares_addrinfo_hints hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting connects a socket to each address
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, callback, argument);
  ArmTimer();
}

void DnsChannel::Close() {
  timer_.cancel();
  if (channel_ == nullptr) return;
  const ares_channel channel = channel_;
  channel_ = nullptr;
  ares_destroy(channel);
}

void DnsChannel::OnState(ares_socket_t socket, bool readable, bool writable) {
  Watched& watch = watched_[socket];
  if (watch == nullptr) {
    watch = std::make_shared<Watch>(context_);
    error_code error;
    watch->descriptor.assign(socket, error);
    if (error.failed()) return;  // c-ares' own timeout ends the question
  }
  watch->reading = readable;
  watch->writing = writable;
  if (readable || writable) {
    Wait(socket, watch);
    return;
  }
  if (watch->descriptor.is_open()) watch->descriptor.release();  // c-ares closes it
  watched_.erase(socket);
}

void DnsChannel::Wait(ares_socket_t socket, const Watched& watch) {
  if (!watch->descriptor.is_open()) return;
  if (watch->reading && !std::exchange(watch->read_waits, true)) {
    watch->descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this(), watch, socket](error_code error) {
      watch->read_waits = false;
      if (error.failed() || !watch->descriptor.is_open()) return;
      if (watch->reading) self->Process(socket, ARES_SOCKET_BAD);
      self->Wait(socket, watch);
    });
  }
  if (watch->writing && !std::exchange(watch->write_waits, true)) {
    watch->descriptor.async_wait(Descriptor::wait_write, [self = shared_from_this(), watch, socket](error_code error) {
      watch->write_waits = false;
      if (error.failed() || !watch->descriptor.is_open()) return;
      if (watch->writing) self->Process(ARES_SOCKET_BAD, socket);
      self->Wait(socket, watch);
    });
  }
}

void DnsChannel::Process(ares_socket_t readable, ares_socket_t writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  ArmTimer();
}

void DnsChannel::ArmTimer() {
  timeval left = {};
  if (channel_ == nullptr || ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error.failed()) self->Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace waypost::health
