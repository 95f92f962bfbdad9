#pragma once

#include <string>
#include <string_view>

#include "waypost/model/id.h"
#include "waypost/model/result.h"
#include "waypost/view/view.h"

namespace waypost::oper {

/// A view's name in two parts.
struct ViewName {
  model::NamespaceId in;
  std::string name;
};

/// Section. Of `<name>.<namespace>`, a final dot may stand; of several ways to read it the longest namespace is taken.
/// Err: kNamespaceNotFound.
model::Result<ViewName> ReadViewName(const view::View& view, std::string_view full);

/// Section. Where the namespace is given beside it: its name or `ns-…`. `name` may still end with it. Err:
/// kNamespaceNotFound.
model::Result<ViewName> ReadViewName(const view::View& view, std::string_view name, std::string_view in);

}  // namespace waypost::oper
