#include "operator/event_filter.h"

namespace waypost::oper {

bool EventFilter::Takes(const EventEntry& entry) const {
  if (kinds_.any() && !kinds_.test(static_cast<std::size_t>(entry.kind))) return false;
  if (!entry.subject.namespace_id && !entry.subject.service_id) return true;
  if (namespace_id_ && entry.subject.namespace_id != namespace_id_) return false;
  return !service_id_ || entry.subject.service_id == service_id_;
}

}  // namespace waypost::oper
