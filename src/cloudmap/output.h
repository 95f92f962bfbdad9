#pragma once

#include <cstdint>

#include "cloudmap/json_writer.h"
#include "waypost/model/arn.h"
#include "waypost/model/instance.h"
#include "waypost/model/operation.h"
#include "waypost/model/service.h"
#include "waypost/view/member.h"
#include "waypost/view/view.h"

namespace waypost::cloudmap {

// The API's structures, as objects.

/// Whether lists show a thing (…Summary), which leaves some members out, or it is asked for alone.
enum class Detail : std::uint8_t { kSummary, kFull };

void WriteNamespace(const view::NamespaceInfo& info, const model::Identity& identity, Detail detail, JsonWriter& json);
void WriteService(const model::Service& service, std::uint32_t instance_count, const model::Identity& identity,
                  Detail detail, JsonWriter& json);
void WriteInstance(const view::Member& member, const model::Identity& identity, Detail detail, JsonWriter& json);
void WriteOperation(const model::Operation& operation, const model::Identity& identity, Detail detail,
                    JsonWriter& json);
/// `[{"Key":…,"Value":…}…]`
void WriteTags(const model::Tags& tags, JsonWriter& json);

/// Of every operation that can be asked for: they are finished when their id is known.
inline constexpr std::string_view kOperationStatus = "SUCCESS";

}  // namespace waypost::cloudmap
