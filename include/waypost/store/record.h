#pragma once

#include <string>
#include <string_view>

#include "waypost/model/instance.h"
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

/// Reported health of an instance.
std::string EncodeHealth(model::HealthState state);
model::Result<model::HealthState> DecodeHealth(std::string_view bytes);

/// Splits "<service id>/<rest>".
model::Result<std::pair<model::ServiceId, std::string_view>> SplitServiceKey(std::string_view id);

}  // namespace waypost::store
