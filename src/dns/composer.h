#pragma once

#include <array>
#include <cstdint>

#include "dns/draw.h"
#include "dns/locate.h"
#include "dns/query.h"
#include "dns/response.h"

namespace waypost::dns {

/// What an answer is made from, beside the question. Borrowed for one read section.
struct Sources {
  const view::View& view;
  const AnswerPolicy& policy;
  model::Random& random;
  Picks& picks;
};

/// Fills one response with the records that answer one question of class IN (RFC 1034 4.3.2), inside a read section.
class Composer {
 public:
  Composer(const Sources& sources, const Query& query, const Asker& asker, Response& response);

  /// Looks the question's name up and answers it.
  void AnswerName();
  /// The same for a name that is known to be this service, in a zone that the client may see.
  void AnswerService(const view::ServiceNode& service, const view::ServiceState& state);
  bool client_is_private() { return client_.is_private(); }

 private:
  static constexpr unsigned kChainMax = 8;  // CNAMEs, or aliases, in a row

  /// Answers at `place`, then follows CNAMEs, as long as they lead to names of ours, by moving `place` there.
  void Follow(Place& place);
  /// Returns the member whose CNAME was written and is to be followed, else null.
  const view::Member* AnswerAt(const Place& place, NameAt owner);
  const view::Member* AnswerAtService(const Place& place, NameAt owner);

  Place Find(std::string_view name);
  bool IsDsAtApex(const Place& place) const;
  void Refuse(Found found);
  void NoData(const Zone& zone);
  void AddSoa(const Zone& zone, Response::Section section);
  void AnswerApex(const Zone& zone, NameAt owner);
  void AddNameservers(const Zone& zone, NameAt owner);
  /// Returns where the name stands; 0: the record did not fit.
  NameAt AddNameserver(std::string_view name, NameAt owner);
  void AnswerApi(const Place& place, NameAt owner);
  /// A or AAAA of the address that was asked, when that is of the type.
  bool AddAskedAddress(NameAt owner, Type type, std::uint32_t ttl);
  bool AddAddress(NameAt owner, Type type, std::uint32_t ttl, const std::uint8_t* octets);

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
  bool AddServer(const view::Member& member, std::string_view service, NameAt owner, std::uint32_t ttl, NameAt* target);
  void AddTargetAddresses(const view::Member& member, NameAt owner, std::uint32_t ttl);
  void AnswerTargets(const Place& place, NameAt owner);
  bool AddMemberAddress(const view::Member& member, NameAt owner, Type type, std::uint32_t ttl);
  void AddAlias(const view::Member& member, NameAt owner, Type type);
  const view::Member* AddCname(const view::ServiceState& state, NameAt owner, std::uint32_t ttl, NameAt* target);
  void DrawInto(const view::ServiceState& state, std::size_t record_octets);
  /// The zone of the client, where the service goes by it; 0: none.
  std::uint32_t ClientZone(const view::ServiceState& state) const;
  std::uint32_t LimitFor(const view::ServiceState& state) const;

  const Sources& sources_;
  const Query& query_;
  const Asker& asker_;
  Response& response_;
  Client client_;
  NameAt next_owner_ = kQuestionName;  // where the CNAME's target was written
};

}  // namespace waypost::dns
