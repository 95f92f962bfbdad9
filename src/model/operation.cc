#include "waypost/model/operation.h"

namespace waypost::model {

std::string_view OperationTypeName(OperationType type) {
  switch (type) {
    case OperationType::kCreateNamespace:
      return "CREATE_NAMESPACE";
    case OperationType::kDeleteNamespace:
      return "DELETE_NAMESPACE";
    case OperationType::kUpdateNamespace:
      return "UPDATE_NAMESPACE";
    case OperationType::kUpdateService:
      return "UPDATE_SERVICE";
    case OperationType::kRegisterInstance:
      return "REGISTER_INSTANCE";
    case OperationType::kDeregisterInstance:
      return "DEREGISTER_INSTANCE";
  }
  return "";
}

}  // namespace waypost::model
