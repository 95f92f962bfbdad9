#pragma once

#include <string>
#include <string_view>

#include "waypost/model/health.h"
#include "waypost/model/instance.h"
#include "waypost/model/named_query.h"
#include "waypost/model/namespace.h"
#include "waypost/model/operation.h"
#include "waypost/model/result.h"
#include "waypost/model/service.h"

namespace waypost::store {

// The encoding of records: a version byte, then the fields in a fixed order; numbers as LEB128, strings with their
// length before them, optional fields with a presence byte. Ids stand in the key, not in the value. A new version only
// adds at the end. Decoding: kCorrupt when the bytes cannot be what was written, kTooNew for a version this program
// does not know.

std::string EncodeNamespace(const model::Namespace& value);
model::Result<model::Namespace> DecodeNamespace(std::string_view id, std::string_view bytes);

std::string EncodeService(const model::Service& value);
model::Result<model::Service> DecodeService(std::string_view id, std::string_view bytes);

/// Key: "<service id>/<instance id>".
std::string InstanceKey(const model::ServiceId& service, std::string_view instance);
std::string EncodeInstance(const model::Instance& value);
model::Result<model::Instance> DecodeInstance(std::string_view id, std::string_view bytes);

std::string EncodeOperation(const model::Operation& value);
model::Result<model::Operation> DecodeOperation(std::string_view id, std::string_view bytes);

/// Key: as InstanceKey.
std::string EncodeHealth(const model::HealthRecord& value);
model::Result<model::HealthRecord> DecodeHealth(std::string_view bytes);

/// Key of one transition: HistoryPrefix, then time and `ordinal` (which tells transitions of one millisecond apart), so
/// that an instance's transitions stand in order.
std::string HistoryKey(const model::ServiceId& service, std::string_view instance, model::Timestamp at,
                       std::uint16_t ordinal);
std::string HistoryPrefix(const model::ServiceId& service, std::string_view instance);
std::string EncodeTransition(const model::Transition& value);
model::Result<model::Transition> DecodeTransition(std::string_view id, std::string_view bytes);

/// Key: as InstanceKey.
std::string EncodePin(const model::Pin& value);
model::Result<model::Pin> DecodePin(std::string_view id, std::string_view bytes);

/// Key: the zone's name.
std::string EncodeShift(const model::Shift& value);
model::Result<model::Shift> DecodeShift(std::string_view id, std::string_view bytes);

/// Key: the service's id.
std::string EncodeHold(const model::Hold& value);
model::Result<model::Hold> DecodeHold(std::string_view id, std::string_view bytes);

/// Key: "<namespace id>/<folded name>", so that a name is there once whatever its case.
std::string NamedQueryKey(const model::NamespaceId& in, std::string_view name);
std::string EncodeNamedQuery(const model::NamedQuery& value);
model::Result<model::NamedQuery> DecodeNamedQuery(std::string_view id, std::string_view bytes);

/// Splits "<service id>/<rest>".
model::Result<std::pair<model::ServiceId, std::string_view>> SplitServiceKey(std::string_view id);

}  // namespace waypost::store
