#pragma once

#include "cloudmap/operation.h"
#include "waypost/model/namespace.h"

namespace waypost::cloudmap {

// What the operations on the three types of namespace share.

/// A namespace from what all Create*Namespace inputs have, with a drawn id, dated now.
model::Namespace NewNamespace(Call& call, const Value& input, model::NamespaceType type);
/// Checks the name against the type's rules and submits. Err: kInvalidInput.
Served SubmitNewNamespace(Call& call, const Value& input, model::Namespace value);
/// The three Update*Namespace. Err: kNamespaceNotFound.
Served SubmitNamespaceChange(Call& call, const Value& input, model::NamespaceType type);

}  // namespace waypost::cloudmap
