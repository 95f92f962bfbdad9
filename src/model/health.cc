#include "waypost/model/health.h"

namespace waypost::model {

std::string_view PinStateName(PinState state) {
  switch (state) {
    case PinState::kHealthy:
      return "healthy";
    case PinState::kUnhealthy:
      return "unhealthy";
    case PinState::kDrained:
      return "drained";
  }
  return "";
}

std::optional<PinState> ParsePinState(std::string_view text) {
  for (const PinState state : {PinState::kHealthy, PinState::kUnhealthy, PinState::kDrained}) {
    if (text == PinStateName(state)) return state;
  }
  return std::nullopt;
}

}  // namespace waypost::model
