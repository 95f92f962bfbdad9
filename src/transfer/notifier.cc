#include "transfer/notifier.h"

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <vector>

#include "transfer/message_writer.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"

namespace waypost::transfer {
namespace {

using boost::asio::ip::udp;

constexpr std::uint16_t kNotifyFlags = 4 << 11 | dns::kFlagAuthoritative;  // opcode 4
constexpr unsigned kReceivedMax = 64;                                      // datagrams at one go

udp::endpoint ToAsio(const dns::Endpoint& endpoint) {
  const dns::Address& address = endpoint.address;
  if (address.is_v4()) {
    boost::asio::ip::address_v4::bytes_type octets;
    std::memcpy(octets.data(), address.octets.data(), octets.size());
    return {boost::asio::ip::address_v4(octets), endpoint.port};
  }
  boost::asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), address.octets.data(), octets.size());
  return {boost::asio::ip::address_v6(octets), endpoint.port};
}

/// Header and question, as a query that MessageWriter builds upon.
std::vector<std::uint8_t> Head(std::uint16_t id, std::string_view apex) {
  std::vector<std::uint8_t> head(dns::kHeaderOctets + apex.size() + 4);
  dns::Store16(head.data(), id);
  dns::Store16(head.data() + 4, 1);
  std::memcpy(head.data() + dns::kHeaderOctets, apex.data(), apex.size());
  dns::Store16(head.data() + head.size() - 4, static_cast<std::uint16_t>(dns::Type::kSoa));
  dns::Store16(head.data() + head.size() - 2, dns::kClassIn);
  return head;
}

}  // namespace

struct Notifier::Door {
  explicit Door(boost::asio::io_context& io) : socket(io) {}
  udp::socket socket;
  udp::endpoint from;
  std::array<std::uint8_t, dns::kUdpPayloadOctets> received;
};

Notifier::Notifier(boost::asio::io_context& io, const Options& options, const Secondaries& secondaries,
                   const model::Clock& clock, telemetry::Log log, Tallies& tallies)
    : io_(io),
      options_(options),
      secondaries_(secondaries),
      clock_(clock),
      log_(std::move(log)),
      tallies_(tallies),
      random_(model::SystemSeed()) {}

Notifier::~Notifier() = default;

model::Status Notifier::Open() {
  for (const Secondaries::Listed& listed : secondaries_.all()) {
    const bool v4 = listed.address.address.is_v4();
    std::unique_ptr<Door>& door = doors_[v4 ? 0 : 1];
    if (door != nullptr) continue;
    door = std::make_unique<Door>(io_);
    boost::system::error_code error;
    door->socket.open(v4 ? udp::v4() : udp::v6(), error);
    if (!error) door->socket.bind(udp::endpoint(v4 ? udp::v4() : udp::v6(), 0), error);
    if (!error) door->socket.non_blocking(true, error);
    if (error) return model::MakeError(model::Code::kIo, "no socket for NOTIFY: " + error.message());
    Receive(*door);
  }
  return model::Ok();
}

void Notifier::Close() {
  closed_ = true;
  for (const auto& door : doors_) {
    boost::system::error_code ignored;
    if (door != nullptr) door->socket.close(ignored);
  }
  topics_.clear();
  in_flight_.clear();
  waiting_.clear();
}

void Notifier::Announce(const std::string& apex, std::size_t secondary, const Soa& soa) {
  if (closed_) return;
  const Key key{apex, secondary};
  Topic& topic = topics_.try_emplace(key, io_).first->second;
  topic.soa = soa;
  topic.wanted = true;
  if (topic.id == 0 && !topic.resting && !topic.queued) Begin(key, topic);
}

void Notifier::Forget(const std::string& apex) {
  for (auto at = topics_.lower_bound({apex, 0}); at != topics_.end() && at->first.apex == apex;) {
    if (at->second.id != 0) in_flight_.erase(at->second.id);
    at = topics_.erase(at);
  }
}

void Notifier::Begin(const Key& key, Topic& topic) {
  if (in_flight_.size() >= kInFlightMax) {
    topic.queued = true;
    waiting_.push_back(key);
    return;
  }
  topic.id = DrawId();
  topic.tries = 0;
  in_flight_.emplace(topic.id, key);
  Try(key, topic);
}

void Notifier::Try(const Key& key, Topic& topic) {
  if (topic.tries == options_.notify_tries) {
    tallies_.notify_lost.fetch_add(1, std::memory_order_relaxed);
    log_->warn("secondary {} does not answer NOTIFY", secondaries_.all()[key.secondary].address.str());
    topic.wanted = topic.told != topic.soa.serial;
    return End(key, topic);
  }
  topic.told = topic.soa.serial;
  topic.wanted = false;
  Send(key, topic);
  topic.timer.expires_after(options_.notify_wait * (1U << topic.tries++));
  topic.timer.async_wait([this, key](const boost::system::error_code& error) {
    if (!error) OnTimer(key);
  });
}

void Notifier::Send(const Key& key, const Topic& topic) {
  const Secondaries::Listed& to = secondaries_.all()[key.secondary];
  std::array<std::uint8_t, dns::kUdpPayloadOctets + dns::TsigExchange::kRoomMax> message;
  const auto head = Head(topic.id, key.apex);
  MessageWriter writer(head, message.data(), dns::kUdpPayloadOctets);
  writer.Add(topic.soa.AsRecord(key.apex));
  std::size_t size = writer.Finish();
  dns::Store16(message.data() + 2, kNotifyFlags);
  if (to.key != nullptr) {
    size = dns::SignQuery(*to.key, message.data(), size, static_cast<std::uint64_t>(clock_.Now().ms / 1000));
  }
  tallies_.notify_sent.fetch_add(1, std::memory_order_relaxed);
  // Whatever the error: the next try finds out what can be done.
  boost::system::error_code ignored;
  Door& door = *doors_[to.address.address.is_v4() ? 0 : 1];
  door.socket.send_to(boost::asio::buffer(message.data(), size), ToAsio(to.address), 0, ignored);
}

void Notifier::OnTimer(const Key& key) {
  const auto at = topics_.find(key);
  if (closed_ || at == topics_.end()) return;
  Topic& topic = at->second;
  if (topic.timer.expiry() > Clock::now()) return;  // it was set anew when this was on its way already
  if (topic.id != 0) return Try(key, topic);
  topic.resting = false;
  if (topic.wanted && !topic.queued) Begin(key, topic);
}

void Notifier::End(const Key& key, Topic& topic) {
  in_flight_.erase(std::exchange(topic.id, std::uint16_t{0}));
  Rest(key, topic);
  BeginWaiting();
}

void Notifier::Rest(const Key& key, Topic& topic) {
  topic.resting = true;
  topic.timer.expires_after(options_.notify_pause);
  topic.timer.async_wait([this, key](const boost::system::error_code& error) {
    if (!error) OnTimer(key);
  });
}

void Notifier::BeginWaiting() {
  while (!waiting_.empty() && in_flight_.size() < kInFlightMax) {
    const Key key = std::move(waiting_.front());
    waiting_.pop_front();
    const auto at = topics_.find(key);
    if (at == topics_.end() || !std::exchange(at->second.queued, false)) continue;
    if (at->second.id == 0 && !at->second.resting) Begin(key, at->second);
  }
}

void Notifier::Receive(Door& door) {
  door.socket.async_wait(udp::socket::wait_read, [this, &door](const boost::system::error_code& error) {
    if (error) return;
    for (unsigned i = 0; i < kReceivedMax; ++i) {
      boost::system::error_code failure;
      const std::size_t size = door.socket.receive_from(boost::asio::buffer(door.received), door.from, 0, failure);
      if (failure == boost::asio::error::would_block) break;
      if (!failure) Take(door, size);
    }
    Receive(door);
  });
}

void Notifier::Take(const Door& door, std::size_t size) {
  if (size < dns::kHeaderOctets) return;
  const std::uint8_t* message = door.received.data();
  const std::uint16_t flags = dns::Load16(message + 2);
  if ((flags & (dns::kFlagResponse | dns::kOpcodeMask)) != (dns::kFlagResponse | (kNotifyFlags & dns::kOpcodeMask)))
    return;
  const auto found = in_flight_.find(dns::Load16(message));
  if (found == in_flight_.end()) return;
  const Key key = found->second;
  const dns::Endpoint& address = secondaries_.all()[key.secondary].address;
  if (door.from != ToAsio(address)) return;
  tallies_.notify_answered.fetch_add(1, std::memory_order_relaxed);
  const unsigned rcode = flags & 15U;
  if (rcode != 0) log_->warn("secondary {} answers NOTIFY with response code {}", address.str(), rcode);
  End(key, topics_.at(key));
}

std::uint16_t Notifier::DrawId() {
  for (;;) {
    const auto id = static_cast<std::uint16_t>(1 + random_.Below(65535U));
    if (!in_flight_.contains(id)) return id;
  }
}

}  // namespace waypost::transfer
