// Any octets as a master file: a zone whose parts agree with each other, or a reason why there is none.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "waypost/model/hash.h"
#include "waypost/zone/folder.h"
#include "zone/name.h"

namespace {

using namespace waypost;

#define MUST(condition)                                            \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      std::abort();                                                \
    }                                                              \
  } while (false)

constexpr std::uint64_t kSeed = 5;

void CheckRRset(const zone::RRset& rrset) {
  std::size_t at = 0;
  for (unsigned i = 0; i < rrset.count; ++i) {
    MUST(at + 2 <= rrset.rdata.size());
    at += 2U + static_cast<std::size_t>(rrset.rdata[at] << 8 | rrset.rdata[at + 1]);
  }
  MUST(rrset.count != 0 && at == rrset.rdata.size());
}

void CheckNode(const zone::Zone& zone, const zone::Node& node) {
  MUST(zone::IsAtOrBelow(node.owner(), zone.apex()));
  const std::uint64_t hash = model::Hash64(node.owner(), kSeed);
  MUST(zone.Find(node.owner(), hash) == &node);
  const zone::Lookup found = zone.Look(node.owner(), hash);
  MUST(found.node == (node.hidden_by() != nullptr ? node.hidden_by() : &node));
  MUST((found.match == zone::Match::kExact) == (node.hidden_by() == nullptr));
  MUST(node.hidden_by() == nullptr || node.hidden_by()->hidden_by() == nullptr);
  for (const zone::RRset& rrset : node.rrsets()) CheckRRset(rrset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  zone::Limits limits;
  limits.file_octets_max = 1 << 20;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const zone::ReadZone read = zone::ReadZoneText(text, "z", "e.test", kSeed, limits);
  bool is_fatal = false;
  for (const zone::Complaint& complaint : read.complaints) is_fatal = is_fatal || complaint.fatal;
  MUST(is_fatal == (read.zone == nullptr));
  MUST(read.complaints.size() <= limits.complaints_max + 1);
  if (read.zone == nullptr) return 0;
  const zone::Zone& zone = *read.zone;
  MUST(zone.valid() && &zone.apex_node() == zone.nodes().front().get());
  MUST(zone.apex_node().Find(6)->count == 1 && zone.apex_node().Find(2) != nullptr);
  for (std::size_t i = 0; i < zone.nodes().size(); ++i) {
    CheckNode(zone, *zone.nodes()[i]);
    MUST(i == 0 || zone::SortKey(zone.nodes()[i - 1]->owner()) < zone::SortKey(zone.nodes()[i]->owner()));
  }
  return 0;
}
