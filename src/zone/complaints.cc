#include "zone/complaints.h"

#include <tuple>

namespace waypost::zone {

std::vector<Complaint> Complaints::Take(const std::string& file) {
  std::vector<Complaint> taken = std::move(fatal_);
  const bool is_fatal = !taken.empty();
  for (Complaint& warning : warnings_) {
    if (taken.size() < max_) {
      taken.push_back(std::move(warning));
    } else {
      ++left_out_;
    }
  }
  std::stable_sort(taken.begin(), taken.end(), [](const Complaint& a, const Complaint& b) {
    return std::tie(a.origin.file, a.origin.line) < std::tie(b.origin.file, b.origin.line);
  });
  if (left_out_ != 0) {
    taken.push_back({{file, 0}, "and " + std::to_string(left_out_) + " more complaints about this zone", is_fatal});
  }
  return taken;
}

}  // namespace waypost::zone
