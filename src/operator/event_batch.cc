#include "operator/event_batch.h"

#include <algorithm>
#include <array>

namespace waypost::oper {
namespace {

constexpr std::array<std::string_view, kEventKindCount> kNames = {"namespace",   "namespace-deleted",
                                                                  "service",     "service-deleted",
                                                                  "instance",    "instance-deregistered",
                                                                  "health",      "pin",
                                                                  "unpin",       "shift",
                                                                  "shift-ended", "hold",
                                                                  "hold-ended",  "view",
                                                                  "view-deleted"};

}  // namespace

std::string_view EventKindName(EventKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> ParseEventKind(std::string_view name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<EventKind>(at - kNames.begin());
}

}  // namespace waypost::oper
