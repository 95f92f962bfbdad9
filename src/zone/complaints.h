#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "waypost/zone/folder.h"

namespace waypost::zone {

/// What was found wrong with one zone: no more than a number of complaints, those that are fatal first of all.
class Complaints {
 public:
  explicit Complaints(std::uint32_t max) : max_(max) {}

  /// The zone cannot be taken.
  void Refuse(Origin origin, std::string message) { Add(fatal_, {std::move(origin), std::move(message), true}); }
  void Warn(Origin origin, std::string message) { Add(warnings_, {std::move(origin), std::move(message), false}); }
  void Add(Complaint complaint) {
    const bool is_fatal = complaint.fatal;
    Add(is_fatal ? fatal_ : warnings_, std::move(complaint));
  }
  bool fatal() const { return !fatal_.empty(); }

  /// All that are kept, by file and line; `file` is what a last one about the rest is said of.
  std::vector<Complaint> Take(const std::string& file);

 private:
  void Add(std::vector<Complaint>& kept, Complaint complaint) {
    // One is always kept, so that a refusal has a reason.
    if (kept.size() < std::max<std::size_t>(max_, 1)) {
      kept.push_back(std::move(complaint));
    } else {
      ++left_out_;
    }
  }

  std::size_t max_;
  std::size_t left_out_ = 0;
  std::vector<Complaint> fatal_ = {};
  std::vector<Complaint> warnings_ = {};
};

}  // namespace waypost::zone
