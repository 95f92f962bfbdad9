#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dns/draw.h"
#include "dns/locate.h"
#include "dns/query.h"
#include "dns/response.h"
#include "waypost/model/owner_name.h"
#include "waypost/model/random.h"

namespace waypost::dns {

/// CNAMEs, DNAMEs or aliases in a row that are followed.
inline constexpr unsigned kChainMax = 8;

/// The names of one chain, and room for those that stand nowhere else in the form that is needed. Large, so it is
/// reused: one a thread.
struct ChainNames {
  std::array<std::array<char, model::kMaxNameOctets>, kChainMax> octets;
  std::array<const waypost::zone::Node*, kChainMax> dnames;  // whose DNAME was written at that hop; null: none
  std::array<std::string_view, kChainMax> passed;            // names of this chain; as many as there were hops
};

/// What an answer is made from, beside the question. Borrowed for one read section.
struct Sources {
  World world;
  model::Random& random;
  Picks& picks;
  ChainNames& chain;
  Outside* outside = nullptr;
};

/// Fills one response with the records that answer one question of class IN (RFC 1034 4.3.2), inside a read section.
class Composer {
 public:
  Composer(const Sources& sources, const Query& query, const Asker& asker, Response& response);

  /// Looks the question's name up and answers it.
  void AnswerName();
  /// The same for a name that is known to be this service, in a zone that the client may see.
  void AnswerService(const view::ServiceNode& service);
  bool client_is_private() { return client_.is_private(); }
  /// A name outside our zones that must be fetched before this can be answered; empty: none. Then the response counts
  /// for nothing. Canonical wire form, borrowed as the response's names are.
  std::string_view wanted() const { return wanted_; }
  Type wanted_type() const { return wanted_type_; }

 private:
  /// Where a chain goes on; an empty name: nowhere.
  struct Next {
    std::string_view name = {};
    NameAt owner = 0;  ///< where the name stands in the message
  };

  /// Answers at `place`, then follows CNAMEs, as long as they lead to names of ours, by moving `place` there.
  void Follow(Place& place);
  Next AnswerAt(const Place& place, NameAt owner, unsigned hop);
  Next AnswerAtService(const Place& place, NameAt owner);

  Place Find(std::string_view name);
  /// A DS question belongs to the parent's side of a cut (RFC 4035 3.1.4.1).
  void MoveToParent(std::string_view name, Place& place);
  void Refuse(Found found);
  void Fail(Rcode rcode, ExtendedError error);
  bool IsPassed(std::string_view name, unsigned hops) const;

  // Of zones: zone_records.cc.
  void NoData(const Zone& zone);
  void AddSoa(const Zone& zone, Response::Section section);
  Next AnswerApex(const Place& place, NameAt owner);
  void AddNameservers(const Zone& zone, NameAt owner);
  /// Returns where the name stands; 0: the record did not fit.
  NameAt AddNameserver(std::string_view name, NameAt owner);
  void AnswerApi(const Place& place, NameAt owner);
  /// A or AAAA of the address that was asked, when that is of the type.
  bool AddAskedAddress(NameAt owner, Type type, std::uint32_t ttl);
  bool AddAddress(NameAt owner, Type type, std::uint32_t ttl, const std::uint8_t* octets);

  // Of static zones: fixed_records.cc.
  Next AnswerFixed(const Place& place, NameAt owner, unsigned hop);
  Next AnswerNode(const Zone& zone, const waypost::zone::Node& node, NameAt owner, unsigned hop);
  /// A CNAME that leads on; the TTL is `from`'s.
  Next AddFixedCname(const waypost::zone::RRset& from, std::string_view spelled, NameAt owner, unsigned hop);
  Next AddDname(const waypost::zone::Node& node, NameAt owner, unsigned hop);
  void Refer(const waypost::zone::Zone& zone, const waypost::zone::Node& cut);
  void AddGlue(const waypost::zone::Zone& zone, const waypost::zone::Node& cut, const waypost::zone::RRset& servers);
  /// Adds as many of its records as fit. False: not all did.
  bool AddRRset(const waypost::zone::RRset& rrset, NameAt owner);
  bool AddRdata(const waypost::zone::RRset& rrset, std::string_view rdata, NameAt owner);
  /// Addresses of the names that an RRset's records point to, from any zone of ours, as far as they fit.
  void AddAdditional(const waypost::zone::RRset& rrset);
  void AddAddressesOf(std::string_view name, NameAt owner);
  /// What an alias to a name in a static zone stands for. Returns the name where its CNAME leads instead, or nothing.
  std::string_view AddFixedAddresses(const Place& place, NameAt owner, Type type, unsigned hop);
  std::string_view Fold(std::string_view name, unsigned hop);
  Response::PackedName PackSpelled(std::string_view spelled) const;
  void NoteTarget(std::size_t at);

  // Of names outside our zones: outside_records.cc.
  bool MayAskOutside() const;
  void AnswerOutside(std::string_view name, NameAt owner);
  /// What is known of a name; null: nothing, and it is now wanted, or the response says that it could not be found out.
  std::optional<OutsideFound> FindOutside(std::string_view name, Type type);
  void AddOutsideAddresses(std::string_view name, NameAt owner, Type type);

  // Of services: service_records.cc.
  /// The type that a query for `asked` is answered with at this service: itself, or for ANY the first there is.
  /// kNoRecord as TTL: none.
  struct Chosen {
    Type type;
    std::uint32_t ttl;
  };
  Chosen Choose(const view::ServiceState& state, Type asked) const;
  void AddSet(const Place& place, NameAt owner, Chosen chosen);
  void AddFromOneChunk(const view::ServiceState& state, NameAt owner, std::uint32_t ttl, std::uint32_t limit);
  void AddAddresses(const Place& place, NameAt owner, Chosen chosen);
  void AddServers(const Place& place, NameAt owner, std::uint32_t ttl);
  /// SRV records of the picked members, their targets below `base`, and the targets' addresses.
  void AddPicked(const view::ServiceState& state, std::string_view base, NameAt owner, std::uint32_t ttl);
  bool AddServer(const view::Member& member, std::string_view base, NameAt owner, std::uint32_t ttl, NameAt* target);
  void AddTargetAddresses(const view::Member& member, NameAt owner, std::uint32_t ttl);
  void AnswerTargets(const Place& place, NameAt owner, std::uint32_t ttl);
  bool AddMemberAddress(const view::Member& member, NameAt owner, Type type, std::uint32_t ttl);
  /// Addresses of what an alias leads to, as the service's own.
  void AddAlias(const view::Member& member, NameAt owner, Type type);
  /// Those of a service that an alias leads to. Returns the name where that leads on, or nothing.
  std::string_view AddServiceAddresses(const Place& place, NameAt owner, Type type);
  const view::Member* AddCname(const view::ServiceState& state, NameAt owner, std::uint32_t ttl, NameAt* target);
  void DrawInto(const view::ServiceState& state, std::size_t record_octets);
  /// The zone of the client, where the service goes by it; 0: none.
  std::uint32_t ClientZone(const view::ServiceState& state) const;
  std::uint32_t LimitFor(const view::ServiceState& state) const;

  // Of addresses: address_records.cc.
  void AnswerAddress(const Place& place, NameAt owner);

  // Of names below services: port_records.cc, status_records.cc.
  void AnswerPorts(const Place& place, NameAt owner);
  void AnswerStatus(const Place& place, NameAt owner);
  bool AddText(NameAt owner, std::string_view text);

  static constexpr std::size_t kTargetsMax = 16;

  const Sources& sources_;
  const Query& query_;
  const Asker& asker_;
  Response& response_;
  Client client_;
  // Where the names stand that the last RRset's records point to.
  std::array<NameAt, kTargetsMax> targets_;
  std::size_t target_count_ = 0;
  std::string_view wanted_ = {};
  Type wanted_type_ = Type::kA;
};

}  // namespace waypost::dns
