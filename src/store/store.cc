#include "waypost/store/store.h"

namespace waypost::store {

std::string_view TableName(Table table) {
  switch (table) {
    case Table::kMeta:
      return "meta";
    case Table::kNamespace:
      return "namespace";
    case Table::kNamespaceName:
      return "namespace-name";
    case Table::kService:
      return "service";
    case Table::kServiceName:
      return "service-name";
    case Table::kInstance:
      return "instance";
    case Table::kHealth:
      return "health";
    case Table::kOperation:
      return "operation";
    case Table::kBump:
      return "bump";
    case Table::kHistory:
      return "history";
    case Table::kPin:
      return "pin";
    case Table::kShift:
      return "shift";
    case Table::kHold:
      return "hold";
    case Table::kView:
      return "view";
  }
  return "unknown";
}

}  // namespace waypost::store
