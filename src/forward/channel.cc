#include "forward/channel.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "waypost/dns/protocol.h"

namespace waypost::forward {

using boost::system::error_code;

std::shared_ptr<Channel> Channel::Open(asio::io_context& context, const Options& options) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return nullptr;
  auto self = std::make_shared<Channel>(context);
  ares_options settings = {};
  // Which servers are asked, and what a response code means, is decided by who asks.
  settings.flags = ARES_FLAG_NOCHECKRESP | (options.edns == Edns::kYes ? ARES_FLAG_EDNS : 0);
  settings.ednspsz = dns::kUdpPayloadOctets;  // longer answers by UDP count as cut
  settings.timeout = static_cast<int>(options.try_timeout.count());
  settings.tries = 1;
  settings.sock_state_cb = [](void* channel, ares_socket_t socket, int readable, int writable) {
    static_cast<Channel*>(channel)->OnState(socket, readable != 0, writable != 0);
  };
  settings.sock_state_cb_data = self.get();
  const int which = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&self->channel_, &settings, which) != ARES_SUCCESS) {
    self->channel_ = nullptr;
    return nullptr;
  }
  if (ares_set_servers_ports_csv(self->channel_, options.server.c_str()) != ARES_SUCCESS) return nullptr;
  ares_set_socket_callback(
      self->channel_,
      [](ares_socket_t, int type, void* channel) {
        if (type == SOCK_STREAM) static_cast<Channel*>(channel)->reply_.by_tcp = true;
        return ARES_SUCCESS;
      },
      self.get());
  return self;
}

void Channel::Ask(const std::vector<std::uint8_t>& query, Done done) {
  done_ = std::move(done);
  reply_ = {};
  finished_ = false;
  ares_send(channel_, query.data(), static_cast<int>(query.size()), OnAnswer, this);
  if (finished_) {
    asio::post(context_, [self = shared_from_this()] { self->Deliver(); });
  } else {
    ArmTimer();
  }
}

void Channel::OnAnswer(void* channel, int status, int /*timeouts*/, unsigned char* message, int size) {
  auto& self = *static_cast<Channel*>(channel);
  self.finished_ = true;
  self.reply_.status = status;
  if (status == ARES_SUCCESS && message != nullptr) self.reply_.message.assign(message, message + size);
}

void Channel::Cancel() {
  done_ = nullptr;
  if (channel_ != nullptr && !finished_) ares_cancel(channel_);
  finished_ = false;
  timer_.cancel();
}

void Channel::Close() {
  done_ = nullptr;
  timer_.cancel();
  const ares_channel channel = std::exchange(channel_, nullptr);
  if (channel != nullptr) ares_destroy(channel);
  finished_ = false;
}

void Channel::OnState(ares_socket_t socket, bool readable, bool writable) {
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

void Channel::Wait(ares_socket_t socket, const Watched& watch) {
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

void Channel::Process(ares_socket_t readable, ares_socket_t writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  if (finished_) {
    Deliver();
  } else {
    ArmTimer();
  }
}

void Channel::Deliver() {
  if (!std::exchange(finished_, false) || done_ == nullptr) return;
  timer_.cancel();
  const Done done = std::exchange(done_, nullptr);
  done(std::exchange(reply_, {}));
}

void Channel::ArmTimer() {
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

}  // namespace waypost::forward
