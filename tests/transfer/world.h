#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dns/wire_message.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"
#include "waypost/transfer/zone_transfers.h"
#include "waypost/view/edit.h"

namespace waypost::transfer {

namespace wire = dns::wire;
using DnsRecords = std::vector<model::DnsRecord>;

/// A view and a feed of what is committed to it, as the registry would tell it.
class World {
 public:
  view::View view;
  registry::Listener* listener = nullptr;

  void Ready() { view::Edit(view).SetReady(); }

  /// One batch: what `change(edit, revision)` does, told as `event`.
  template <class Change>
  void Commit(registry::Event event, Change change) {
    ++revision_;
    {
      view::Edit edit(view);
      change(edit, revision_);
      edit.SetApplied(revision_);
    }
    if (listener != nullptr) listener->Committed(revision_, {&event, 1});
  }

  model::NamespaceId AddZone(const std::string& name, model::NamespaceType type = model::NamespaceType::kDnsPublic) {
    model::Namespace value;
    value.id = model::NamespaceId::Draw(random);
    value.type = type;
    value.name = value.http_name = name;
    value.soa_ttl = 15;
    Commit(value, [&](view::Edit& edit, model::Revision at) { edit.PutNamespace(value, at); });
    return value.id;
  }

  model::ServiceId AddService(const model::NamespaceId& in, const std::string& name, const DnsRecords& records,
                              model::RoutingPolicy routing = model::RoutingPolicy::kMultivalue) {
    model::Service value;
    value.id = model::ServiceId::Draw(random);
    value.namespace_id = in;
    value.name = name;
    value.custom_health = true;
    value.type = model::ServiceType::kDnsHttp;
    value.dns = model::DnsConfig{routing, records};
    Commit(value, [&](view::Edit& edit, model::Revision at) { edit.PutService(value, at); });
    return value.id;
  }
  void EraseService(const model::ServiceId& service) {
    Commit(registry::ServiceErased{service},
           [&](view::Edit& edit, model::Revision at) { edit.EraseService(service, at); });
  }

  void Register(const model::ServiceId& service, const std::string& id, model::Attributes attributes) {
    model::Instance value;
    value.service_id = service;
    value.id = id;
    value.attributes = std::move(attributes);
    Commit(registry::InstancePut{value},
           [&](view::Edit& edit, model::Revision at) { edit.PutInstance(value, std::nullopt, at); });
  }
  void Deregister(const model::ServiceId& service, const std::string& id) {
    Commit(registry::InstanceErased{service, id},
           [&](view::Edit& edit, model::Revision at) { edit.EraseInstance(service, id, at); });
  }
  void SetHealth(const model::ServiceId& service, const std::string& id, bool healthy) {
    const auto state = healthy ? model::HealthState::kHealthy : model::HealthState::kUnhealthy;
    model::Transition transition;
    transition.service_id = service;
    transition.instance_id = id;
    transition.to = state;
    Commit(transition, [&](view::Edit& edit, model::Revision at) { edit.SetHealth(service, id, state, at); });
  }

  model::Revision revision() const { return revision_; }
  model::Random random{7};

 private:
  model::Revision revision_ = 0;
};

inline dns::Address Ip(const char* text) { return dns::Address::Parse(text).value(); }
inline std::string Wire(const std::string& name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

/// A record as text; SOA records have their serial.
struct Got {
  std::string text;
  bool is_soa = false;
  std::uint32_t serial = 0;
};

/// The RDATA of each record of a message that was decoded well, as octets.
inline std::vector<std::string> RdataOf(std::span<const std::uint8_t> message) {
  const auto word = [&](std::size_t at) { return static_cast<std::size_t>(message[at] << 8 | message[at + 1]); };
  const auto skip = [&](std::size_t at) {
    while (message[at] != 0 && message[at] < 0xc0) at += message[at] + 1U;
    return at + (message[at] == 0 ? 1 : 2);
  };
  std::size_t at = 12;
  for (std::size_t i = word(4); i > 0; --i) at = skip(at) + 4;
  std::vector<std::string> all;
  for (std::size_t i = word(6); i > 0; --i) {
    at = skip(at) + 10;
    const std::size_t length = word(at - 2);
    all.emplace_back(message.begin() + static_cast<std::ptrdiff_t>(at),
                     message.begin() + static_cast<std::ptrdiff_t>(at + length));
    at += length;
  }
  return all;
}

/// All records of a transfer, in order.
struct Received {
  dns::Rcode refused = dns::Rcode::kNoError;
  dns::ExtendedError why = dns::ExtendedError::kNone;
  std::vector<Got> records = {};
  std::vector<std::size_t> sizes = {};  ///< of the messages
};

class FixedClock final : public model::Clock {
 public:
  model::Timestamp Now() const override { return {1'700'000'000'000}; }
};

/// Asks for transfers, and reads them with another decoder than the one that is tested.
class Asking {
 public:
  explicit Asking(ZoneTransfers& transfers) : transfers_(transfers) {}

  dns::Address client = Ip("127.0.0.1");
  std::string key = {};
  std::size_t room = 65535;

  static dns::TransferQuestion Question(const std::string& zone, std::optional<std::uint32_t> serial) {
    dns::TransferQuestion question;
    question.zone = Wire(zone);
    question.incremental = serial.has_value();
    question.serial = serial.value_or(0);
    question.head = wire::Header(0x1234, 0, {1, 0, 0, 0});
    wire::PutQuestion(question.head, zone, serial ? "IXFR" : "AXFR");
    return question;
  }

  Received Whole(const std::string& zone) { return Ask(Question(zone, std::nullopt)); }
  Received Since(const std::string& zone, std::uint32_t serial) { return Ask(Question(zone, serial)); }

  dns::Transfer Begin(dns::TransferQuestion question) {
    question.client = client;
    question.key = key;
    std::promise<dns::Transfer> promise;
    transfers_.Begin(std::move(question), [&](dns::Transfer transfer) { promise.set_value(std::move(transfer)); });
    return promise.get_future().get();
  }

  Received Ask(const dns::TransferQuestion& question) {
    Received received;
    dns::Transfer transfer = Begin(question);
    if (transfer.messages == nullptr) {
      received.refused = transfer.refused;
      received.why = transfer.extended_error;
      return received;
    }
    Read(*transfer.messages, received);
    return received;
  }

  void Read(dns::TransferMessages& messages, Received& received) const {
    for (;;) {
      std::vector<std::uint8_t> octets(room);
      octets.resize(messages.Next(octets.data(), octets.size()));
      if (octets.empty()) return;
      received.sizes.push_back(octets.size());
      const auto message = wire::Message::Decode(octets);
      ASSERT_TRUE(message) << "a malformed message";
      EXPECT_EQ(0x1234U, message->id);
      EXPECT_EQ(0x8400U, message->flags);
      EXPECT_EQ(1U, message->questions.size());
      const std::vector<std::string> rdata = RdataOf(octets);
      for (std::size_t i = 0; i < rdata.size(); ++i) {
        const wire::Record& record = message->answer[i];
        Got got{record.str(), record.type == "SOA", 0};
        if (record.data.empty()) got.text += rdata[i];
        if (got.is_soa)
          got.serial = dns::Load32(reinterpret_cast<const std::uint8_t*>(rdata[i].data()) + rdata[i].size() - 20);
        received.records.push_back(std::move(got));
      }
    }
  }

 private:
  ZoneTransfers& transfers_;
};

/// A secondary's copy of one zone: applies what it gets (RFC 1995 4, RFC 5936 2.2), strictly.
class Copy {
 public:
  std::uint32_t serial = 0;
  std::set<std::string> records = {};
  bool was_incremental = false;

  void Apply(const Received& received) {
    ASSERT_EQ(dns::Rcode::kNoError, received.refused);
    const auto& all = received.records;
    ASSERT_FALSE(all.empty());
    ASSERT_TRUE(all.front().is_soa);
    ASSERT_TRUE(all.back().is_soa);
    const std::uint32_t now = all.front().serial;
    was_incremental = all.size() == 1 || all[1].is_soa;
    if (all.size() == 1) {
      EXPECT_EQ(serial, now) << "nothing new, but it is";
    } else if (was_incremental) {
      ApplySteps(all, now);
    } else {
      records.clear();
      for (std::size_t i = 1; i + 1 < all.size(); ++i) {
        EXPECT_FALSE(all[i].is_soa);
        EXPECT_TRUE(records.insert(all[i].text).second) << "twice: " << all[i].text;
      }
    }
    EXPECT_EQ(now, all.back().serial);
    serial = now;
  }

 private:
  void ApplySteps(const std::vector<Got>& all, std::uint32_t now) {
    std::size_t at = 1;
    std::uint32_t have = serial;
    while (at + 1 < all.size()) {
      ASSERT_TRUE(all[at].is_soa);
      ASSERT_EQ(have, all[at++].serial) << "the step begins elsewhere";
      for (; !all[at].is_soa; ++at) EXPECT_EQ(1U, records.erase(all[at].text)) << "was not there: " << all[at].text;
      have = all[at++].serial;
      for (; !all[at].is_soa; ++at) EXPECT_TRUE(records.insert(all[at].text).second) << "was there: " << all[at].text;
    }
    EXPECT_EQ(now, have);
  }
};

}  // namespace waypost::transfer
