#include "waypost/model/random.h"

#include <random>

namespace waypost::model {

std::uint64_t SystemSeed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace waypost::model
